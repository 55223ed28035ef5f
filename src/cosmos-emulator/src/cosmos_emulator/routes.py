"""The routes of the REST interface. The first matching route handles a request."""

from collections.abc import Callable
from typing import NamedTuple

from cosmos_emulator.context import Context
from cosmos_emulator.errors import CosmosError
from cosmos_emulator.handlers import (
    account,
    batch,
    change_feed,
    containers,
    databases,
    items,
    offers,
    queries,
)
from cosmos_emulator.messages import Request, Response

type Handler = Callable[[Context, Request], Response]

DATABASES = "dbs"
DATABASE = "dbs/{}"
CONTAINERS = "dbs/{}/colls"
CONTAINER = "dbs/{}/colls/{}"
RANGES = "dbs/{}/colls/{}/pkranges"
ITEMS = "dbs/{}/colls/{}/docs"
ITEM = "dbs/{}/colls/{}/docs/{}"

BATCH = "x-ms-cosmos-is-batch-request"
PLAN = "x-ms-cosmos-is-query-plan-request"
QUERY = "x-ms-documentdb-isquery"
UPSERT = "x-ms-documentdb-is-upsert"
CHANGE_FEED = "a-im"


class Route(NamedTuple):
    """A method, a path and, if routes share the path, a header that the request must have."""

    operation: str
    method: str
    path: str
    handler: Handler
    header: str = ""


ROUTES = (
    Route("read_account", "GET", "", account.read),
    Route("create_database", "POST", DATABASES, databases.create),
    Route("list_databases", "GET", DATABASES, databases.list_all),
    Route("read_database", "GET", DATABASE, databases.read),
    Route("delete_database", "DELETE", DATABASE, databases.delete),
    Route("create_container", "POST", CONTAINERS, containers.create),
    Route("list_containers", "GET", CONTAINERS, containers.list_all),
    Route("read_container", "GET", CONTAINER, containers.read),
    Route("replace_container", "PUT", CONTAINER, containers.replace),
    Route("delete_container", "DELETE", CONTAINER, containers.delete),
    Route("read_ranges", "GET", RANGES, containers.partition_key_ranges),
    Route("query_plan", "POST", ITEMS, queries.query_plan, PLAN),
    Route("query", "POST", ITEMS, queries.query, QUERY),
    Route("batch", "POST", ITEMS, batch.execute, BATCH),
    Route("upsert_item", "POST", ITEMS, items.upsert, UPSERT),
    Route("create_item", "POST", ITEMS, items.create),
    Route("change_feed", "GET", ITEMS, change_feed.read, CHANGE_FEED),
    Route("read_feed", "GET", ITEMS, queries.read_feed),
    Route("read_item", "GET", ITEM, items.read),
    Route("replace_item", "PUT", ITEM, items.replace),
    Route("patch_item", "PATCH", ITEM, items.patch),
    Route("delete_item", "DELETE", ITEM, items.delete),
    Route("query_offers", "POST", "offers", offers.query),
)

# The operations on documents, before which `Emulator.interceptors` are called.
DATA_OPERATIONS = frozenset(route.operation for route in ROUTES if route.path in (ITEMS, ITEM))


def find(request: Request) -> Route:
    """Return the route of a request.

    Raises 400 for an unknown path, and 405 for an unsupported method.
    """
    shape = _shape(request.segments)
    for route in _BY_SHAPE.get((request.method, shape), ()):
        if not route.header or _carries(request, route.header):
            return route
    if any(route.path == shape for route in ROUTES):
        raise CosmosError(405, "The HTTP method is not supported for this resource.")
    raise CosmosError(400, "The request is not supported by the emulator.")


def _shape(segments: list[str]) -> str:
    """Return the pattern of a path, for example `dbs/{}/colls/{}` for `dbs/app/colls/events`."""
    return "/".join(s if i % 2 == 0 else "{}" for i, s in enumerate(segments))


def _carries(request: Request, header: str) -> bool:
    return request.header(header).lower() not in ("", "false")


_BY_SHAPE: dict[tuple[str, str], list[Route]] = {}
for _route in ROUTES:
    _BY_SHAPE.setdefault((_route.method, _route.path), []).append(_route)
