"""Queries over items: the answers of one or all physical partitions, and plans for merging them."""

from typing import Any

import orjson

from cosmos_emulator import throughput
from cosmos_emulator.containers import Container
from cosmos_emulator.context import Context, metadata
from cosmos_emulator.errors import CosmosError, bad_request
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.partitions import Key, PhysicalPartition
from cosmos_emulator.query.execute import check_order, execute
from cosmos_emulator.query.parser import parse
from cosmos_emulator.query.plan import needs_plan, plan
from cosmos_emulator.query.scope import Scope, pinned
from cosmos_emulator.query.values import Json, Value

PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_DYNAMIC = 1_000  # for -1: as many as the service likes
EVERYTHING = "SELECT * FROM c"
NEEDS_PLAN = 1004

type Parameters = dict[str, Json]


def query(context: Context, request: Request) -> Response:
    """200 with a page; 400/1004 if the client must ask for a plan and merge partitions itself."""
    container = context.container(request)
    text, parameters = _statement(request)
    tree = parse(text)
    partition = _partition(request, container)
    key = _header_key(request, container)
    if partition is None and key is None and needs_plan(tree) and len(container.partitions) > 1:
        raise CosmosError(
            400,
            "The provided cross partition query can not be directly served by the gateway. This is a"
            " first chance (internal) exception that all newer clients will know how to handle"
            " gracefully.",
            substatus=NEEDS_PLAN,
        )
    if tree.order_by:
        check_order(tree, container.indexing)
    scope = _scope(context, request, container, partition, key, pinned(tree, parameters))
    return _answer(context, request, container, scope, text, parameters)


def read_feed(context: Context, request: Request) -> Response:
    """200 with a page of all items (of a partition, a key or the container)."""
    container = context.container(request)
    partition, key = _partition(request, container), _header_key(request, container)
    scope = _scope(context, request, container, partition, key, {})
    return _answer(context, request, container, scope, EVERYTHING, {})


def query_plan(context: Context, request: Request) -> Response:
    """200 with how to split and merge a query, and the key ranges it touches."""
    container = context.container(request)
    text, parameters = _statement(request)
    tree = parse(text)
    info = plan(tree, _Unknown(parameters))
    if tree.order_by:
        check_order(tree, container.indexing)
    body = {
        "partitionedQueryExecutionInfoVersion": 2,
        "queryInfo": info,
        "queryRanges": [_range(container, pinned(tree, _Unknown(parameters)))],
    }
    return metadata(200, body)


class _Unknown(dict[str, Json]):
    """Parameters of a query plan request, which the SDK leaves out."""


def _statement(request: Request) -> tuple[str, Parameters]:
    body = request.json()
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise bad_request("The request body must hold a query.")
    given: list[dict[str, Any]] = body.get("parameters") or []
    try:
        return body["query"], {parameter["name"]: parameter["value"] for parameter in given}
    except (KeyError, TypeError):
        raise bad_request("The parameters of a query must be a list of names and values.") from None


# Where to look


def _partition(request: Request, container: Container) -> PhysicalPartition | None:
    number = request.header("x-ms-documentdb-partitionkeyrangeid")
    if not number:
        return None
    partition = container.partition(number.rpartition(",")[2])
    if partition is None:
        raise CosmosError(410, "The requested partition key range is gone.", substatus=1002)
    return partition


def _header_key(request: Request, container: Container) -> Key | None:
    header = request.header("x-ms-documentdb-partitionkey")
    return container.partition_key.key_from_header(header) if header and header != "[]" else None


def _scope(
    context: Context,
    request: Request,
    container: Container,
    partition: PhysicalPartition | None,
    key: Key | None,
    pins: dict[Any, Value],
) -> Scope:
    """Narrows a query to the partitions that its headers and its own WHERE name."""
    low, high = _bounds(request, partition)
    levels = container.partition_key.paths
    if key is None:
        key = _pinned_key(container, pins)
    living_at = None if container.default_ttl is None else context.now
    if key is None:
        return Scope(low=low or None, high=_upper(high), living_at=living_at)
    known = dict(zip(levels, key.values, strict=False))
    whole = len(key.values) == len(levels)
    first, last = key.effective, key.effective + (b"" if whole else b"\xff")
    apart = first >= high or last < low
    inside = low <= first and last < high
    return Scope(
        key=key.text if whole else None,
        root=key.root,
        low=None if inside else low,
        high=None if inside else high,
        living_at=living_at,
        known=known,
        empty=apart,
    )


def _upper(high: bytes) -> bytes | None:
    return None if high == b"\xff" else high


def _bounds(request: Request, partition: PhysicalPartition | None) -> tuple[bytes, bytes]:
    low, high = partition.bounds if partition else (b"", b"\xff")
    start, end = request.header("x-ms-start-epk"), request.header("x-ms-end-epk")
    if start:
        low = max(low, bytes.fromhex(start))
    if end:
        high = min(high, bytes.fromhex(end))
    return low, high


def _pinned_key(container: Container, pins: dict[Any, Value]) -> Key | None:
    """The key, or the prefix of a hierarchical one, that a WHERE fixes."""
    values = list[Value]()
    for path in container.partition_key.paths:
        if path not in pins:
            break
        values.append(pins[path])
    return container.partition_key.key(tuple(values)) if values else None


def _range(container: Container, pins: dict[Any, Value]) -> dict[str, Any]:
    """The range of effective keys that a query's own WHERE leaves."""
    key = _pinned_key(container, pins)
    low = key.effective.hex().upper() if key else ""
    whole = key is not None and len(key.values) == len(container.partition_key.paths)
    return {
        "min": low,
        "max": low if whole else low + "FF",
        "isMinInclusive": True,
        "isMaxInclusive": whole,
    }


# Answering


def _answer(
    context: Context,
    request: Request,
    container: Container,
    scope: Scope,
    text: str,
    parameters: Parameters,
) -> Response:
    page = execute(
        context.store.sql,
        container.table,
        scope,
        text,
        parameters,
        page_size=_page_size(request),
        token=request.header("x-ms-continuation"),
    )
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


def _answering(request: Request, container: Container) -> int:
    """The physical partition whose session token goes with the answer."""
    partition = _partition(request, container)
    key = _header_key(request, container)
    if partition is None:
        effective = key.effective if key else b""
        partition = container.partition_of(effective)
    return partition.number


def _page_size(request: Request) -> int:
    wanted = request.header("x-ms-max-item-count")
    if not wanted:
        return PAGE_SIZE_DEFAULT
    try:
        size = int(wanted)
    except ValueError:
        raise bad_request("x-ms-max-item-count must be a number.") from None
    if size == 0 or size < -1:
        raise bad_request("x-ms-max-item-count must be -1 or positive.")
    return PAGE_SIZE_DYNAMIC if size == -1 else min(size, PAGE_SIZE_DYNAMIC)
