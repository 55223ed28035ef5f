"""Users, permissions, stored procedures, triggers, user-defined functions and conflicts.

https://learn.microsoft.com/rest/api/cosmos-db/stored-procedures describes the scripts.
"""

from collections.abc import Callable
from typing import NamedTuple

from cosmos_emulator import resource_tokens
from cosmos_emulator.containers import checked_name
from cosmos_emulator.context import Context, check_if_match, metadata
from cosmos_emulator.errors import (
    bad_request,
    conflict,
    cross_partition_disabled,
    not_found,
)
from cosmos_emulator.handlers import feeds
from cosmos_emulator.handlers.queries import CROSS_PARTITION
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query.values import Json, is_object
from cosmos_emulator.resources import Owner, Resource

SCRIPTS = ("sprocs", "triggers", "udfs")
FEEDS = {
    "users": "Users",
    "permissions": "Permissions",
    "sprocs": "StoredProcedures",
    "triggers": "Triggers",
    "udfs": "UserDefinedFunctions",
    "conflicts": "Conflicts",
}
PARTITION_KEY = "x-ms-documentdb-partitionkey"
TRIGGER_TYPES = ("pre", "post")  # in any case
TRIGGER_OPERATIONS = ("all", "create", "update", "delete", "replace")


class Feed(NamedTuple):
    """The resources of one kind that belong to one owner."""

    owner: Owner
    kind: str

    @classmethod
    def of(cls, context: Context, request: Request) -> "Feed":
        """Return the feed that a request names. Raises 404 if its owner is missing."""
        segments, storage = list(request.segments), context.storage
        if segments[2] == "colls":
            return cls(Owner.of_container(context.container(request)), segments[4])
        owner = Owner.of_database(storage.database(request.database))
        if len(segments) > 4:  # noqa: PLR2004  a user's permissions
            user = storage.resources.find(owner, "users", segments[3])
            return cls(owner.of_resource(user), segments[4])
        return cls(owner, segments[2])


def create(context: Context, request: Request) -> Response:
    """Return 201 with the resource, or 409 if the owner already has one with this name.

    An upsert returns 200 if it replaced a resource.
    """
    feed, body = Feed.of(context, request), request.json()
    resources = context.storage.resources
    checked = _checked(feed, body)
    if request.flag("x-ms-documentdb-is-upsert"):
        named = (r for r in resources.list_all(*feed) if r["id"] == checked["id"])
        if (old := next(named, None)) is not None:
            return _response(context, request, 200, resources.replace(old, checked, context.now))
    if feed.kind == "permissions":
        _check_unique(resources.list_all(*feed), checked)
    stored = resources.create(*feed, checked, context.now)
    return _response(context, request, 201, stored)


def read(context: Context, request: Request) -> Response:
    """Return 200 with the resource, or 404 if it is missing."""
    return _response(context, request, 200, _named(context, request))


def list_all(context: Context, request: Request) -> Response:
    """Return 200 with a page of resources. The feed of conflicts is always empty."""
    return _feed(context, request, feeds.listed)


def query(context: Context, request: Request) -> Response:
    """Return 200 with a page of the results of a query of resources.

    Conflicts belong to partition keys, so that a query of all conflicts must be permitted.
    """
    is_narrow = request.segments[-1] != "conflicts" or request.header(PARTITION_KEY)
    if not is_narrow and not request.flag(CROSS_PARTITION):
        raise cross_partition_disabled()
    return _feed(context, request, feeds.queried)


def replace(context: Context, request: Request) -> Response:
    """Return 200 with the changed resource, 404 if it is missing, or 412 for a wrong ETag."""
    old = _named(context, request)
    check_if_match(str(old["_etag"]), request.header("if-match"))
    body = _checked(Feed.of(context, request), request.json())
    return _response(
        context, request, 200, context.storage.resources.replace(old, body, context.now)
    )


def delete(context: Context, request: Request) -> Response:
    """Return 204 for a deleted resource, 404 for a missing one, or 412 for a wrong ETag."""
    old = _named(context, request)
    check_if_match(str(old["_etag"]), request.header("if-match"))
    context.storage.resources.delete(old)
    return metadata(204, None)


def _feed(context: Context, request: Request, respond: Callable[..., Response]) -> Response:
    feed = Feed.of(context, request)
    found = context.storage.resources.list_all(*feed)
    shown = [_shown(context, request, resource) for resource in found]
    return respond(request, feed.owner.rid, FEEDS[feed.kind], shown)


def _named(context: Context, request: Request) -> Resource:
    feed = Feed.of(context, request)
    if feed.kind == "conflicts":
        raise not_found()
    return context.storage.resources.find(*feed, request.segments[-1])


def _checked(feed: Feed, body: Json) -> Resource:
    """Return the valid body of a request. Raises 400 if the body is invalid."""
    if not is_object(body):
        raise bad_request("The input content is invalid because it is not a JSON object.")
    checked_name(body)
    if feed.kind == "permissions" and (
        str(body.get("permissionMode")).lower() not in resource_tokens.MODES
        or not isinstance(body.get("resource"), str)
    ):
        raise bad_request("A permission needs a resource, and the permissionMode All or Read.")
    if feed.kind in SCRIPTS and not isinstance(body.get("body"), str):
        raise bad_request("The required property 'body' of the script is missing.")
    if feed.kind == "triggers" and (
        str(body.get("triggerType")).lower() not in TRIGGER_TYPES
        or str(body.get("triggerOperation")).lower() not in TRIGGER_OPERATIONS
    ):
        raise bad_request("The triggerType or the triggerOperation of the trigger is invalid.")
    return body


def _check_unique(existing: list[Resource], permission: Resource) -> None:
    """Raise 409 if the user already has a permission for the same resource."""
    same = ("resource", "resourcePartitionKey")
    if any(all(old.get(name) == permission.get(name) for name in same) for old in existing):
        raise conflict()


def _shown(context: Context, request: Request, resource: Resource) -> Resource:
    """Return a resource as clients see it: a permission has a new token each time."""
    if "permissionMode" not in resource:
        if "/users/" in str(resource["_self"]):
            return {**resource, "_permissions": "permissions/"}
        return resource
    seconds = resource_tokens.lifetime(request)
    token = resource_tokens.issue(context.sign, resource, seconds, context.clock())
    return {**resource, "_token": token}


def _response(context: Context, request: Request, status: int, resource: Resource) -> Response:
    return metadata(status, _shown(context, request, resource), str(resource["_etag"]))
