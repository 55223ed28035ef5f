"""Runs a query over one container's table and answers it page by page.

Two ways: a *stream* reads rows in index order and stops when the page is full; the others (DISTINCT,
GROUP BY, aggregates, an ORDER BY without a column) are *collected*: computed whole, then cut into pages.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from . import ast, continuation, sqlite
from .aggregate import aggregates_of, group
from .continuation import Position, PositionValue
from .errors import QueryError
from .evaluate import Evaluator, Parameters, check, compile_expression
from .parser import parse
from .scope import Scope
from .table import IndexingPolicy, Table
from .values import UNDEFINED, Json, Value, decode, encode

PAGE_BYTES_MAX = 4 * 1024 * 1024


@dataclass
class Page:
    """Results as JSON texts, the token of the next page, and what was read to get them."""

    results: list[bytes] = field(default_factory=list[bytes])
    continuation: str | None = None
    documents_read: int = 0
    bytes_read: int = 0


@dataclass(frozen=True)
class Run:
    """One request for one page."""

    sql: sqlite3.Connection
    table: Table
    scope: Scope
    text: str
    query: ast.Query
    parameters: Parameters
    page_size: int
    position: Position | None


def execute(
    sql: sqlite3.Connection,
    table: Table,
    scope: Scope,
    text: str,
    parameters: Parameters,
    *,
    page_size: int,
    token: str = "",
) -> Page:
    """One page of a query; QueryError if it cannot run or the token is not its own."""
    position = continuation.read(text, token) if token else None
    query = parse(text)
    check(query, parameters)
    run = Run(sql, table, scope, text, query, parameters, page_size, position)
    if aggregates_of(query) or query.group_by:
        return _pushed_aggregate(run) or _collect(run, _grouped(run))
    if query.distinct or sqlite.order_terms(query, table, scope) is None:
        return _collect(run, _entries(run))
    return _stream(run)


def check_order(query: ast.Query, policy: IndexingPolicy) -> None:
    """Refuses an ORDER BY that the container's indexing policy does not serve."""
    paths = [(o.expression, o.descending) for o in query.order_by]
    if not all(isinstance(path, ast.Path) and path.steps for path, _ in paths):
        raise QueryError("SC2107", "Unsupported ORDER BY clause: it must name properties.")
    policy.check_order([(path.steps, d) for path, d in paths if isinstance(path, ast.Path)])


# Stream


def _stream(run: Run) -> Page:
    terms = sqlite.order_terms(run.query, run.table, run.scope) or []
    selection = sqlite.select(run.query, run.parameters, run.table, run.scope)
    left, skip = _bounds(run)
    wanted = run.page_size if left is None else min(left, run.page_size)
    limit = None if selection.rest else skip + wanted + 1
    after = sqlite.after(terms, run.position.values) if run.position else None
    columns = ", ".join(["body", *(term.column for term in terms)])
    statement = selection.statement(columns, terms, after, limit)
    rows = _matching(run, selection, run.sql.execute(*statement))
    return _fill(run, rows, wanted=wanted, left=left, skip=skip)


def _fill(
    run: Run, rows: Iterator[tuple[Any, ...]], *, wanted: int, left: int | None, skip: int
) -> Page:
    page, project, last = Page(), _projection(run), None
    for row in rows:
        page.documents_read += 1
        if page.documents_read <= skip:
            continue
        if len(page.results) == wanted or page.bytes_read > PAGE_BYTES_MAX:
            _continue(run, page, last, None if left is None else left - len(page.results))
            break
        page.bytes_read += len(row[0])
        last = row[1:]
        result = project(row[0])
        if result is not None:
            page.results.append(result)
    return page


def _continue(
    run: Run, page: Page, values: tuple[PositionValue, ...] | None, left: int | None
) -> None:
    if values is not None and left != 0:
        page.continuation = continuation.write(run.text, Position(values, left))


def _matching(
    run: Run, selection: sqlite.Selection, rows: sqlite3.Cursor
) -> Iterator[tuple[Any, ...]]:
    """The rows for which the conditions that SQLite does not know hold too."""
    if not selection.rest:
        return rows
    tests = [compile_expression(node) for node in selection.rest]
    parameters = run.parameters
    return (
        row
        for row in rows
        if all(test(item, parameters) is True for item in [orjson.loads(row[0])] for test in tests)
    )


def _projection(run: Run) -> Callable[[bytes], bytes | None]:
    """From a stored body to a result; None for undefined, which is no result."""
    if run.query.selects_item:
        return lambda body: body
    build = _selected(run.query)

    def projected(body: bytes) -> bytes | None:
        value = build(orjson.loads(body), run.parameters)
        return None if value is UNDEFINED else orjson.dumps(value)

    return projected


def _selected(query: ast.Query) -> Evaluator:
    if query.value is not None:
        return compile_expression(query.value)
    if not query.columns:
        return compile_expression(ast.Path(query.alias))
    members = tuple((column.name, column.expression) for column in query.columns)
    return compile_expression(ast.ObjectOf(members))


def _bounds(run: Run) -> tuple[int | None, int]:
    """How many results may still come (None: any number) and how many rows to pass over first."""
    if run.position is not None:
        return run.position.left, 0
    query = run.query
    top = query.top or query.limit
    left = None if top is None else _count(top, run.parameters)
    return left, _count(query.offset, run.parameters) if query.offset else 0


def _count(node: ast.Expression, parameters: Parameters) -> int:
    value = compile_expression(node)(None, parameters)
    if type(value) is not int or value < 0:
        raise QueryError("SC2062", "TOP, OFFSET and LIMIT must be non-negative integers.")
    return value


# Collect


class Entry(NamedTuple):
    """A result with its place in the order: one encoding for each ORDER BY term, then a tie-break."""

    order: tuple[bytes, ...]
    tie: bytes
    result: bytes
    size: int


def _items(run: Run) -> Iterator[tuple[int, bytes]]:
    selection = sqlite.select(run.query, run.parameters, run.table, run.scope)
    statement = selection.statement("body, number", [], None, None)
    rows = _matching(run, selection, run.sql.execute(*statement))
    return ((number, body) for body, number in rows)


def _entries(run: Run) -> Iterator[Entry]:
    build = _selected(run.query)
    for number, body in _items(run):
        item = orjson.loads(body)
        value = build(item, run.parameters)
        if value is not UNDEFINED:
            yield _entry(run, item, value, run.parameters, number, len(body))


def _grouped(run: Run) -> Iterator[Entry]:
    build = _selected(run.query)
    items = (orjson.loads(body) for _, body in _items(run))
    for number, found in enumerate(group(items, run.query, run.parameters)):
        parameters = {**run.parameters, **found.results()}
        value = build(found.item, parameters)
        if value is not UNDEFINED:
            yield _entry(run, found.item, value, parameters, number, 0)


def _entry(
    run: Run, item: Json, value: Value, parameters: Parameters, number: int, size: int
) -> Entry:
    terms = (compile_expression(order.expression) for order in run.query.order_by)
    order = tuple(encode(term(item, parameters)) or b"" for term in terms)
    once = run.query.distinct or run.query.group_by
    tie = (encode(value) or b"") if once else number.to_bytes(8, "big")
    return Entry(order, tie, orjson.dumps(value), size)


def _collect(run: Run, found: Iterator[Entry]) -> Page:
    entries = list(found)
    page = Page(documents_read=len(entries), bytes_read=sum(entry.size for entry in entries))
    if run.query.distinct:
        entries = list({entry.tie: entry for entry in entries}.values())
    left, skip = _bounds(run)
    start = _sort(run, entries) + skip
    wanted = run.page_size if left is None else min(left, run.page_size)
    chosen = entries[start : start + wanted]
    page.results = [entry.result for entry in chosen]
    if chosen and len(entries) > start + len(chosen):
        remaining = None if left is None else left - len(chosen)
        _continue(run, page, (*chosen[-1].order, chosen[-1].tie), remaining)
    return page


def _sort(run: Run, entries: list[Entry]) -> int:
    """Sorts in place, and says where the entries after the position begin."""
    here: Entry | None = None
    if run.position is not None:
        *order, tie = (value if isinstance(value, bytes) else b"" for value in run.position.values)
        here = Entry(tuple(order), tie, b"", 0)
        entries.append(here)
    entries.sort(key=lambda entry: entry.tie)
    for place, order in reversed(list(enumerate(run.query.order_by))):
        entries.sort(key=lambda entry, place=place: entry.order[place], reverse=order.descending)
    if here is None:
        return 0
    start = next(place for place, entry in enumerate(entries) if entry is here)
    del entries[start]
    return start


# Aggregates that an index answers


def _pushed_aggregate(run: Run) -> Page | None:
    """COUNT of items and MIN or MAX of ids without reading an item, if all conditions allow it."""
    query = run.query
    calls = aggregates_of(query)
    selection = sqlite.select(query, run.parameters, run.table, run.scope)
    if selection.rest or query.group_by or query.order_by or query.distinct or query.offset:
        return None
    results: dict[str, Value] = {}
    for call in calls:
        value = _from_index(run, selection, call)
        if value is None:
            return None
        results[str(call)] = value[0]
    value = _selected(query)({}, {**run.parameters, **results})
    return Page([] if value is UNDEFINED else [orjson.dumps(value)])


def _from_index(run: Run, selection: sqlite.Selection, call: ast.Call) -> tuple[Value] | None:
    match call.function, call.arguments[0]:
        case "COUNT", ast.Literal(value) if value is not UNDEFINED:
            return (_count_rows(run, selection),)
        case "COUNT", ast.Path(_, ()):
            return (_count_rows(run, selection),)
        case "MIN" | "MAX", ast.Path(_, ("id",)):
            order = [sqlite.Term("id", call.function == "MAX")]
            row = run.sql.execute(*selection.statement("id", order, None, 1)).fetchone()
            return (decode(row[0]) if row else UNDEFINED,)
        case _:
            return None


def _count_rows(run: Run, selection: sqlite.Selection) -> int:
    rows = run.sql.execute(*selection.statement("COUNT(*)", [], None, None))
    return sum(row[0] for row in rows)
