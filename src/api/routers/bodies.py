"""Request bodies, read with a limit and checked against a Pydantic model."""

from typing import Any, cast
from urllib.parse import parse_qs

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from api.domain.field_patterns import in_plain_words
from api.domain.json_limits import pointer_to
from api.errors import ERRORS_MAX, ApiError, FieldError

FORM_FIELDS_MAX = 20


def media_type_of(request: Request) -> str:
    """The media type of the body in lower case, without parameters; "" if none is given."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, *, bytes_max: int) -> bytes:
    """The whole body. Raises ApiError `body_too_large` as soon as it is known to be."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > bytes_max:
                raise ApiError("body_too_large", f"The body may have up to {bytes_max} bytes.")
    except ClientDisconnect as error:  # nobody reads the answer, but the log has its status
        raise ApiError("incomplete_body", "The connection ended before the body.") from error
    return bytes(body)


def parse_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Strict JSON: no NaN, no lone surrogates. Raises ApiError `malformed_json`."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ApiError("malformed_json", f"The body is not valid JSON: {error}.") from error


def parse_form(body: bytes) -> dict[str, str]:
    """A form's fields, each sent once. Raises ApiError `invalid_payload`."""
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX)
    except ValueError as error:
        what = f"must be UTF-8 and have up to {FORM_FIELDS_MAX} fields"
        raise invalid_payload(FieldError("", "form", what)) from error
    repeated = [name for name, values in fields.items() if len(values) > 1]
    if repeated:
        raise invalid_payload(
            *(FieldError(pointer_to([name]), "repeated", "must come once") for name in repeated)
        )
    return {name: values[0] for name, values in fields.items()}


def as_object(value: object) -> dict[str, Any] | None:
    """The value if it is a JSON object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def check_payload[M: BaseModel](model: type[M], payload: object) -> M:
    """The payload as the model. Raises ApiError `invalid_payload` with a pointer to each fault."""
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise invalid_payload(*field_errors(error)) from error


def field_errors(error: ValidationError, root: str = "") -> list[FieldError]:
    """Pydantic's findings as ours; `root` is the JSON Pointer to what was checked."""
    faults = error.errors(include_url=False, include_input=False)
    return [
        FieldError(root + pointer_to(fault["loc"]), fault["type"], in_plain_words(fault))
        for fault in faults[:ERRORS_MAX]
    ]


def invalid_payload(*errors: FieldError) -> ApiError:
    """The fields at fault as one error."""
    return ApiError(
        "invalid_payload", "Change what `errors` names, then send it again.", errors=errors
    )
