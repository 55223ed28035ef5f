"""Routes that manage the invitations of the caller's organisation, for its admins."""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import ORGANIZATION_MANAGE, Role
from api.dependencies import Admin, Now, StoreDep
from api.domain.field_patterns import INVITED_EMAIL, KEY_HASH
from api.domain.reference import INVITATION_LIFETIME_MAX, Invitation
from api.errors import FieldError
from api.routers.act_context import act_context
from api.routers.bodies import invalid_payload, parse_time, read_json, request_body
from api.routers.lists import ListParameters
from api.routers.problem_schema import problem_responses
from api.services import invitations
from api.services.input_checks import EMAIL_MAX
from api.services.owned_records import NEWEST_FIRST

PATH = "/api/v1/invitations"
BODY_BYTES_MAX = 4 * 1024

InvitationId = Annotated[
    str, Path(pattern=KEY_HASH, description="The SHA-256 of the invitation's token in hexadecimal")
]

router = APIRouter(tags=["invitations"])


class NewInvitation(BaseModel):
    """The person to invite, by e-mail address, and their role."""

    model_config = ConfigDict(extra="forbid", strict=True)

    email: str = Field(max_length=EMAIL_MAX, pattern=INVITED_EMAIL, examples=["ada@acme.example"])
    role: Role
    expires_at: str | None = Field(
        default=None,
        description="RFC 3339 with an offset, at most 30 days ahead; by default in 7 days",
        examples=["2027-01-31T00:00:00Z"],
    )

    def expiry(self, now: datetime) -> datetime:
        """Return the time at which the invitation expires. Raises ApiError `invalid_payload`."""
        if self.expires_at is None:
            return now + invitations.LIFETIME
        expiry = parse_time("/expires_at", self.expires_at)
        if not now < expiry <= now + INVITATION_LIFETIME_MAX:
            detail = f"must be in the next {INVITATION_LIFETIME_MAX.days} days"
            raise invalid_payload(FieldError("/expires_at", "timestamp_out_of_range", detail))
        return expiry


class InvitationDescription(BaseModel):
    """An invitation without its token."""

    invitation_id: str = Field(description="The SHA-256 of the invitation's token")
    email: str = Field(examples=["ada@acme.example"])
    role: Role
    created_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    expires_at: str = Field(examples=["2026-02-07T09:30:00.123456Z"])
    created_by: str | None = Field(
        description="The user_id of the admin who invited; null for an operator", examples=["usr_1"]
    )

    @classmethod
    def of(cls, invitation: Invitation, **more: str) -> Self:
        return cls.model_validate(
            {
                "invitation_id": invitation.token_hash,
                "email": invitation.email,
                "role": invitation.role,
                "created_at": invitation.created_at,
                "expires_at": invitation.expires_at,
                "created_by": invitation.created_by or None,
                **more,
            }
        )


class CreatedInvitation(InvitationDescription):
    """A new invitation with its token, which is never returned again."""

    invitation_token: str = Field(
        description="Put it in the link that the person gets", examples=["inv_…"]
    )


class InvitationList(BaseModel):
    """A page of the invitations, newest first. Only a null cursor ends the list."""

    data: Sequence[InvitationDescription]
    next_cursor: str | None


@router.get(
    PATH, operation_id="list_invitations", responses=problem_responses(400, 401, 403, 429, 503)
)
async def list_invitations(
    parameters: Annotated[ListParameters, Query()], store: StoreDep, caller: Admin
) -> InvitationList:
    """List the invitations that were neither accepted nor revoked, also expired ones.

    A new invitation may appear in the list with a delay.
    """
    found = await invitations.list_invitations(store, caller.org_id)
    page, following = parameters.page_of(found, NEWEST_FIRST)
    return InvitationList(data=[*map(InvitationDescription.of, page)], next_cursor=following)


@router.post(
    PATH,
    operation_id="create_invitation",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": NewInvitation}),
)
async def create_invitation(
    request: Request, response: Response, store: StoreDep, caller: Admin, now: Now
) -> CreatedInvitation:
    """Invite a person by e-mail address. Only this response contains the invitation's token.

    The API sends no e-mail. Earlier invitations of the same address are revoked, so a retry is
    safe.
    """
    wanted = await read_json(request, NewInvitation, bytes_max=BODY_BYTES_MAX)
    invitation, token = await invitations.create_invitation(
        store,
        act_context(request, caller.subject, now, ORGANIZATION_MANAGE),
        caller.org_id,
        invitations.NewInvitation(wanted.email, wanted.role, wanted.expiry(now)),
        random=token_hex(invitations.TOKEN_BYTES),
    )
    response.headers["Cache-Control"] = "no-store"
    return CreatedInvitation.of(invitation, invitation_token=token)


@router.delete(
    f"{PATH}/{{invitation_id}}",
    operation_id="revoke_invitation",
    status_code=204,
    responses=problem_responses(400, 401, 403, 404, 429, 503),
)
async def revoke_invitation(
    request: Request, invitation_id: InvitationId, store: StoreDep, caller: Admin, now: Now
) -> None:
    """Revoke an invitation, so that it can't be accepted.

    Only an owner can revoke the invitation of an owner.
    """
    context = act_context(request, caller.subject, now, ORGANIZATION_MANAGE)
    await invitations.revoke_invitation(store, context, caller.org_id, invitation_id)
