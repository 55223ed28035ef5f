"""The route that exchanges the secret of a share link for an access token."""

from typing import Literal, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import shares
from api.auth.issuer import IssuedToken
from api.dependencies import ResourcesDep, check_query
from api.domain.views import Page
from api.routers.bodies import read_json, request_body
from api.routers.problem_schema import problem_responses

PATH = "/api/v1/auth/share"
BODY_BYTES_MAX = 4 * 1024

router = APIRouter(tags=["tokens"])


class ShareGrant(BaseModel):
    """The secret of a share link, exchanged for an access token."""

    model_config = ConfigDict(extra="forbid", strict=True)

    secret: str = Field(min_length=1, max_length=256)


class OpenedView(BaseModel):
    """The view that a share link shows."""

    name: str
    page: Page
    state: str = Field(description="The query string of the page's address")


class SharingOrganization(BaseModel):
    """The organisation that shares the view."""

    name: str
    timezone: str = Field(description="The IANA time zone in which its days begin")


class OpenedShare(BaseModel):
    """An access token for the view's result, and what the page of the link shows."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a scheme
    expires_in: int = Field(description="Seconds", examples=[120])
    scope: str = Field(examples=["shared-view:read"])
    expires_at: str = Field(description="When the link expires")
    view: OpenedView
    organization: SharingOrganization

    @classmethod
    def of(cls, opened: shares.OpenedLink, token: IssuedToken) -> Self:
        share, organization = opened.share, opened.organization
        return cls(
            access_token=token.access_token,
            expires_in=token.expires_in,
            scope=token.scope,
            expires_at=share.expires_at,
            view=OpenedView.model_validate(share, from_attributes=True),
            organization=SharingOrganization.model_validate(organization, from_attributes=True),
        )


@router.post(
    PATH,
    operation_id="open_share",
    responses=problem_responses(400, 404, 408, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": ShareGrant}),
)
async def open_share(request: Request, response: Response, resources: ResourcesDep) -> OpenedShare:
    """Exchange the secret of a share link for a token with the scope `shared-view:read`.

    The token can make the queries that the link was created with, for any dates. The response is
    the same 404 for every link that doesn't exist, has expired or was revoked, and while the
    organisation is suspended.
    """
    check_query(request)
    grant = await read_json(request, ShareGrant, bytes_max=BODY_BYTES_MAX)
    now = resources.now()
    opened = await shares.open_share(resources.store, grant.secret, now)
    request.state.org_id = opened.share.org_id
    request.state.subject = opened.grant.subject  # for the request log
    token = await resources.token_issuer.reissue(opened.grant, now=now)
    response.headers["Cache-Control"] = "no-store"
    return OpenedShare.of(opened, token)
