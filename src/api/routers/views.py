"""Routes of saved views, which members can change and viewers can read."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import VIEWS_WRITE
from api.dependencies import Now, StoreDep
from api.domain.field_patterns import QUERY_STRING, VIEW_ID, VISIBLE_NAME
from api.domain.views import Page, View
from api.routers.act_context import act_context
from api.routers.bodies import read_json, request_body, without_default
from api.routers.lists import ListParameters
from api.routers.problem_schema import problem_responses
from api.routers.saved import (
    EditorDep,
    ViewReader,
    ViewWriter,
    add_entity_tag,
    new_id,
)
from api.services import views
from api.services.input_checks import NAME_MAX

PATH = "/api/v1/views"
BODY_BYTES_MAX = 16 * 1024

ViewId = Annotated[str, Path(pattern=VIEW_ID)]

router = APIRouter(tags=["views"])


class NewView(BaseModel):
    """A page of the dashboard in the state to save."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(
        min_length=1, max_length=NAME_MAX, pattern=VISIBLE_NAME, examples=["Weekly sign-ups"]
    )
    page: Page
    state: str = Field(
        max_length=views.STATE_MAX,
        pattern=QUERY_STRING,
        description="The query string of the page's address, without the question mark",
        examples=["range=7d&series=signed_up"],
    )


class ViewChange(BaseModel):
    """The fields of a view to change. The others remain as they are."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(
        default="",
        min_length=1,
        max_length=NAME_MAX,
        pattern=VISIBLE_NAME,
        json_schema_extra=without_default,
    )
    page: Page = Field(default="overview", json_schema_extra=without_default)
    state: str = Field(
        default="",
        max_length=views.STATE_MAX,
        pattern=QUERY_STRING,
        json_schema_extra=without_default,
    )


class ViewDescription(BaseModel):
    """A saved view."""

    view_id: str = Field(examples=["view_8c1f0a6de27b9345"])
    name: str
    page: Page
    state: str = Field(description="The query string of the page's address")
    created_by: str = Field(description="The user_id of the member who saved it")
    created_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    updated_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    version: str = Field(description="The ETag without its quotation marks", examples=["17"])

    @classmethod
    def of(cls, view: View) -> Self:
        return cls.model_validate({name: getattr(view, name) for name in cls.model_fields})


class ViewList(BaseModel):
    """A page of the organisation's views, newest first. Only a null cursor ends the list."""

    data: Sequence[ViewDescription]
    next_cursor: str | None


@router.get(PATH, operation_id="list_views", responses=problem_responses(400, 401, 403, 429, 503))
async def list_views(
    parameters: Annotated[ListParameters, Query()], store: StoreDep, caller: ViewReader
) -> ViewList:
    """List the organisation's saved views, newest first."""
    found = await views.list_saved(store, View, caller.org_id)
    page, following = parameters.page_of(found, views.NEWEST_FIRST)
    return ViewList(data=[*map(ViewDescription.of, page)], next_cursor=following)


@router.post(
    PATH,
    operation_id="create_view",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": NewView}),
)
async def create_view(
    request: Request, response: Response, store: StoreDep, caller: ViewWriter, now: Now
) -> ViewDescription:
    """Save a page of the dashboard with its state. Several views can have the same name."""
    wanted = await read_json(request, NewView, bytes_max=BODY_BYTES_MAX)
    view = await views.create_view(
        store,
        act_context(request, caller.subject, now, VIEWS_WRITE),
        caller.org_id,
        views.NewView(wanted.name, wanted.page, wanted.state),
        random=new_id(),
    )
    add_entity_tag(response, view)
    return ViewDescription.of(view)


@router.get(
    f"{PATH}/{{view_id}}",
    operation_id="describe_view",
    responses=problem_responses(400, 401, 403, 404, 429, 503),
)
async def describe_view(
    response: Response, view_id: ViewId, store: StoreDep, caller: ViewReader
) -> ViewDescription:
    """Return a saved view. Its ETag changes with each change of the view."""
    view = await views.find_saved(store, View, caller.org_id, view_id)
    add_entity_tag(response, view)
    return ViewDescription.of(view)


@router.patch(
    f"{PATH}/{{view_id}}",
    operation_id="update_view",
    responses=problem_responses(400, 401, 403, 404, 408, 412, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": ViewChange}),
)
async def update_view(
    request: Request,
    response: Response,
    view_id: ViewId,
    store: StoreDep,
    editor: EditorDep,
) -> ViewDescription:
    """Rename a view, or save another state."""
    wanted = await read_json(request, ViewChange, bytes_max=BODY_BYTES_MAX)
    view = await views.update_saved(
        store,
        editor.context,
        View,
        editor.org_id,
        view_id,
        views.Edit(wanted.model_dump(exclude_unset=True), editor.version),
    )
    add_entity_tag(response, view)
    return ViewDescription.of(view)


@router.delete(
    f"{PATH}/{{view_id}}",
    operation_id="delete_view",
    status_code=204,
    responses=problem_responses(400, 401, 403, 404, 412, 429, 503),
)
async def delete_view(
    view_id: ViewId,
    store: StoreDep,
    editor: EditorDep,
) -> None:
    """Delete a view, and remove it from all boards."""
    context, version = editor.context, editor.version
    await views.delete_view(store, context, editor.org_id, view_id, version=version)
