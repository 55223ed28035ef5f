"""Responses of insights, with their freshness and an entity tag for conditional requests."""

from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any

import orjson
from fastapi import Request, Response
from pydantic import BaseModel, Field

from api.auth.caller import Caller
from api.dependencies import Resources
from api.lake.protocol import Snapshot
from api.services.insights import Insights

_FORMAT = 1  # increase it if the response to the same query on the same events changes
_NOT_MODIFIED = {
    "description": "The response would be the one with the entity tag in If-None-Match."
}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: _NOT_MODIFIED}


class FreshResult(BaseModel):
    """The base class of responses that report how fresh they are."""

    complete_through: str | None = Field(
        description="When the API received the latest event that the response takes into account; "
        "null if there are no events",
        examples=["2026-01-31T09:30:00.654000Z"],
    )


async def respond(
    request: Request,
    resources: Resources,
    caller: Caller,
    query: object,
    build: Callable[[Insights], Awaitable[Mapping[str, Any]]],
) -> Response:
    """Respond with the result that `build` returns, or with status 304 if it hasn't changed.

    Besides the events, the result must depend only on `query`, whose `repr` must be the same for
    equal queries.
    """
    lake = resources.lake
    snapshot = await lake.snapshot(caller.org_id)
    tag = _entity_tag(snapshot, query)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if {tag, "*"} & _tags(request):
        return Response(status_code=304, headers=headers)
    body = {
        **await build(Insights(lake, snapshot)),
        "complete_through": snapshot.complete_through,
    }
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")


def _entity_tag(snapshot: Snapshot, query: object) -> str:
    """Return a weak entity tag, because the order of additions can change a sum's last digits.

    A table that was deleted and built again can have the same version number as before. The tag
    therefore also depends on the time of the last event and on the number of events.
    """
    state = (snapshot.version, snapshot.complete_through, sum(snapshot.counts.values()))
    text = repr((_FORMAT, snapshot.org_id, state, query))
    return f'W/"{sha256(text.encode()).hexdigest()[:32]}"'


def _tags(request: Request) -> set[str]:
    """Return the entity tags of If-None-Match.

    A gateway may have removed the `W/` of a weak tag.
    """
    tags = ",".join(request.headers.getlist("if-none-match")).split(",")
    return {f"W/{tag}" if tag.startswith('"') else tag for tag in map(str.strip, tags)}
