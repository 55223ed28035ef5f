"""The routes of the local identity provider. These routes exist only in the environment `local`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from api.auth.exchange import CallerOrganization, organizations_of_user
from api.auth.local_identity import LIFETIME, LocalIdentityProvider
from api.dependencies import Now, ResourcesDep, StoreDep
from api.errors import ApiError
from api.routers.act_context import act_context
from api.routers.bodies import check_payload, parse_json, read_body
from api.services.organizations import record_sign_in

BODY_BYTES_MAX = 4 * 1024

router = APIRouter(prefix="/local-identity", include_in_schema=False)


class SampleUser(BaseModel):
    """A sample user."""

    user_id: str
    email: str
    name: str
    organizations: list[CallerOrganization]


class SignIn(BaseModel):
    """The sample user to sign in."""

    model_config = ConfigDict(extra="forbid")

    user_id: str
    is_renewal: bool = False  # of the ID token of a session; only the sign-in is audited


class IdTokenResponse(BaseModel):
    """An ID token, which `POST /api/v1/auth/token` accepts as `subject_token`."""

    id_token: str
    expires_in: int


async def _provider(resources: ResourcesDep) -> LocalIdentityProvider:
    if resources.local_identity is None:
        raise ApiError("not_found", "The local identity provider is not running here.")
    return resources.local_identity


Provider = Annotated[LocalIdentityProvider, Depends(_provider)]


@router.get("/users")
async def list_sample_users(provider: Provider, store: StoreDep) -> list[SampleUser]:
    """List the sample users for a sign-in page."""
    return [
        SampleUser(
            user_id=user.user_id,
            email=user.email,
            name=user.name,
            organizations=list(await organizations_of_user(store, user.user_id)),
        )
        for user in await provider.users()
    ]


@router.post("/token")
async def sign_in(
    request: Request, provider: Provider, store: StoreDep, now: Now
) -> IdTokenResponse:
    """Return an ID token for a sample user, after the sign-in was written to the audit log."""
    body = await read_body(request, bytes_max=BODY_BYTES_MAX)
    wanted = check_payload(SignIn, parse_json(body, SignIn.model_fields))
    id_token = await provider.sign_in(wanted.user_id, now)
    if not wanted.is_renewal:
        await record_sign_in(store, act_context(request, wanted.user_id, now))
    return IdTokenResponse(id_token=id_token, expires_in=int(LIFETIME.total_seconds()))


@router.get("/.well-known/jwks.json")
async def publish_identity_keys(provider: Provider) -> dict[str, Any]:
    """Return the public keys of ID tokens."""
    return dict(await provider.public_keys())


@router.get("/.well-known/openid-configuration")
async def describe_identity_provider(provider: Provider) -> dict[str, Any]:
    """Return the provider's metadata (OpenID Connect Discovery)."""
    return {
        "issuer": provider.issuer,
        "jwks_uri": f"{provider.issuer}/.well-known/jwks.json",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
