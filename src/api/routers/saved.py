"""Scopes, ids and entity tags that the routes of views, boards, annotations and alerts share."""

from dataclasses import dataclass
from secrets import token_hex
from typing import Annotated

from fastapi import Depends, Header, Request, Response

from api.auth.caller import INSIGHTS_READ, VIEWS_WRITE, Caller
from api.dependencies import Now, requires, requires_membership
from api.routers.act_context import act_context
from api.routers.bodies import single_header
from api.services import views
from api.services.acts import Context

ViewReader = Annotated[Caller, requires(INSIGHTS_READ)]
ViewWriter = Annotated[Caller, requires_membership(VIEWS_WRITE)]


@dataclass(frozen=True, slots=True)
class Editor:
    """A member who changes a saved record, and the version that the change is based on."""

    org_id: str
    context: Context
    version: str | None  # None: any version


async def _editor(
    request: Request,
    caller: ViewWriter,
    now: Now,
    if_match: Annotated[  # noqa: ARG001 - for OpenAPI; all values of the header are read
        str | None,
        Header(
            description="The ETag of the version that the change is based on. If another version "
            "is stored, the response is 412. Without this header, any version is changed."
        ),
    ] = None,
) -> Editor:
    """Return the caller as editor. Raises ApiError `invalid_parameter` for several entity tags."""
    tag = single_header(request, "If-Match")
    version = None if tag in ("", "*") else tag.removeprefix('"').removesuffix('"')
    return Editor(caller.org_id, act_context(request, caller.subject, now, VIEWS_WRITE), version)


EditorDep = Annotated[Editor, Depends(_editor)]


def new_id() -> str:
    """Return the random part of a new id."""
    return token_hex(views.ID_BYTES)


def add_entity_tag(response: Response, record: views.Saved) -> None:
    """Add the record's version to the response, and keep caches from storing it."""
    response.headers["ETag"] = f'"{record.version}"'
    response.headers["Cache-Control"] = "private, no-cache"
