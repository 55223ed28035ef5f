"""Routes of annotations, the texts that charts show at a moment. Members can change them."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth.caller import VIEWS_WRITE
from api.dependencies import Now, StoreDep
from api.domain.field_patterns import ANNOTATION_ID, VISIBLE_NAME
from api.domain.times import format_timestamp
from api.domain.views import Annotation
from api.routers.act_context import act_context
from api.routers.bodies import parse_time, read_json, request_body, without_default
from api.routers.lists import TimedListParameters
from api.routers.problem_schema import problem_responses
from api.routers.saved import EditorDep, ViewReader, ViewWriter, add_entity_tag, new_id
from api.services import views

PATH = "/api/v1/annotations"
BODY_BYTES_MAX = 8 * 1024
TEXT_MAX = 400  # characters

AnnotationId = Annotated[str, Path(pattern=ANNOTATION_ID)]

router = APIRouter(tags=["annotations"])


class NewAnnotation(BaseModel):
    """A text and the moment that it is about."""

    model_config = ConfigDict(extra="forbid", strict=True)

    at: str = Field(
        description="RFC 3339 with an offset. Charts show the text at the interval of this time.",
        examples=["2026-01-31T09:30:00Z"],
    )
    text: str = Field(
        min_length=1,
        max_length=TEXT_MAX,
        pattern=VISIBLE_NAME,
        description="Plain text in one line",
        examples=["Released the new checkout"],
    )


class AnnotationChange(BaseModel):
    """The fields of an annotation to change. The others remain as they are."""

    model_config = ConfigDict(extra="forbid", strict=True)

    at: str = Field(default="", json_schema_extra=without_default)
    text: str = Field(
        default="",
        min_length=1,
        max_length=TEXT_MAX,
        pattern=VISIBLE_NAME,
        json_schema_extra=without_default,
    )

    def changes(self) -> dict[str, Any]:
        """Return the given fields. Raises ApiError `invalid_payload` for an invalid time."""
        given = self.model_dump(exclude_unset=True)
        return given | {"at": _stored_time(self.at)} if "at" in given else given


class AnnotationDescription(BaseModel):
    """An annotation."""

    annotation_id: str = Field(examples=["annotation_5d02c1b7e94f8a36"])
    at: str = Field(examples=["2026-01-31T09:30:00.000000Z"])
    text: str
    created_by: str = Field(description="The user_id of the member who wrote it")
    created_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    updated_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    version: str = Field(description="The ETag without its quotation marks", examples=["17"])

    @classmethod
    def of(cls, annotation: Annotation) -> Self:
        return cls.model_validate({name: getattr(annotation, name) for name in cls.model_fields})


class AnnotationList(BaseModel):
    """A page of the organisation's annotations, latest first. Only a null cursor ends the list."""

    data: Sequence[AnnotationDescription]
    next_cursor: str | None


@router.get(
    PATH, operation_id="list_annotations", responses=problem_responses(400, 401, 403, 429, 503)
)
async def list_annotations(
    parameters: Annotated[TimedListParameters, Query()], store: StoreDep, caller: ViewReader
) -> AnnotationList:
    """List the annotations of a range of time, latest first. By default, list all of them."""
    found = await views.list_annotations(store, caller.org_id, *parameters.times())
    page, following = parameters.page_of(found, views.LATEST_FIRST)
    return AnnotationList(data=[*map(AnnotationDescription.of, page)], next_cursor=following)


@router.post(
    PATH,
    operation_id="create_annotation",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": NewAnnotation}),
)
async def create_annotation(
    request: Request, response: Response, store: StoreDep, caller: ViewWriter, now: Now
) -> AnnotationDescription:
    """Write a text for all charts of the organisation."""
    wanted = await read_json(request, NewAnnotation, bytes_max=BODY_BYTES_MAX)
    annotation = await views.create_annotation(
        store,
        act_context(request, caller.subject, now, VIEWS_WRITE),
        caller.org_id,
        _stored_time(wanted.at),
        wanted.text,
        random=new_id(),
    )
    add_entity_tag(response, annotation)
    return AnnotationDescription.of(annotation)


@router.get(
    f"{PATH}/{{annotation_id}}",
    operation_id="describe_annotation",
    responses=problem_responses(400, 401, 403, 404, 429, 503),
)
async def describe_annotation(
    response: Response, annotation_id: AnnotationId, store: StoreDep, caller: ViewReader
) -> AnnotationDescription:
    """Return an annotation. Its ETag changes with each change of the annotation."""
    annotation = await views.find_saved(store, Annotation, caller.org_id, annotation_id)
    add_entity_tag(response, annotation)
    return AnnotationDescription.of(annotation)


@router.patch(
    f"{PATH}/{{annotation_id}}",
    operation_id="update_annotation",
    responses=problem_responses(400, 401, 403, 404, 408, 412, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": AnnotationChange}),
)
async def update_annotation(
    request: Request,
    response: Response,
    annotation_id: AnnotationId,
    store: StoreDep,
    editor: EditorDep,
) -> AnnotationDescription:
    """Change the text of an annotation, or its time."""
    wanted = await read_json(request, AnnotationChange, bytes_max=BODY_BYTES_MAX)
    annotation = await views.update_saved(
        store,
        editor.context,
        Annotation,
        editor.org_id,
        annotation_id,
        views.Edit(wanted.changes(), editor.version),
    )
    add_entity_tag(response, annotation)
    return AnnotationDescription.of(annotation)


@router.delete(
    f"{PATH}/{{annotation_id}}",
    operation_id="delete_annotation",
    status_code=204,
    responses=problem_responses(400, 401, 403, 404, 412, 429, 503),
)
async def delete_annotation(
    annotation_id: AnnotationId, store: StoreDep, editor: EditorDep
) -> None:
    """Delete an annotation."""
    context, version = editor.context, editor.version
    await views.delete_saved(
        store, context, Annotation, editor.org_id, annotation_id, version=version
    )


def _stored_time(text: str) -> str:
    return format_timestamp(parse_time("/at", text))
