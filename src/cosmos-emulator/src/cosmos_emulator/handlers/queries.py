"""Handle queries of items, and return plans for merging the results of several partitions."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

import orjson

from cosmos_emulator import diagnostics, routing, throughput
from cosmos_emulator.containers import Container
from cosmos_emulator.context import Context, metadata
from cosmos_emulator.errors import CosmosError, bad_request, cross_partition_disabled
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query import limits
from cosmos_emulator.query.merge_plan import FEATURES, merge_plan, needs_merge
from cosmos_emulator.query.page import Page
from cosmos_emulator.query.plan import check_order, compile_plan
from cosmos_emulator.query.resolve import Schema
from cosmos_emulator.query.statement import PLAIN, Functions, Statement, no_functions
from cosmos_emulator.query.values import LEVELS_MAX, is_object, is_too_deep
from cosmos_emulator.routing import Target

PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000  # also the size for -1, which requests a dynamic page size
ALL_ITEMS = "SELECT * FROM c"
NEEDS_PLAN = 1004
CROSS_PARTITION = "x-ms-documentdb-query-enablecrosspartition"
MERGE = "x-ms-emulator-merge"  # our own: the data explorer doesn't merge results as SDKs do


def query(context: Context, request: Request) -> Response:
    """Return 200 with a page of results.

    Return 400 with substatus 1004 if the client must request a query plan and merge the results of
    several partitions.
    """
    container = context.container(request)
    statement = _statement(context, request, container)
    target = Target.of(request, container)
    is_narrow = not statement.query.reads_items or target.is_narrow(statement.pins)
    if not is_narrow and not request.flag(CROSS_PARTITION):
        raise cross_partition_disabled()
    if target.spans_partitions and needs_merge(statement) and not request.flag(MERGE):
        raise CosmosError(
            400,
            "The provided cross partition query can not be directly served by the gateway. This"
            " is a first chance (internal) exception that all newer clients will know how to"
            " handle gracefully.",
            substatus=NEEDS_PLAN,
            info=orjson.dumps(_plan(container, statement, FEATURES)).decode(),
        )
    check_order(statement, container.indexing)
    return _page(context, request, target, statement)


def read_feed(context: Context, request: Request) -> Response:
    """Return 200 with a page of items of a container, a physical partition or a partition key."""
    target = Target.of(request, context.container(request))
    return _page(context, request, target, Statement.of(ALL_ITEMS, {}), _feed_charge)


def query_plan(context: Context, request: Request) -> Response:
    """Return 200 with the plan for splitting and merging a query, and the key ranges to read."""
    container = context.container(request)
    statement = _statement(context, request, container)
    check_order(statement, container.indexing)
    sent = request.header("x-ms-cosmos-supported-query-features").split(",")
    return metadata(200, _plan(container, statement, frozenset(name.strip() for name in sent)))


def _plan(container: Container, statement: Statement, features: AbstractSet[str]) -> dict[str, Any]:
    return {
        "partitionedQueryExecutionInfoVersion": 2,
        "queryInfo": merge_plan(statement, features),
        "queryRanges": [routing.described_range(container, statement.pins)],
    }


def _statement(context: Context, request: Request, container: Container) -> Statement:
    functions = context.functions(container).find
    return statement_of(request, container.schema, context.clock(), functions)


def statement_of(
    request: Request,
    schema: Schema = PLAIN,
    now: float | None = None,
    functions: Functions = no_functions,
) -> Statement:
    """Read a query and its parameters from a request's body. Raises 400 for an invalid query."""
    body = request.json()
    text = body.get("query") if is_object(body) else None
    if not is_object(body) or not isinstance(text, str):
        raise bad_request("The request body must contain a query.")
    given: list[dict[str, Any]] = body.get("parameters") or []
    try:
        parameters = {parameter["name"]: parameter["value"] for parameter in given}
    except (KeyError, TypeError):
        raise bad_request("The parameters of a query must be a list of names and values.") from None
    for name, value in parameters.items():
        if is_too_deep(value):
            raise bad_request(f"The parameter '{name}' has more than {LEVELS_MAX} nested levels.")
    return Statement.of(text, parameters, schema, now, functions)


def _query_charge(page: Page) -> float:
    return throughput.query(page.documents_read, page.bytes_read)


def _feed_charge(page: Page) -> float:
    return throughput.feed(map(len, page.results))


def _page(
    context: Context,
    request: Request,
    target: Target,
    statement: Statement,
    charge: Callable[[Page], float] = _query_charge,
) -> Response:
    container, scope = target.container, target.scope(statement.pins, context.now)
    size, token = page_size(request, PAGE_SIZE_MAX), request.header("x-ms-continuation")
    with limits.bounded():
        plan = compile_plan(statement, container.table, scope, size, token)
        page = plan.execute(context.storage.sql)
    headers = context.headers(container, target.home.number, charge(page))
    headers |= diagnostics.headers(request, container, target.key, statement, page)
    headers["x-ms-item-count"] = str(len(page.results))
    if page.continuation:
        headers["x-ms-continuation"] = page.continuation
    return Response(200, headers, documents(container, page.results))


def documents(container: Container, results: list[bytes]) -> bytes:
    """Return the response body of a page by joining results that are already JSON texts."""
    head = orjson.dumps({"_rid": container.rid})[:-1]
    return b'%b,"Documents":[%b],"_count":%d}' % (head, b",".join(results), len(results))


def page_size(request: Request, dynamic: int) -> int:
    """Return the requested maximum number of results.

    If a client requests a maximum of -1 (as many results as fit), return `dynamic`.
    """
    requested = request.header("x-ms-max-item-count") or str(PAGE_SIZE_DEFAULT)
    if not requested.removeprefix("-").isdecimal() or int(requested) == 0 or int(requested) < -1:
        raise bad_request("x-ms-max-item-count must be -1 or a positive number.")
    return dynamic if int(requested) == -1 else min(int(requested), dynamic)
