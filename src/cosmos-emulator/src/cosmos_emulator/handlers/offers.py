"""Read, list, query and replace offers, which store the provisioned throughput."""

from typing import Any

from cosmos_emulator import splits
from cosmos_emulator.containers import Container
from cosmos_emulator.context import Context, check_if_match, metadata
from cosmos_emulator.errors import CosmosError, bad_request, not_found
from cosmos_emulator.handlers import feeds
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.offers import DEFAULT, Throughput, offer, replaced, throughput_min
from cosmos_emulator.resources import Owner, Resource

KIND = "offers"


def requested(context: Context, request: Request) -> Throughput | None:
    """Return the throughput that a request to create a database or container contains, or None.

    Raises 400 for an invalid throughput, and for any throughput in a serverless account.
    """
    throughput = Throughput.requested(request)
    if throughput and context.is_serverless:
        raise bad_request(
            "Setting offer throughput or autopilot on container is not supported for serverless"
            " accounts."
        )
    return throughput


def of_new_container(context: Context, request: Request, database: Resource) -> Throughput | None:
    """Return the throughput of a new container.

    Return None for a container that shares its database's throughput, and in a serverless account.
    """
    throughput = requested(context, request)
    if throughput or context.is_serverless:
        return throughput
    shared = [o for o in _all(context) if o["offerResourceId"] == database["_rid"]]
    return None if shared else DEFAULT


def store(context: Context, owner: Owner, throughput: Throughput | None) -> None:
    """Store the offer of a new database or container, if it has a throughput."""
    if throughput:
        body = offer(throughput, owner.link, owner.rid)
        context.storage.resources.create(owner, KIND, body, context.now)


def list_all(context: Context, request: Request) -> Response:
    """Return 200 with a page of offers."""
    return feeds.listed(request, "", "Offers", _all(context))


def query(context: Context, request: Request) -> Response:
    """Return 200 with a page of the results of a query of offers."""
    return feeds.queried(request, "", "Offers", _all(context))


def read(context: Context, request: Request) -> Response:
    """Return 200 with the offer, or 404 if it is missing."""
    return _response(_named(context, request))


def replace(context: Context, request: Request) -> Response:
    """Return 200 with the changed offer, after splitting partitions that it makes too few."""
    old = _named(context, request)
    check_if_match(str(old["_etag"]), request.header("if-match"))
    throughput, content = replaced(old, request.json(), request)
    stored = context.storage.resources.replace(old, {**old, "content": content}, context.now)
    if container := _container(context, old):
        splits.grow(context.storage, container, throughput.partitions_min)
    return _response(stored)


def _all(context: Context) -> list[Resource]:
    if context.is_serverless:
        raise bad_request("Reading or replacing offers is not supported for serverless accounts.")
    return context.storage.resources.all_of(KIND)


def _named(context: Context, request: Request) -> Resource:
    for found in _all(context):
        if request.segments[1] == found["_rid"]:
            return found
    raise not_found()


def _container(context: Context, found: Resource) -> Container | None:
    """Return the container to which an offer belongs, or None for the offer of a database."""
    parts = str(found["resource"]).strip("/").split("/")
    try:
        return context.storage.container(parts[1], parts[3]) if len(parts) > 2 else None  # noqa: PLR2004
    except CosmosError:
        return None


def _response(found: Resource) -> Response:
    response = metadata(200, found, str(found["_etag"]))
    response.headers["x-ms-cosmos-min-throughput"] = str(throughput_min(_peak_ever(found)))
    response.headers["x-ms-offer-replace-pending"] = "false"
    return response


def _peak_ever(found: Resource) -> int:
    content: Any = found["content"]
    return int(content["offerMinimumThroughputParameters"]["maxThroughputEverProvisioned"])
