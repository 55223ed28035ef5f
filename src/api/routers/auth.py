"""Routes that issue access tokens and publish the keys that verify them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import ALL_SCOPES
from api.auth.exchange import grant_of_api_key, grant_of_id_token
from api.auth.issuer import IssuedToken
from api.auth.narrowing import Narrowing
from api.dependencies import Resources, ResourcesDep, check_query
from api.domain.field_patterns import ORG_ID, VISIBLE_TEXT
from api.errors import ApiError
from api.routers import open_share
from api.routers.bodies import (
    check_payload,
    media_type_of,
    parse_form,
    parse_json,
    read_body,
    request_body,
    without_default,
)
from api.routers.problem_schema import problem_responses
from api.services.input_checks import ORG_ID_MAX

TOKEN_PATH = "/api/v1/auth/token"  # noqa: S105 - a path
JWKS_PATH = "/.well-known/jwks.json"
BODY_BYTES_MAX = 64 * 1024

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - a name of RFC 8693
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name of RFC 8693

router = APIRouter(tags=["tokens"])


class NarrowableGrant(BaseModel):
    """The optional limits of a token, which then permits less than its credential.

    A limit can't be null, because a client that sends null by mistake would get a token without
    limits. An unknown field is refused too, because it may be a misspelt limit.
    """

    model_config = ConfigDict(extra="forbid")

    scope: str = Field(
        default="",
        max_length=256,
        description="Some of the credential's scopes, separated by spaces; by default all of them",
        examples=["events:read"],
        json_schema_extra=without_default,
    )
    user_id: str = Field(
        default="",
        min_length=1,
        max_length=256,
        pattern=VISIBLE_TEXT,
        description="The token reads the events of this user only: its scope is `events:read`",
        examples=["user_1"],
        json_schema_extra=without_default,
    )

    @property
    def narrowing(self) -> Narrowing:
        present = self.model_fields_set
        return Narrowing(
            self.scope if "scope" in present else None,
            self.user_id if "user_id" in present else None,
        )


class ApiKeyGrant(NarrowableGrant):
    """An organisation's API key, exchanged for an access token."""

    api_key: str = Field(min_length=1, max_length=256, examples=["ak_local_acme"])


class TokenExchangeGrant(NarrowableGrant):
    """A signed-in user's ID token, exchanged for an access token (RFC 8693)."""

    grant_type: Literal["urn:ietf:params:oauth:grant-type:token-exchange"]
    subject_token: str = Field(min_length=1)
    subject_token_type: Literal["urn:ietf:params:oauth:token-type:id_token"]
    org_id: str | None = Field(
        default=None,
        max_length=ORG_ID_MAX,
        pattern=ORG_ID,
        description="By default, the active organisation that the user joined first",
        examples=["org_acme"],
    )
    requested_token_type: Literal["urn:ietf:params:oauth:token-type:access_token"] | None = Field(
        default=None, description="The only type of token that this operation issues"
    )
    client_id: str | None = Field(
        default=None, description="Ignored; OAuth clients without a secret send it"
    )


class AccessToken(BaseModel):
    """A bearer token with its scope and lifetime."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme
    expires_in: int = Field(description="Seconds", examples=[900])
    scope: str = Field(description="Separated by spaces", examples=["events:read events:write"])
    issued_token_type: str | None = Field(
        default=None, description="Only for a token exchange (RFC 8693)"
    )


_MEMBERS = {*ApiKeyGrant.model_fields, *TokenExchangeGrant.model_fields}


async def _grant(request: Request) -> ApiKeyGrant | TokenExchangeGrant:
    media_type = media_type_of(request)
    if media_type not in (JSON, FORM):
        raise ApiError("unsupported_media_type", f"Send {JSON} or {FORM}.")
    check_query(request)
    body = await read_body(request, bytes_max=BODY_BYTES_MAX)
    if media_type == FORM:  # OAuth's format: an API key is accepted as JSON only
        return check_payload(TokenExchangeGrant, parse_form(body))
    payload = parse_json(body, _MEMBERS)
    return check_payload(_model_for(payload), payload)


def _model_for(payload: object) -> type[ApiKeyGrant | TokenExchangeGrant]:
    is_exchange = isinstance(payload, dict) and "grant_type" in payload
    return TokenExchangeGrant if is_exchange else ApiKeyGrant


@router.post(
    TOKEN_PATH,
    operation_id="issue_token",
    responses=problem_responses(400, 401, 403, 408, 413, 415, 422, 429, 503),
    response_model_exclude_none=True,
    openapi_extra=request_body(
        {
            JSON: {
                "anyOf": [ApiKeyGrant.model_json_schema(), TokenExchangeGrant.model_json_schema()]
            },
            FORM: TokenExchangeGrant,
        }
    ),
)
async def issue_token(
    grant: Annotated[ApiKeyGrant | TokenExchangeGrant, Depends(_grant)],
    resources: ResourcesDep,
    response: Response,
) -> AccessToken:
    """Exchange an API key, or a signed-in user's ID token, for an access token."""
    issued = await _exchange(grant, resources)
    response.headers["Cache-Control"] = "no-store"
    return AccessToken(
        access_token=issued.access_token,
        expires_in=issued.expires_in,
        scope=issued.scope,
        issued_token_type=ACCESS_TOKEN if isinstance(grant, TokenExchangeGrant) else None,
    )


async def _exchange(grant: ApiKeyGrant | TokenExchangeGrant, resources: Resources) -> IssuedToken:
    store, issuer, now = resources.store, resources.token_issuer, resources.now()
    if isinstance(grant, ApiKeyGrant):
        full = await grant_of_api_key(store, grant.api_key, now=now, is_local=resources.is_local)
        return await issuer.reissue(grant.narrowing.apply(full), now=now)
    full = await grant_of_id_token(
        store, resources.id_tokens, grant.subject_token, org_id=grant.org_id
    )
    return await issuer.issue(grant.narrowing.apply(full), now=now)


@router.get(JWKS_PATH, operation_id="publish_keys", responses=problem_responses(429))
async def publish_keys(resources: ResourcesDep, response: Response) -> dict[str, Any]:
    """Return the public keys of access tokens as a JSON Web Key Set."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return dict(await resources.key_source.public_keys())


@router.get(
    "/.well-known/openid-configuration",
    operation_id="describe_issuer",
    responses=problem_responses(429),
)
async def describe_issuer(resources: ResourcesDep, response: Response) -> dict[str, Any]:
    """Return the issuer's metadata (OpenID Connect Discovery) for API gateways."""
    response.headers["Cache-Control"] = "public, max-age=3600"
    return {
        "issuer": resources.issuer,
        "jwks_uri": resources.issuer + JWKS_PATH,
        "token_endpoint": resources.issuer + TOKEN_PATH,
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": [TOKEN_EXCHANGE],
        "scopes_supported": sorted(ALL_SCOPES),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


router.routes.extend(open_share.router.routes)
