"""Routes that manage the members of the caller's organisation, for its admins."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import ORGANIZATION_MANAGE, Caller, Role, scopes_of_role
from api.dependencies import Admin, CallerDep, Now, StoreDep
from api.domain.field_patterns import EMAIL, USER_ID, VISIBLE_NAME
from api.errors import ApiError
from api.routers.act_context import act_context
from api.routers.bodies import read_json, request_body
from api.routers.lists import ListParameters
from api.routers.problem_schema import problem_responses
from api.services import member_records, members
from api.services.input_checks import EMAIL_MAX, NAME_MAX, USER_ID_MAX

PATH = "/api/v1/members"
BODY_BYTES_MAX = 4 * 1024

UserId = Annotated[
    str,
    Path(pattern=USER_ID, max_length=USER_ID_MAX, description="The `sub` of the user's ID tokens"),
]

router = APIRouter(tags=["members"])


class NewMember(BaseModel):
    """A user to add to the organisation, and their role."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user_id: str = Field(
        min_length=1,
        max_length=USER_ID_MAX,
        pattern=USER_ID,
        description="The `sub` of the user's ID tokens",
        examples=["usr_1"],
    )
    role: Role
    email: str | None = Field(
        default=None,
        max_length=EMAIL_MAX,
        pattern=EMAIL,
        description="Only for the list of members; it isn't verified",
        examples=["ada@acme.example"],
    )
    name: str | None = Field(
        default=None,
        max_length=NAME_MAX,
        pattern=VISIBLE_NAME,
        description="Only for the list of members",
        examples=["Ada"],
    )


class RoleChange(BaseModel):
    """The new role of a member."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Role


class MemberDescription(BaseModel):
    """A member of the organisation."""

    user_id: str = Field(examples=["usr_1"])
    role: Role
    email: str | None = Field(description="Null if unknown", examples=["ada@acme.example"])
    name: str | None = Field(description="Null if unknown", examples=["Ada"])
    joined_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])

    @classmethod
    def of(cls, member: member_records.Member) -> Self:
        membership, user = member.membership, member.user
        return cls.model_validate(
            {
                "user_id": membership.user_id,
                "role": membership.role,
                "email": (user and user.email) or None,
                "name": (user and user.name) or None,
                "joined_at": membership.joined_at,
            }
        )


class MemberList(BaseModel):
    """A page of the organisation's members, by user id.

    `next_cursor` is null on the last page only.
    """

    data: Sequence[MemberDescription]
    next_cursor: str | None


@router.get(PATH, operation_id="list_members", responses=problem_responses(400, 401, 403, 429, 503))
async def list_members(
    parameters: Annotated[ListParameters, Query()], store: StoreDep, caller: Admin
) -> MemberList:
    """List the members of the organisation, ordered by user id.

    A new member may appear in the list with a delay.
    """
    found = await member_records.list_memberships(store, caller.org_id)
    page, following = parameters.page_of(found, member_records.BY_USER_ID)
    described = await member_records.describe_members(store, page)
    return MemberList(data=[*map(MemberDescription.of, described)], next_cursor=following)


@router.post(
    PATH,
    operation_id="add_member",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": NewMember}),
)
async def add_member(
    request: Request, store: StoreDep, caller: Admin, now: Now
) -> MemberDescription:
    """Add a user to the organisation.

    If the user is a member with another role, the response is 409. Open invitations of the user's
    e-mail address are revoked. To add a user without knowing their id, invite them.
    """
    wanted = await read_json(request, NewMember, bytes_max=BODY_BYTES_MAX)
    await members.add_member(
        store,
        act_context(request, caller.subject, now, ORGANIZATION_MANAGE),
        caller.org_id,
        person=members.Person(wanted.user_id, wanted.email or "", wanted.name or ""),
        role=wanted.role,
    )
    return await _describe(store, caller, wanted.user_id)


@router.patch(
    f"{PATH}/{{user_id}}",
    operation_id="change_member",
    responses=problem_responses(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": RoleChange}),
)
async def change_member(
    request: Request, user_id: UserId, store: StoreDep, caller: Admin, now: Now
) -> MemberDescription:
    """Give a member another role. The organisation's only owner can't be demoted."""
    wanted = await read_json(request, RoleChange, bytes_max=BODY_BYTES_MAX)
    context = act_context(request, caller.subject, now, ORGANIZATION_MANAGE)
    await members.change_role(store, context, caller.org_id, user_id=user_id, role=wanted.role)
    return await _describe(store, caller, user_id)


@router.delete(
    f"{PATH}/{{user_id}}",
    operation_id="remove_member",
    status_code=204,
    responses=problem_responses(400, 401, 403, 404, 409, 429, 503),
)
async def remove_member(
    request: Request, user_id: UserId, store: StoreDep, caller: CallerDep, now: Now
) -> None:
    """Remove a member. Every member may leave; removing others requires `organization:manage`.

    A token with fewer scopes than its user's role can't be used to leave. The organisation's only
    owner can't be removed. Open invitations of the member's e-mail address are revoked. Access
    tokens that were already issued for the member still read and write events until they expire,
    within 15 min 30 s.
    """
    scope = ""
    if caller.kind == "user" and user_id == caller.subject:
        for granted in scopes_of_role(caller.role or ""):
            caller.require_scope(granted)
    else:
        scope = ORGANIZATION_MANAGE
        caller.require_scope(scope)
    context = act_context(request, caller.subject, now, scope)
    if not await members.remove_member(store, context, caller.org_id, user_id=user_id):
        raise ApiError("not_found", f"{user_id} is not a member of the organisation.")


async def _describe(store: StoreDep, caller: Caller, user_id: str) -> MemberDescription:
    membership = await member_records.find_membership(store, caller.org_id, user_id)
    return MemberDescription.of(await member_records.describe_member(store, membership))
