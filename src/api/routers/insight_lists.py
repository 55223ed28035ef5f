"""Routes that list the properties and the users that occur in events."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BeforeValidator, Field

from api.auth.caller import INSIGHTS_READ, Caller
from api.dependencies import Now, ResourcesDep, require_digits, requires
from api.domain.cursors import Cursor, decode_cursor, encode_cursor
from api.domain.events import EVENT_USER_ID_MAX
from api.domain.times import ONE_DAY, start_of_day
from api.errors import ApiError
from api.routers.insight_payloads import USERS_DEFAULT, USERS_MAX
from api.routers.insight_responses import NOT_MODIFIED, respond
from api.routers.insight_schemas import PropertyList, UserList, UserProfile
from api.routers.metrics import DateRange
from api.routers.parameters import OrgParameters
from api.routers.problem_schema import problem_responses
from api.services.insights import DescribedUser, Insights

EVENT_TYPES_MAX = 50

router = APIRouter(tags=["insights"])


class PropertyParameters(DateRange):
    """The events whose properties are listed."""

    event_type: list[str] = Field(
        default=[],
        max_length=EVENT_TYPES_MAX,
        description="May be repeated; by default, all types",
    )


class UserParameters(OrgParameters):
    """A page of the list of users."""

    search: str | None = Field(
        default=None,
        max_length=EVENT_USER_ID_MAX,
        description="A part of the user id; case is ignored",
    )
    limit: Annotated[int, BeforeValidator(require_digits)] = Field(
        default=USERS_DEFAULT, ge=1, le=USERS_MAX
    )
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before")


@router.get(
    "/api/v1/properties",
    operation_id="list_properties",
    response_model=PropertyList,
    responses={**NOT_MODIFIED, **problem_responses(400, 401, 403, 422, 429, 503)},
)
async def list_properties(
    request: Request,
    parameters: Annotated[PropertyParameters, Query()],
    resources: ResourcesDep,
    caller: Annotated[Caller, requires(INSIGHTS_READ)],
    now: Now,
) -> Response:
    """List the names, types and most frequent values of properties, for example for pickers."""
    first, last = parameters.days(now)
    types = sorted(set(parameters.event_type))

    async def build(insights: Insights) -> Mapping[str, Any]:
        end = start_of_day(last) + ONE_DAY
        found = await insights.properties(start_of_day(first), end, types)
        return {
            "data": [
                {
                    **asdict(each),
                    "values": [{"value": value, "events": n} for value, n in each.values],
                }
                for each in found
            ]
        }

    return await respond(request, resources, caller, ("properties", first, last, types), build)


@router.get(
    "/api/v1/users",
    operation_id="list_users",
    response_model=UserList,
    responses={**NOT_MODIFIED, **problem_responses(400, 401, 403, 422, 429, 503)},
)
async def list_users(
    request: Request,
    parameters: Annotated[UserParameters, Query()],
    resources: ResourcesDep,
    caller: Annotated[Caller, requires(INSIGHTS_READ)],
) -> Response:
    """List the users who sent events, the one with the latest event first."""
    bound = {"org": caller.org_id, "query": ["users", parameters.search]}
    secret, limit = resources.cursor_secret, parameters.limit
    last = decode_cursor(parameters.cursor, bound, secret) if parameters.cursor else None
    after = last and (last.first, last.after)

    async def build(insights: Insights) -> Mapping[str, Any]:
        found = await insights.users(search=parameters.search, after=after, limit=limit + 1)
        following = None
        if len(found) > limit:
            seen, user_id = found[limit - 1].summary.position
            following = encode_cursor(Cursor(user_id, seen, seen), bound, secret)
        return {"data": [_user(each) for each in found[:limit]], "next_cursor": following}

    shown = ("users", parameters.search, limit, after)
    return await respond(request, resources, caller, shown, build)


@router.get(
    "/api/v1/users/{user_id}",
    operation_id="describe_user",
    response_model=UserProfile,
    responses={**NOT_MODIFIED, **problem_responses(400, 401, 403, 404, 422, 429, 503)},
)
async def describe_user(
    request: Request,
    user_id: Annotated[str, Path(max_length=EVENT_USER_ID_MAX)],
    resources: ResourcesDep,
    caller: Annotated[Caller, requires(INSIGHTS_READ)],
) -> Response:
    """Return a user's first and last event, and their events per type."""

    async def build(insights: Insights) -> Mapping[str, Any]:
        found = await insights.profile(user_id)
        if not found:
            raise ApiError("not_found", "The event lake contains no events of this user.")
        return {
            "user_id": user_id,
            "first_seen": min(each.first_seen for each in found),
            "last_seen": max(each.last_seen for each in found),
            "events": sum(each.events for each in found),
            "event_types": [asdict(each) for each in found],
        }

    return await respond(request, resources, caller, ("user", user_id), build)


def _user(user: DescribedUser) -> dict[str, Any]:
    return {**asdict(user.summary), "last_properties": orjson.loads(user.last_properties)}
