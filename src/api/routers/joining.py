"""Operations of signed-in persons who may not be members of any organisation yet.

Their credential is an ID token in the body, because an access token belongs to an organisation.
"""

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import OWNER, Role
from api.auth.exchange import verify_id_token
from api.dependencies import Resources, ResourcesDep, check_query
from api.domain.field_patterns import VISIBLE_NAME
from api.errors import ApiError
from api.routers.act_context import act_context
from api.routers.bodies import read_json, request_body
from api.routers.problem_schema import problem_responses
from api.services import invitations, sign_up
from api.services.input_checks import EMAIL_MAX, NAME_MAX, check_name
from api.services.invitations import SignedIn

BODY_BYTES_MAX = 64 * 1024

router = APIRouter(tags=["joining"])


class Acceptance(BaseModel):
    """The person's ID token, and the token of the invitation."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id_token: str = Field(min_length=1, description="An ID token of the identity provider")
    invitation_token: str = Field(min_length=1, max_length=256, examples=["inv_…"])


class NewOrganization(BaseModel):
    """The person's ID token, and the name of the organisation."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id_token: str = Field(min_length=1, description="An ID token of the identity provider")
    name: str = Field(
        min_length=1, max_length=NAME_MAX, pattern=VISIBLE_NAME, examples=["Acme Corporation"]
    )


class Joined(BaseModel):
    """The organisation that the person is now a member of."""

    org_id: str = Field(examples=["org_acme"])
    role: Role


@router.post(
    "/api/v1/invitations/accept",
    operation_id="accept_invitation",
    responses=problem_responses(400, 401, 403, 408, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": Acceptance}),
)
async def accept_invitation(request: Request, resources: ResourcesDep) -> Joined:
    """Accept an invitation with an ID token whose verified e-mail address was invited.

    Afterwards, exchange the ID token for an access token of the organisation. Accepting again
    within an hour is safe. If the person is already a member, their role doesn't change.
    """
    check_query(request)
    accepted = await read_json(request, Acceptance, bytes_max=BODY_BYTES_MAX)
    person = await _identify(request, resources, accepted.id_token)
    membership = await invitations.accept_invitation(
        resources.store,
        act_context(request, person.user_id, resources.now()),
        accepted.invitation_token,
        person,
    )
    request.state.org_id = membership.org_id
    return Joined.model_validate({"org_id": membership.org_id, "role": membership.role})


@router.post(
    "/api/v1/organizations",
    operation_id="create_organization",
    status_code=201,
    responses=problem_responses(400, 401, 403, 408, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": NewOrganization}),
)
async def create_organization(request: Request, resources: ResourcesDep) -> Joined:
    """Create an organisation whose owner is the person that the ID token identifies.

    The operation is available only if the setting `ANALYTICS_SIGN_UP` is `open`. Afterwards,
    exchange the ID token for an access token of the organisation. If the person has already created
    an organisation with this name that is active, and still owns it, the response contains that
    organisation.
    """
    check_query(request)
    if not resources.sign_up_is_open:
        raise ApiError(
            "sign_up_closed",
            "This service doesn't let persons create organisations. Ask its operator for an "
            "organisation, or an admin for an invitation.",
        )
    new = await read_json(request, NewOrganization, bytes_max=BODY_BYTES_MAX)
    person = await _identify(request, resources, new.id_token)
    context = act_context(request, person.user_id, resources.now())
    created = await sign_up.sign_up(resources.store, context, person, new.name)
    request.state.org_id = created.org_id
    return Joined(org_id=created.org_id, role=OWNER)


async def _identify(request: Request, resources: Resources, id_token: str) -> SignedIn:
    """Verify the ID token. Raises ApiError `token_invalid` or `token_expired`."""
    claims = await verify_id_token(resources.id_tokens, id_token)
    request.state.subject = claims["sub"]  # for the request log
    email, name = claims.get("email"), claims.get("name")
    verified = claims.get("email_verified")
    is_verified = verified is True or verified == "true"  # some providers send text; 1 == True
    return SignedIn(
        claims["sub"],
        email if is_verified and isinstance(email, str) and len(email) <= EMAIL_MAX else "",
        name if isinstance(name, str) and _is_name(name) else "",
    )


def _is_name(text: str) -> bool:
    try:
        check_name("name", text)
    except ApiError:
        return False
    return True
