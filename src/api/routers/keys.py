"""Management of API keys by an organisation's admins."""

from collections.abc import Sequence
from secrets import token_hex
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import KEYS_MANAGE, Caller
from api.dependencies import Now, StoreDep, requires_membership
from api.domain.field_patterns import KEY_HASH, VISIBLE_NAME
from api.domain.reference import ApiKey
from api.errors import ApiError
from api.routers.act_context import act_context
from api.routers.bodies import (
    check_payload,
    media_type_of,
    parse_json,
    read_body,
    request_body,
)
from api.routers.problem_schema import problem_responses
from api.services import keys

PATH = "/api/v1/keys"
BODY_BYTES_MAX = 4 * 1024
RANDOM_BYTES = 20

Kind = Literal["secret", "read", "publishable"]
KeyId = Annotated[str, Path(pattern=KEY_HASH, description="The SHA-256 of the key in hexadecimal")]
Admin = Annotated[Caller, requires_membership(KEYS_MANAGE)]

router = APIRouter(tags=["keys"])


class NewApiKey(BaseModel):
    """The name and the kind of a new key."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(
        min_length=1, max_length=100, pattern=VISIBLE_NAME, examples=["Checkout page"]
    )
    kind: Kind = Field(
        description="`secret` keys read and write, and are for servers; `read` keys only read; "
        "`publishable` keys only write events, and are for browsers"
    )


class ApiKeyDescription(BaseModel):
    """A key without its secret."""

    key_id: str = Field(description="The SHA-256 of the key, so its owner can recognise it")
    name: str
    kind: Kind
    created_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    created_by: str | None = Field(
        description="The user_id of the admin who created it; null if not created via the API",
        examples=["usr_1"],
    )

    @classmethod
    def of(cls, key: ApiKey, **more: str) -> Self:
        return cls.model_validate(
            {
                "key_id": key.key_hash,
                "name": key.name,
                "kind": key.kind,
                "created_at": key.created_at,
                "created_by": key.created_by or None,
                **more,
            }
        )


class CreatedApiKey(ApiKeyDescription):
    """A new key with its secret, which is never returned again."""

    api_key: str = Field(examples=["ak_…"])


class ApiKeyList(BaseModel):
    """All keys of the organisation, newest first."""

    data: Sequence[ApiKeyDescription]


@router.get(PATH, operation_id="list_keys", responses=problem_responses(401, 403, 429, 503))
async def list_keys(store: StoreDep, caller: Admin) -> ApiKeyList:
    """List the organisation's API keys, newest first. A new key may appear with a delay."""
    found = await keys.list_keys(store, caller.org_id)
    return ApiKeyList(data=[ApiKeyDescription.of(key) for key in found])


@router.post(
    PATH,
    operation_id="create_key",
    status_code=201,
    responses=problem_responses(400, 401, 403, 408, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": NewApiKey}),
)
async def create_key(
    request: Request, response: Response, store: StoreDep, caller: Admin, now: Now
) -> CreatedApiKey:
    """Create an API key. Only this response contains the secret.

    Idempotency-Key isn't supported, because repeating the response would require storing the
    secret. If a response is lost, a retry creates a second key, and the first key can be revoked.
    """
    wanted = await _read_payload(request)
    key, secret = await keys.create_key(
        store,
        act_context(request, caller, now),
        caller.org_id,
        name=wanted.name,
        kind=wanted.kind,
        random=token_hex(RANDOM_BYTES),
    )
    response.headers["Cache-Control"] = "no-store"
    return CreatedApiKey.of(key, api_key=secret)


async def _read_payload(request: Request) -> NewApiKey:
    if media_type_of(request) != "application/json":
        raise ApiError("unsupported_media_type", "Send application/json.")
    body = await read_body(request, bytes_max=BODY_BYTES_MAX)
    return check_payload(NewApiKey, parse_json(body, NewApiKey.model_fields))


@router.delete(
    f"{PATH}/{{key_id}}",
    operation_id="revoke_key",
    status_code=204,
    responses=problem_responses(400, 401, 403, 404, 429, 503),
)
async def revoke_key(
    request: Request, key_id: KeyId, store: StoreDep, caller: Admin, now: Now
) -> None:
    """Revoke an API key. Tokens already issued for it expire within 15 min 30 s."""
    await keys.revoke_key(store, act_context(request, caller, now), caller.org_id, key_id)
