"""Headers about the execution of a query: its metrics, and the indexes that it uses.

https://learn.microsoft.com/azure/cosmos-db/nosql/query-metrics and
https://learn.microsoft.com/azure/cosmos-db/nosql/index-metrics describe them. The times are zero,
because an emulator's times say nothing about the service's.
"""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import orjson

from cosmos_emulator.containers import Container
from cosmos_emulator.messages import Request
from cosmos_emulator.partitions import Key
from cosmos_emulator.query import ast
from cosmos_emulator.query.page import Page
from cosmos_emulator.query.scope import comparison, conjuncts
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.values import PropertyPath

METRICS = "x-ms-documentdb-query-metrics"
UTILISATION = "x-ms-cosmos-index-utilization"
_TIMES = (
    "totalExecutionTimeInMs",
    "queryCompileTimeInMs",
    "queryLogicalPlanBuildTimeInMs",
    "queryPhysicalPlanBuildTimeInMs",
    "queryOptimizationTimeInMs",
    "VMExecutionTimeInMs",
    "indexLookupTimeInMs",
    "instructionCount",
    "documentLoadTimeInMs",
    "systemFunctionExecuteTimeInMs",
    "userFunctionExecuteTimeInMs",
    "documentWriteTimeInMs",
)
_PRECISE = {"FilterPreciseSet": True, "IndexPreciseSet": True, "IndexImpactScore": "High"}


def headers(
    request: Request, container: Container, key: Key | None, statement: Statement, page: Page
) -> dict[str, str]:
    """Return the headers with diagnostics that a request asks for."""
    found = dict[str, str]()
    if request.flag("x-ms-documentdb-populatequerymetrics"):
        found[METRICS] = _metrics(page)
    if request.flag("x-ms-cosmos-populateindexmetrics"):
        found[UTILISATION] = _utilisation(container, statement, key)
    return found


def _metrics(page: Page) -> str:
    size = sum(map(len, page.results))
    ratio = 1.0 if not page.documents_read else len(page.results) / page.documents_read
    counts = {
        "retrievedDocumentCount": page.documents_read,
        "retrievedDocumentSize": page.bytes_read,
        "outputDocumentCount": len(page.results),
        "outputDocumentSize": size,
    }
    parts = [f"{name}=0.00" for name in _TIMES]
    parts += [f"{name}={value}" for name, value in counts.items()]
    return ";".join([*parts, f"indexUtilizationRatio={min(1.0, ratio):.2f}"])


def _utilisation(container: Container, statement: Statement, key: Key | None) -> str:
    """Return the indexes that a query uses or could use, as base64 of JSON.

    A query for one partition key uses the index of that key.
    """
    used, potential = list[dict[str, Any]](), list[dict[str, Any]]()
    paths = list(container.partition_key.paths[: len(key.values)]) if key else []
    for path in dict.fromkeys([*paths, *_compared(statement)]):
        found = used if path in paths or container.indexing.covers(path) else potential
        found.append({"FilterExpression": "", "IndexSpec": _spec(path) + "/?", **_PRECISE})
    body = {
        "UtilizedSingleIndexes": used,
        "PotentialSingleIndexes": potential,
        "UtilizedCompositeIndexes": _composite(statement),
        "PotentialCompositeIndexes": [],
    }
    return b64encode(orjson.dumps(body)).decode()


def _composite(statement: Statement) -> list[dict[str, Any]]:
    """Return the composite index that an ORDER BY of several properties uses."""
    order = statement.query.order_by
    if len(order) < 2:  # noqa: PLR2004  several properties
        return []
    specs = [
        _spec(one.expression.steps) + (" DESC" if one.descending else " ASC")
        for one in order
        if isinstance(one.expression, ast.Path)
    ]
    return [{"IndexSpecs": specs, **_PRECISE}]


def _spec(path: PropertyPath) -> str:
    return "".join(f"/{step}" for step in path)


def _compared(statement: Statement) -> Iterator[PropertyPath]:
    for node in conjuncts(statement.query.where):
        if compared := comparison(node, statement.parameters):
            yield compared[1]
    for order in statement.query.order_by:
        if isinstance(order.expression, ast.Path):
            yield order.expression.steps
