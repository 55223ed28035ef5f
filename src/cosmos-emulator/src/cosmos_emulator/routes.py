"""The routes of the REST interface. The first matching route handles a request."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from cosmos_emulator.context import Context
from cosmos_emulator.errors import CosmosError
from cosmos_emulator.handlers import (
    account,
    batch,
    bulk,
    change_feed,
    containers,
    databases,
    items,
    offers,
    queries,
    resources,
    stored_procedures,
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
DELETE_BY_KEY = "dbs/{}/colls/{}/operations/{}"
OFFERS = "offers"
OFFER = "offers/{}"

BATCH = "x-ms-cosmos-is-batch-request"
ATOMIC_BATCH = "x-ms-cosmos-batch-atomic"
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


_ITEM_ROUTES = (
    Route("read_account", "GET", "", account.read),
    Route("query_databases", "POST", DATABASES, databases.query, QUERY),
    Route("create_database", "POST", DATABASES, databases.create),
    Route("list_databases", "GET", DATABASES, databases.list_all),
    Route("read_database", "GET", DATABASE, databases.read),
    Route("delete_database", "DELETE", DATABASE, databases.delete),
    Route("query_containers", "POST", CONTAINERS, containers.query, QUERY),
    Route("create_container", "POST", CONTAINERS, containers.create),
    Route("list_containers", "GET", CONTAINERS, containers.list_all),
    Route("read_container", "GET", CONTAINER, containers.read),
    Route("replace_container", "PUT", CONTAINER, containers.replace),
    Route("delete_container", "DELETE", CONTAINER, containers.delete),
    Route("read_ranges", "GET", RANGES, containers.partition_key_ranges),
    Route("query_plan", "POST", ITEMS, queries.query_plan, PLAN),
    Route("query", "POST", ITEMS, queries.query, QUERY),
    Route("batch", "POST", ITEMS, batch.execute, ATOMIC_BATCH),
    Route("bulk", "POST", ITEMS, bulk.execute, BATCH),
    Route("upsert_item", "POST", ITEMS, items.upsert, UPSERT),
    Route("create_item", "POST", ITEMS, items.create),
    Route("change_feed", "GET", ITEMS, change_feed.read, CHANGE_FEED),
    Route("read_feed", "GET", ITEMS, queries.read_feed),
    Route("read_item", "GET", ITEM, items.read),
    Route("replace_item", "PUT", ITEM, items.replace),
    Route("patch_item", "PATCH", ITEM, items.patch),
    Route("delete_item", "DELETE", ITEM, items.delete),
    Route("delete_partition_key", "POST", DELETE_BY_KEY, items.delete_all),
    Route("query_offers", "POST", OFFERS, offers.query),
    Route("list_offers", "GET", OFFERS, offers.list_all),
    Route("read_offer", "GET", OFFER, offers.read),
    Route("replace_offer", "PUT", OFFER, offers.replace),
)

# The kinds of resources that `handlers.resources` handles, and the paths of their feeds
_FEEDS = {
    "user": "dbs/{}/users",
    "permission": "dbs/{}/users/{}/permissions",
    "stored_procedure": "dbs/{}/colls/{}/sprocs",
    "trigger": "dbs/{}/colls/{}/triggers",
    "user_defined_function": "dbs/{}/colls/{}/udfs",
}
CONFLICTS = "dbs/{}/colls/{}/conflicts"
CONFLICT = "dbs/{}/colls/{}/conflicts/{}"


def _resource_routes() -> Iterator[Route]:
    for name, feed in _FEEDS.items():
        one = feed + "/{}"
        yield Route(f"query_{name}s", "POST", feed, resources.query, QUERY)
        yield Route(f"create_{name}", "POST", feed, resources.create)
        yield Route(f"list_{name}s", "GET", feed, resources.list_all)
        yield Route(f"read_{name}", "GET", one, resources.read)
        yield Route(f"replace_{name}", "PUT", one, resources.replace)
        yield Route(f"delete_{name}", "DELETE", one, resources.delete)
    sproc = _FEEDS["stored_procedure"] + "/{}"
    yield Route("execute_stored_procedure", "POST", sproc, stored_procedures.execute)
    yield Route("query_conflicts", "POST", CONFLICTS, resources.query, QUERY)
    yield Route("list_conflicts", "GET", CONFLICTS, resources.list_all)
    yield Route("read_conflict", "GET", CONFLICT, resources.read)
    yield Route("delete_conflict", "DELETE", CONFLICT, resources.delete)


ROUTES = (*_ITEM_ROUTES, *_resource_routes())

# The operations on documents, before which `Emulator.interceptors` are called.
DATA_OPERATIONS = frozenset(route.operation for route in ROUTES if route.path in (ITEMS, ITEM))

# The operations that use the provisioned throughput of a container
CHARGED_OPERATIONS = DATA_OPERATIONS - {"query_plan"} | {
    "delete_partition_key",
    "execute_stored_procedure",
}


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


@lru_cache(maxsize=512)
def _shape(segments: tuple[str, ...]) -> str:
    """Return the pattern of a path, for example `dbs/{}/colls/{}` for `dbs/app/colls/events`."""
    return "/".join(s if i % 2 == 0 else "{}" for i, s in enumerate(segments))


def _carries(request: Request, header: str) -> bool:
    return request.header(header).lower() not in ("", "false")


_BY_SHAPE: dict[tuple[str, str], list[Route]] = {}
for _route in ROUTES:
    _BY_SHAPE.setdefault((_route.method, _route.path), []).append(_route)
