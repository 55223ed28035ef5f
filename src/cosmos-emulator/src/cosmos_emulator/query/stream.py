"""Queries that are answered row by row, in the order of an index: a page costs what it holds."""

from collections.abc import Callable

import orjson

from cosmos_emulator.query.keyset import Term, after
from cosmos_emulator.query.run import Page, Run
from cosmos_emulator.query.values import UNDEFINED

PAGE_BYTES_MAX = 4 * 1024 * 1024


def stream(run: Run, order: list[Term]) -> Page:
    """The next page of a query whose rows SQLite can put in order."""
    beginning = after(order, run.position.values) if run.position else None
    limit = None if run.selection.rest else run.skip + run.wanted + 1
    columns = ", ".join(["body", *(term.column for term in order)])
    rows = run.rows(run.selection.statement(columns, order, beginning, limit))
    page, project, last = Page(), _projection(run), None
    for row in rows:
        page.documents_read += 1
        if page.documents_read <= run.skip:
            continue
        if len(page.results) == run.wanted or page.bytes_read > PAGE_BYTES_MAX:
            if last is not None:
                page.continuation = run.continued_after(last, len(page.results))
            break
        last = row[1:]
        page.bytes_read += len(row[0])
        result = project(row[0])
        if result is not None:
            page.results.append(result)
    return page


def _projection(run: Run) -> Callable[[bytes], bytes | None]:
    """From a stored body to a result; None for undefined, which is no result."""
    if run.query.selects_item:
        return lambda body: body

    def projected(body: bytes) -> bytes | None:
        value = run.build(orjson.loads(body), run.parameters)
        return None if value is UNDEFINED else orjson.dumps(value)

    return projected
