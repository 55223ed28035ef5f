"""Routes of boards, on which members arrange saved views and which viewers can read."""

from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from api.auth.caller import VIEWS_WRITE
from api.dependencies import Now, StoreDep
from api.domain.field_patterns import BOARD_ID, VIEW_ID, VISIBLE_NAME
from api.domain.views import Board
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

PATH = "/api/v1/boards"
BODY_BYTES_MAX = 4 * 1024

BoardId = Annotated[str, Path(pattern=BOARD_ID)]

router = APIRouter(tags=["boards"])


class _Tiles(BaseModel):
    """The views of a board."""

    model_config = ConfigDict(extra="forbid", strict=True)

    view_ids: list[Annotated[str, Field(pattern=VIEW_ID)]] = Field(
        default_factory=list,
        max_length=views.TILES_MAX,
        description="The views that the board shows, each once, in their order",
        json_schema_extra={"uniqueItems": True},
    )

    @field_validator("view_ids")
    @classmethod
    def _contain_each_once(cls, view_ids: list[str]) -> list[str]:
        if len(set(view_ids)) < len(view_ids):
            raise PydanticCustomError("repeated_view", "must contain each view once")
        return view_ids


class NewBoard(_Tiles):
    """The name of a new board, and its views."""

    name: str = Field(min_length=1, max_length=NAME_MAX, pattern=VISIBLE_NAME, examples=["Growth"])


class BoardChange(_Tiles):
    """The fields of a board to change. The others remain as they are."""

    name: str = Field(
        default="",
        min_length=1,
        max_length=NAME_MAX,
        pattern=VISIBLE_NAME,
        json_schema_extra=without_default,
    )


class BoardDescription(BaseModel):
    """A board. All its views exist, because deleting a view removes it from all boards."""

    board_id: str = Field(examples=["board_3f5a9027c41de68b"])
    name: str
    view_ids: list[str] = Field(description="The views that the board shows, in their order")
    created_by: str = Field(description="The user_id of the member who created it")
    created_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    updated_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    version: str = Field(description="The ETag without its quotation marks", examples=["17"])

    @classmethod
    def of(cls, board: Board) -> Self:
        values = {name: getattr(board, name) for name in cls.model_fields}
        return cls.model_validate(values | {"view_ids": list(board.view_ids)})


class BoardList(BaseModel):
    """A page of the organisation's boards, newest first. Only a null cursor ends the list."""

    data: Sequence[BoardDescription]
    next_cursor: str | None


@router.get(PATH, operation_id="list_boards", responses=problem_responses(400, 401, 403, 429, 503))
async def list_boards(
    parameters: Annotated[ListParameters, Query()], store: StoreDep, caller: ViewReader
) -> BoardList:
    """List the organisation's boards, newest first."""
    found = await views.list_saved(store, Board, caller.org_id)
    page, following = parameters.page_of(found, views.NEWEST_FIRST)
    return BoardList(data=[*map(BoardDescription.of, page)], next_cursor=following)


@router.post(
    PATH,
    operation_id="create_board",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": NewBoard}),
)
async def create_board(
    request: Request, response: Response, store: StoreDep, caller: ViewWriter, now: Now
) -> BoardDescription:
    """Create a board. Several boards can have the same name."""
    wanted = await read_json(request, NewBoard, bytes_max=BODY_BYTES_MAX)
    board = await views.create_board(
        store,
        act_context(request, caller.subject, now, VIEWS_WRITE),
        caller.org_id,
        wanted.name,
        wanted.view_ids,
        random=new_id(),
    )
    add_entity_tag(response, board)
    return BoardDescription.of(board)


@router.get(
    f"{PATH}/{{board_id}}",
    operation_id="describe_board",
    responses=problem_responses(400, 401, 403, 404, 429, 503),
)
async def describe_board(
    response: Response, board_id: BoardId, store: StoreDep, caller: ViewReader
) -> BoardDescription:
    """Return a board. Its ETag changes with each change of the board."""
    board = await views.find_saved(store, Board, caller.org_id, board_id)
    add_entity_tag(response, board)
    return BoardDescription.of(board)


@router.patch(
    f"{PATH}/{{board_id}}",
    operation_id="update_board",
    responses=problem_responses(400, 401, 403, 404, 408, 412, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": BoardChange}),
)
async def update_board(
    request: Request,
    response: Response,
    board_id: BoardId,
    store: StoreDep,
    editor: EditorDep,
) -> BoardDescription:
    """Rename a board, or add, remove and reorder its views."""
    wanted = await read_json(request, BoardChange, bytes_max=BODY_BYTES_MAX)
    changes = wanted.model_dump(exclude_unset=True)
    if "view_ids" in changes:
        changes["view_ids"] = tuple(wanted.view_ids)
    board = await views.update_saved(
        store,
        editor.context,
        Board,
        editor.org_id,
        board_id,
        views.Edit(changes, editor.version),
    )
    add_entity_tag(response, board)
    return BoardDescription.of(board)


@router.delete(
    f"{PATH}/{{board_id}}",
    operation_id="delete_board",
    status_code=204,
    responses=problem_responses(400, 401, 403, 404, 412, 429, 503),
)
async def delete_board(
    board_id: BoardId,
    store: StoreDep,
    editor: EditorDep,
) -> None:
    """Delete a board, but not its views."""
    context, version = editor.context, editor.version
    await views.delete_saved(store, context, Board, editor.org_id, board_id, version=version)
