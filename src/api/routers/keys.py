"""Management of API keys by an organisation's admins."""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import KEYS_MANAGE, Caller, KeyKind
from api.dependencies import Now, StoreDep, requires_membership
from api.domain.field_patterns import KEY_HASH, ORIGIN, VISIBLE_NAME
from api.domain.reference import ApiKey
from api.errors import FieldError
from api.routers.act_context import act_context
from api.routers.bodies import invalid_payload, parse_time, read_json, request_body, without_default
from api.routers.lists import ListParameters
from api.routers.problem_schema import problem_responses
from api.services import keys
from api.services.input_checks import NAME_MAX
from api.services.owned_records import NEWEST_FIRST

PATH = "/api/v1/keys"
BODY_BYTES_MAX = 4 * 1024

KeyId = Annotated[str, Path(pattern=KEY_HASH, description="The SHA-256 of the key in hexadecimal")]
Origin = Annotated[str, Field(pattern=ORIGIN, max_length=keys.ORIGIN_LENGTH_MAX)]
KeyAdmin = Annotated[Caller, requires_membership(KEYS_MANAGE)]

router = APIRouter(tags=["keys"])


class NewApiKey(BaseModel):
    """The name and the kind of a new API key."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(
        min_length=1, max_length=NAME_MAX, pattern=VISIBLE_NAME, examples=["Checkout page"]
    )
    kind: KeyKind = Field(
        description="`secret` keys read and write, and are for servers; `read` keys only read; "
        "`publishable` keys only write events, and are for browsers"
    )
    expires_at: str | None = Field(
        default=None,
        description="RFC 3339 with an offset, in the future; by default the key never expires",
        examples=["2027-01-31T00:00:00Z"],
    )
    origins: list[Origin] = Field(
        default=[],
        min_length=1,
        max_length=keys.ORIGINS_MAX,
        description="Only for a publishable key: the only origins from whose pages it may write",
        examples=[["https://shop.example"]],
        json_schema_extra=without_default,
    )

    def settings(self, now: datetime) -> keys.NewKey:
        """Return the settings of the key. Raises ApiError `invalid_payload`."""
        if self.origins and self.kind != "publishable":
            raise invalid_payload(
                FieldError("/origins", "origins_not_allowed", "is for publishable keys only")
            )
        return keys.NewKey(
            self.name, self.kind, self._expiry(now), tuple(dict.fromkeys(self.origins))
        )

    def _expiry(self, now: datetime) -> datetime | None:
        if self.expires_at is None:
            return None
        expiry = parse_time("/expires_at", self.expires_at)
        if expiry <= now:
            raise invalid_payload(
                FieldError("/expires_at", "timestamp_in_past", "must be in the future")
            )
        return expiry


class ApiKeyDescription(BaseModel):
    """An API key without its secret."""

    key_id: str = Field(description="The SHA-256 of the key, so its owner can recognise it")
    name: str
    kind: KeyKind
    created_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    created_by: str | None = Field(
        description="The user_id of the admin who created it; null if not created via the API",
        examples=["usr_1"],
    )
    expires_at: str | None = Field(
        description="Null if it never expires", examples=["2027-01-31T00:00:00Z"]
    )
    origins: list[str] = Field(
        description="The origins from whose pages a publishable key may write; empty if all may"
    )
    last_used_on: str | None = Field(
        description="The last UTC day on which the key was exchanged or sent in a beacon; null if "
        "it has not been used since the service began to record this",
        examples=["2026-01-31"],
    )

    @classmethod
    def of(cls, key: ApiKey, **more: str) -> Self:
        return cls.model_validate(keys.describe_key(key) | more)


class CreatedApiKey(ApiKeyDescription):
    """A new API key with its secret, which is never returned again."""

    api_key: str = Field(examples=["ak_…"])


class ApiKeyList(BaseModel):
    """A page of the organisation's API keys, newest first.

    `next_cursor` is null on the last page only.
    """

    data: Sequence[ApiKeyDescription]
    next_cursor: str | None


@router.get(PATH, operation_id="list_keys", responses=problem_responses(400, 401, 403, 429, 503))
async def list_keys(
    parameters: Annotated[ListParameters, Query()], store: StoreDep, caller: KeyAdmin
) -> ApiKeyList:
    """List the organisation's API keys, newest first.

    A new key may appear in the list with a delay.
    """
    found = await keys.list_keys(store, caller.org_id)
    page, following = parameters.page_of(found, NEWEST_FIRST)
    return ApiKeyList(data=[ApiKeyDescription.of(key) for key in page], next_cursor=following)


@router.post(
    PATH,
    operation_id="create_key",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": NewApiKey}),
)
async def create_key(
    request: Request, response: Response, store: StoreDep, caller: KeyAdmin, now: Now
) -> CreatedApiKey:
    """Create an API key. Only this response contains the secret.

    Idempotency-Key isn't supported, because repeating the response would require storing the
    secret. If a response is lost, a retry creates a second key, and the first key can be revoked.
    """
    wanted = await read_json(request, NewApiKey, bytes_max=BODY_BYTES_MAX)
    key, secret = await keys.create_key(
        store,
        act_context(request, caller.subject, now, KEYS_MANAGE),
        caller.org_id,
        wanted.settings(now),
        random=token_hex(keys.SECRET_BYTES),
    )
    response.headers["Cache-Control"] = "no-store"
    return CreatedApiKey.of(key, api_key=secret)


@router.delete(
    f"{PATH}/{{key_id}}",
    operation_id="revoke_key",
    status_code=204,
    responses=problem_responses(400, 401, 403, 404, 429, 503),
)
async def revoke_key(
    request: Request, key_id: KeyId, store: StoreDep, caller: KeyAdmin, now: Now
) -> None:
    """Revoke an API key.

    Access tokens that were already issued for the key expire within 15 min 30 s.
    """
    context = act_context(request, caller.subject, now, KEYS_MANAGE)
    await keys.revoke_key(store, context, caller.org_id, key_id)
