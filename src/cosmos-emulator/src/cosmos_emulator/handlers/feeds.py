"""Lists of databases, containers, offers and other resources, and queries of these lists.

A query of resources runs in the same query engine as a query of items.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import orjson

from cosmos_emulator.containers import DEFAULT_INDEXING, Container
from cosmos_emulator.context import metadata
from cosmos_emulator.handlers.queries import ALL_ITEMS, page_size, statement_of
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query import limits
from cosmos_emulator.query.plan import compile_plan
from cosmos_emulator.query.scope import Scope
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.values import encode
from cosmos_emulator.tables import create_table

PAGE_SIZE_MAX = 1_000

_CONTAINER = Container(
    0, "", 0, {"partitionKey": {"paths": ["/id"]}, "indexingPolicy": DEFAULT_INDEXING}, ()
)


def listed(
    request: Request, rid: str, name: str, resources: Sequence[Mapping[str, Any]]
) -> Response:
    """Return 200 with a page of resources, which the response calls `name`."""
    return _page(request, rid, name, resources, Statement.of(ALL_ITEMS, {}))


def queried(
    request: Request, rid: str, name: str, resources: Sequence[Mapping[str, Any]]
) -> Response:
    """Return 200 with a page of the results of a query of resources."""
    return _page(request, rid, name, resources, statement_of(request))


def _page(
    request: Request,
    rid: str,
    name: str,
    resources: Sequence[Mapping[str, Any]],
    statement: Statement,
) -> Response:
    size, token = page_size(request, PAGE_SIZE_MAX), request.header("x-ms-continuation")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as sql:
        _fill(sql, resources)
        with limits.bounded():
            page = compile_plan(statement, _CONTAINER.table, Scope(), size, token).execute(sql)
    results = [orjson.loads(result) for result in page.results]
    response = metadata(200, {"_rid": rid, name: results, "_count": len(results)})
    response.headers["x-ms-item-count"] = str(len(results))
    if page.continuation:
        response.headers["x-ms-continuation"] = page.continuation
    return response


def _fill(sql: sqlite3.Connection, resources: Sequence[Mapping[str, Any]]) -> None:
    create_table(sql, _CONTAINER)
    rows = [
        (str(number), encode(str(resource["id"])), orjson.dumps(resource))
        for number, resource in enumerate(resources)
    ]
    sql.executemany(
        f'INSERT INTO "{_CONTAINER.table.name}"'  # noqa: S608  only the table's name
        " (key, id, epk, partition, lsn, etag, body) VALUES (?, ?, x'00', 0, 0, '', ?)",
        rows,
    )
