"""The erasure of users and the export of their data, for admins of the organisation."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Any, Literal, Self

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import PRIVACY_MANAGE, Caller
from api.dependencies import Now, ResourcesDep, StoreDep, requires_membership
from api.domain.erasures import Erasure, describe_erasure
from api.domain.events import EVENT_USER_ID_MAX
from api.domain.field_patterns import VISIBLE_TEXT
from api.errors import ApiError
from api.routers.act_context import act_context
from api.routers.bodies import read_json, request_body
from api.routers.lists import ListParameters
from api.routers.parameters import OrgParameters
from api.routers.problem_schema import problem_responses
from api.services import erasures
from api.services.pages import Position
from api.services.user_export import Exported, UserData, decode_position, encode_position

PATH = "/api/v1/erasures"
BODY_BYTES_MAX = 4 * 1024
EXPORT_BYTES_MAX = 3_000_000  # of one response; Lambda allows 6 MB, and escapes each quotation mark
EXPORT_SECONDS_MAX = 20  # Lambda stops a function after 25 seconds
_CHUNK_BYTES = 64 * 1024
_ND_JSON = "application/x-ndjson"

PrivacyAdmin = Annotated[Caller, requires_membership(PRIVACY_MANAGE)]

router = APIRouter(tags=["privacy"])


class NewErasure(BaseModel):
    """The user to erase."""

    model_config = ConfigDict(extra="forbid", strict=True)

    user_id: str = Field(
        min_length=1,
        max_length=EVENT_USER_ID_MAX,
        pattern=VISIBLE_TEXT,
        description="The `user_id` of the events",
        examples=["user-1"],
    )


class ReceiptDescription(BaseModel):
    """The data that an erasure deleted, and the time when a search found nothing more."""

    events_deleted: int = Field(description="Events of the store")
    days_touched: int = Field(description="UTC days of these events")
    dead_letters_deleted: int = Field(description="Dead letters that mentioned the user")
    lake_files_rewritten: int = Field(
        description="Files of the event lake with the user's events, which were replaced"
    )
    verified_at: str = Field(examples=["2026-01-31T10:35:00.123456Z"])
    copies_outside: Sequence[str] = Field(description="Places that an erasure doesn't reach")


class ErasureDescription(BaseModel):
    """The erasure of a user. Instead of the user's id, it contains a keyed hash of the id."""

    erasure_id: str = Field(examples=["ers_0f8fad5bd9cb469fa16570867728950e"])
    user_id_hash: str = Field(description="The `target` of the entry in the audit log")
    status: Literal["queued", "running", "done", "failed"] = Field(
        description="A failed erasure starts again if it is requested again"
    )
    created_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    created_by: str = Field(description="The user or operator who requested it")
    receipt: ReceiptDescription | None = Field(description="Null until the erasure is done")

    @classmethod
    def of(cls, erasure: Erasure) -> Self:
        return cls.model_validate(describe_erasure(erasure))


class ErasureList(BaseModel):
    """A page of the organisation's erasures, newest first.

    `next_cursor` is null on the last page only.
    """

    data: Sequence[ErasureDescription]
    next_cursor: str | None


class ExportParameters(OrgParameters):
    """The rest of an export."""

    cursor: str | None = Field(
        default=None, description="`next_cursor` in the last line of the response before"
    )


@router.post(
    PATH,
    operation_id="create_erasure",
    status_code=202,
    responses=problem_responses(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": NewErasure}),
)
async def create_erasure(
    request: Request, store: StoreDep, caller: PrivacyAdmin, now: Now
) -> ErasureDescription:
    """Erase a user: delete all events of the user, and refuse new ones. This can't be undone.

    The erasure is done in the background, which takes over an hour in a cloud. If the user's
    erasure was requested before, the response describes that erasure.
    """
    wanted = await read_json(request, NewErasure, bytes_max=BODY_BYTES_MAX)
    context = act_context(request, caller.subject, now, PRIVACY_MANAGE)
    erasure = await erasures.request_erasure(store, context, caller.org_id, wanted.user_id)
    return ErasureDescription.of(erasure)


@router.get(
    PATH, operation_id="list_erasures", responses=problem_responses(400, 401, 403, 429, 503)
)
async def list_erasures(
    parameters: Annotated[ListParameters, Query()], store: StoreDep, caller: PrivacyAdmin
) -> ErasureList:
    """List the erasures of users, newest first."""
    found = await erasures.list_erasures(store, caller.org_id)
    page, following = parameters.page_of(found, erasures.NEWEST_FIRST)
    return ErasureList(data=[*map(ErasureDescription.of, page)], next_cursor=following)


@router.get(
    f"{PATH}/{{erasure_id}}",
    operation_id="describe_erasure",
    responses=problem_responses(400, 401, 403, 404, 429, 503),
)
async def describe(
    erasure_id: Annotated[str, Path(max_length=64)], store: StoreDep, caller: PrivacyAdmin
) -> ErasureDescription:
    """Return the status of an erasure and, when it is done, its receipt."""
    return ErasureDescription.of(await erasures.find_erasure(store, caller.org_id, erasure_id))


@router.get(
    "/api/v1/users/{user_id}/export",
    operation_id="export_user",
    response_class=StreamingResponse,
    responses={
        200: {"content": {_ND_JSON: {"schema": {"type": "string"}}}},
        **problem_responses(400, 401, 403, 422, 429, 503),
    },
)
async def export_user(
    user_id: Annotated[str, Path(max_length=EVENT_USER_ID_MAX, pattern=VISIBLE_TEXT)],
    parameters: Annotated[ExportParameters, Query()],
    resources: ResourcesDep,
    caller: PrivacyAdmin,
) -> StreamingResponse:
    """Return everything that is stored about a user, one JSON object per line.

    The `type` of a line is `event`, `dead_letter` or `erasure`, and the member with this name is
    the record. The last line has the type `end` and the numbers of lines. A response without this
    line is incomplete. If there are more lines, `next_cursor` in the last line isn't null.
    """
    lake = resources.lake if resources.has_lake else None
    data = UserData(resources.store, lake, caller.org_id, user_id)
    chunks = _joined(_lines(data, decode_position(parameters.cursor, user_id)))
    first = await anext(chunks)  # so that an error of the first read is a problem document
    return StreamingResponse(_with_first(first, chunks), media_type=_ND_JSON)


async def _lines(data: UserData, after: Position) -> AsyncGenerator[bytes]:
    """Yield the lines after the position, and a line that ends the response.

    The response ends early if it is large, or if a read fails or takes too long. The next request,
    with the cursor, then gets the rest, or the error. Raises ApiError if there is no line yet.
    """
    numbers, size, following = Counter[str](), 0, None
    deadline = asyncio.get_running_loop().time() + EXPORT_SECONDS_MAX
    async with aclosing(data.read(after)) as found:
        try:
            while one := await _next(found, deadline):
                if size >= EXPORT_BYTES_MAX:
                    following = encode_position(after, data.user_id)
                    break
                line = _line(one.kind, {one.kind: one.record})
                yield line
                numbers[one.kind] += 1
                size, after = size + len(line), one.position
        except ApiError:
            if not size:
                raise
            following = encode_position(after, data.user_id)
    end = {f"{kind}s": numbers[kind] for kind in ("event", "dead_letter", "erasure")}
    yield _line("end", {**end, "next_cursor": following})


async def _next(found: AsyncGenerator[Exported], deadline: float) -> Exported | None:
    """Return the next record, or None. Raises ApiError `deadline_exceeded`."""
    try:
        async with asyncio.timeout_at(deadline):
            return await anext(found, None)
    except TimeoutError as error:
        raise ApiError(
            "deadline_exceeded",
            f"No data was read within {EXPORT_SECONDS_MAX} seconds. Retry the request.",
            retry_after=1,
        ) from error


async def _joined(lines: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Join the lines to chunks."""
    chunk = bytearray()
    async with aclosing(lines):
        async for line in lines:
            chunk += line
            if len(chunk) >= _CHUNK_BYTES:
                yield bytes(chunk)
                chunk.clear()
    if chunk:
        yield bytes(chunk)


async def _with_first(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    yield first
    async with aclosing(rest):
        async for chunk in rest:
            yield chunk


def _line(kind: str, members: dict[str, Any]) -> bytes:
    return orjson.dumps({"type": kind, **members}, default=str) + b"\n"
