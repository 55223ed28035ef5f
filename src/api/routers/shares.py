"""Routes of public links to saved views, which members create and revoke."""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import VIEWS_WRITE
from api.dependencies import Now, StoreDep
from api.domain.field_patterns import SHARE_ID
from api.domain.views import Page, Share
from api.errors import FieldError
from api.routers.act_context import act_context
from api.routers.bodies import invalid_payload, parse_time, read_json, request_body
from api.routers.lists import ListParameters
from api.routers.problem_schema import problem_responses
from api.routers.saved import EditorDep, ViewReader, ViewWriter
from api.routers.shared_queries import TAGS, SharedQueries, fingerprints
from api.routers.views import PATH as VIEWS_PATH
from api.routers.views import ViewId
from api.services import shares
from api.services.views import NEWEST_FIRST

PATH = f"{VIEWS_PATH}/{{view_id}}/shares"
BODY_BYTES_MAX = 256 * 1024

ShareId = Annotated[str, Path(pattern=SHARE_ID, description="Contains the SHA-256 of the secret")]

router = APIRouter(tags=["views"])


class NewShare(BaseModel):
    """The queries and the end of a new link."""

    model_config = ConfigDict(extra="forbid", strict=True)

    queries: SharedQueries
    expires_at: str | None = Field(
        default=None,
        description="RFC 3339 with an offset, at most 90 days ahead; by default in 7 days",
        examples=["2027-01-31T00:00:00Z"],
    )

    def expiry(self, now: datetime) -> datetime:
        """Return the time at which the link expires. Raises ApiError `invalid_payload`."""
        if self.expires_at is None:
            return now + shares.LIFETIME
        expiry = parse_time("/expires_at", self.expires_at)
        if not now < expiry <= now + shares.LIFETIME_MAX:
            detail = f"must be in the next {shares.LIFETIME_MAX.days} days"
            raise invalid_payload(FieldError("/expires_at", "timestamp_out_of_range", detail))
        return expiry


class ShareDescription(BaseModel):
    """A link without its secret."""

    share_id: str = Field(description="Contains the SHA-256 of the link's secret")
    name: str = Field(description="The name of the view when the link was created")
    page: Page = Field(description="The page of the view when the link was created")
    state: str = Field(description="The state of the view when the link was created")
    last_four: str = Field(description="The last characters of the secret", examples=["9e0c"])
    created_by: str = Field(description="The user_id of the member who created it")
    created_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    expires_at: str = Field(examples=["2026-02-07T09:30:00.123456Z"])

    @classmethod
    def of(cls, share: Share, **more: str) -> Self:
        names = ShareDescription.model_fields
        return cls.model_validate({name: getattr(share, name) for name in names} | more)


class CreatedShare(ShareDescription):
    """A new link with its secret, which is never returned again."""

    secret: str = Field(description="Anyone who has it can see the view's result")


class ShareList(BaseModel):
    """A page of the view's links, newest first. Only a null cursor ends the list."""

    data: Sequence[ShareDescription]
    next_cursor: str | None


@router.get(
    PATH, operation_id="list_shares", responses=problem_responses(400, 401, 403, 404, 429, 503)
)
async def list_shares(
    view_id: ViewId,
    parameters: Annotated[ListParameters, Query()],
    store: StoreDep,
    caller: ViewReader,
    now: Now,
) -> ShareList:
    """List the view's share links that were neither revoked nor have expired, newest first."""
    found = await shares.list_shares(store, caller.org_id, view_id, now)
    page, following = parameters.page_of(found, NEWEST_FIRST)
    return ShareList(data=[*map(ShareDescription.of, page)], next_cursor=following)


@router.post(
    PATH,
    operation_id="create_share",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 408, 412, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": NewShare}),
)
async def create_share(
    request: Request,
    response: Response,
    view_id: ViewId,
    store: StoreDep,
    editor: EditorDep,
    now: Now,
) -> CreatedShare:
    """Create a public link to a view. Only this response contains the link's secret.

    The link shows the view as it is now, even if the view is changed later. Send the ETag of the
    view that `queries` belongs to in If-Match. Idempotency-Key isn't supported, as for API keys.
    If a response is lost, a retry creates a second link, and the first link can be revoked.
    """
    wanted = await read_json(request, NewShare, bytes_max=BODY_BYTES_MAX, tags=TAGS)
    queries = fingerprints(wanted.queries, now)
    share, secret = await shares.create_share(
        store,
        editor.context,
        editor.org_id,
        view_id,
        shares.Terms(wanted.expiry(now), queries, editor.version),
        random=token_hex(shares.SECRET_BYTES),
    )
    response.headers["Cache-Control"] = "no-store"
    return CreatedShare.of(share, secret=secret)


@router.delete(
    f"{PATH}/{{share_id}}",
    operation_id="revoke_share",
    status_code=204,
    responses=problem_responses(400, 401, 403, 404, 429, 503),
)
async def revoke_share(
    request: Request,
    view_id: ViewId,
    share_id: ShareId,
    store: StoreDep,
    caller: ViewWriter,
    now: Now,
) -> None:
    """Revoke a link. Access tokens that were already issued for it expire within 2 min 30 s."""
    context = act_context(request, caller.subject, now, VIEWS_WRITE)
    await shares.revoke_share(store, context, caller.org_id, view_id, share_id)
