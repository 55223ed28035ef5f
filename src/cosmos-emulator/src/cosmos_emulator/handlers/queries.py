"""Queries over items: pages of results, and plans for merging the pages of several partitions."""

from typing import Any

import orjson

from cosmos_emulator import routing, throughput
from cosmos_emulator.containers import Container
from cosmos_emulator.context import Context, metadata
from cosmos_emulator.errors import CosmosError, bad_request
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query import ast
from cosmos_emulator.query.check import check
from cosmos_emulator.query.execute import check_order, execute
from cosmos_emulator.query.parser import parse
from cosmos_emulator.query.plan import needs_plan, plan
from cosmos_emulator.query.run import Run
from cosmos_emulator.query.scope import pinned
from cosmos_emulator.query.values import Json, is_object

PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000  # also for -1: as many as the service likes
EVERYTHING = "SELECT * FROM c"
NEEDS_PLAN = 1004

type Parameters = dict[str, Json]


def query(context: Context, request: Request) -> Response:
    """200 with a page; 400/1004 if the client must ask for a plan and merge partitions itself."""
    container = context.container(request)
    text, tree, parameters = _statement(request)
    if needs_plan(tree) and _spans_partitions(request, container):
        raise CosmosError(
            400,
            "The provided cross partition query can not be directly served by the gateway. This"
            " is a first chance (internal) exception that all newer clients will know how to"
            " handle gracefully.",
            substatus=NEEDS_PLAN,
        )
    check_order(tree, container.indexing)
    return _page(context, request, container, text, parameters)


def read_feed(context: Context, request: Request) -> Response:
    """200 with a page of all items (of a partition, a key or the container)."""
    return _page(context, request, context.container(request), EVERYTHING, {})


def query_plan(context: Context, request: Request) -> Response:
    """200 with how to split and merge a query, and the key ranges it touches."""
    container = context.container(request)
    _, tree, parameters = _statement(request)
    check_order(tree, container.indexing)
    return metadata(
        200,
        {
            "partitionedQueryExecutionInfoVersion": 2,
            "queryInfo": plan(tree, parameters),
            "queryRanges": [routing.described_range(container, pinned(tree, parameters))],
        },
    )


def _statement(request: Request) -> tuple[str, ast.Query, Parameters]:
    """The query in a body as text, as a tree whose names are all there, and its parameters."""
    body = request.json()
    text = body.get("query") if is_object(body) else None
    if not is_object(body) or not isinstance(text, str):
        raise bad_request("The request body must hold a query.")
    given: list[dict[str, Any]] = body.get("parameters") or []
    try:
        parameters = {parameter["name"]: parameter["value"] for parameter in given}
    except (KeyError, TypeError):
        raise bad_request("The parameters of a query must be a list of names and values.") from None
    tree = parse(text)
    check(tree, parameters)
    return text, tree, parameters


def _spans_partitions(request: Request, container: Container) -> bool:
    named = routing.named_partition(request, container) or routing.named_key(request, container)
    return named is None and len(container.partitions) > 1


def _page(
    context: Context, request: Request, container: Container, text: str, parameters: Parameters
) -> Response:
    scope = routing.scope_of(request, container, pinned(parse(text), parameters), context.now)
    token, size = request.header("x-ms-continuation"), page_size(request, PAGE_SIZE_MAX)
    table = container.table
    page = execute(Run(context.store.sql, table, scope, text, parameters, size, token))
    charge = throughput.query(page.documents_read, page.bytes_read)
    headers = context.headers(container, _answering(request, container), charge)
    headers["x-ms-item-count"] = str(len(page.results))
    if page.continuation:
        headers["x-ms-continuation"] = page.continuation
    return Response(200, headers, documents(container, page.results))


def documents(container: Container, results: list[bytes]) -> bytes:
    """The body of a page: results put side by side, without parsing them again."""
    head = orjson.dumps({"_rid": container.rid})[:-1]
    return b'%b,"Documents":[%b],"_count":%d}' % (head, b",".join(results), len(results))


def page_size(request: Request, dynamic: int) -> int:
    """How many results the caller wants; -1 means as many as fit, here at most `dynamic`."""
    wanted = request.header("x-ms-max-item-count") or str(PAGE_SIZE_DEFAULT)
    if not wanted.removeprefix("-").isdecimal() or int(wanted) == 0 or int(wanted) < -1:
        raise bad_request("x-ms-max-item-count must be -1 or a positive number.")
    return dynamic if int(wanted) == -1 else min(int(wanted), dynamic)


def _answering(request: Request, container: Container) -> int:
    """The physical partition whose session token goes with the answer."""
    partition = routing.named_partition(request, container)
    if partition is None:
        key = routing.named_key(request, container)
        partition = container.partition_of(key.effective if key else b"")
    return partition.number
