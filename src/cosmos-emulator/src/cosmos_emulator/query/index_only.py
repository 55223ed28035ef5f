"""Aggregates that an index answers: COUNT of items, MIN and MAX of ids, without reading an item."""

import orjson

from cosmos_emulator.query import ast
from cosmos_emulator.query.check import aggregates_of
from cosmos_emulator.query.keyset import Term
from cosmos_emulator.query.run import Page, Run
from cosmos_emulator.query.values import UNDEFINED, Value, decode


def answer_from_index(run: Run) -> Page | None:
    """The only page of such a query; None if it must read items."""
    query = run.query
    if run.selection.rest or query.group_by or query.order_by or query.distinct or query.offset:
        return None
    results: dict[str, Value] = {}
    for call in aggregates_of(query):
        found = _from_index(run, call)
        if found is None:
            return None
        results[str(call)] = found[0]
    value = run.build({}, {**run.parameters, **results})
    return Page([] if value is UNDEFINED else [orjson.dumps(value)])


def _from_index(run: Run, call: ast.Call) -> tuple[Value] | None:
    match call.function, call.arguments[0]:
        case "COUNT", ast.Literal(value) if value is not UNDEFINED:
            return (_count(run),)
        case "COUNT", ast.Path(_, ()):
            return (_count(run),)
        case "MIN" | "MAX", ast.Path(_, ("id",)):
            return (_extreme(run, descending=call.function == "MAX"),)
        case _:
            return None


def _count(run: Run) -> int:
    rows = run.sql.execute(*run.selection.statement("COUNT(*)", [], None, None))
    return sum(row[0] for row in rows)


def _extreme(run: Run, *, descending: bool) -> Value:
    order = [Term("id", descending)]
    row = run.sql.execute(*run.selection.statement("id", order, None, 1)).fetchone()
    return decode(row[0]) if row else UNDEFINED
