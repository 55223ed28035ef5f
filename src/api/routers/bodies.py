"""Request bodies, read with a limit and checked against a Pydantic model."""

import zlib
from collections.abc import Collection
from typing import Any, cast
from urllib.parse import parse_qs

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from api.domain.field_patterns import in_plain_words
from api.domain.json_limits import pointer_to, repeated_member
from api.errors import ERRORS_MAX, ApiError, FieldError

FORM_FIELDS_MAX = 20
_GZIP = 31  # zlib's window bits for a gzip stream


def single_header(request: Request, name: str) -> str:
    """Return the header's only value, or "". Raises ApiError `invalid_parameter` for several.

    Lambda and Azure Functions join the values of repeated headers with commas.
    """
    value = ",".join(request.headers.getlist(name)).strip()
    if "," in value:
        raise ApiError("invalid_parameter", f"Send one {name} header, with one value.")
    return value


def media_type_of(request: Request) -> str:
    """The media type of the body in lower case, without parameters; "" if none is given."""
    return single_header(request, "Content-Type").partition(";")[0].strip().lower()


async def read_body(request: Request, *, bytes_max: int) -> bytes:
    """The whole body. Raises ApiError `body_too_large` as soon as it is known to be."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > bytes_max:
                raise ApiError("body_too_large", f"The body exceeds {bytes_max} bytes.")
    except ClientDisconnect as error:  # nobody reads the answer, but the log has its status
        raise ApiError("incomplete_body", "The connection ended before the body.") from error
    return bytes(body)


def decompress(body: bytes, encoding: str, *, bytes_max: int) -> bytes:
    """Return the content of a body with this Content-Encoding.

    Raises ApiError `unsupported_encoding`, `malformed_encoding` or `body_too_large`.
    """
    encoding = encoding.lower()
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise ApiError(
            "unsupported_encoding",
            "Send the body uncompressed or with Content-Encoding: gzip.",
            headers={"Accept-Encoding": "gzip, identity"},
        )
    stream = zlib.decompressobj(_GZIP)
    try:
        decoded = stream.decompress(body, bytes_max + 1)
    except zlib.error as error:
        raise ApiError("malformed_encoding", "The body must be a valid gzip stream.") from error
    if len(decoded) > bytes_max:
        raise ApiError(
            "body_too_large", f"The body may have up to {bytes_max} bytes when decompressed."
        )
    if not stream.eof or stream.unused_data:
        raise ApiError("malformed_encoding", "The body must be one complete gzip stream.")
    return decoded


def parse_json(body: bytes, members: Collection[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Parse strict JSON: no NaN, no lone surrogates, each of the `members` at most once.

    Raises ApiError `malformed_json` or `invalid_payload`.
    """
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ApiError("malformed_json", f"The body is not valid JSON: see {where}.") from error
    refuse_repeated_members(body, members)
    return payload


def refuse_repeated_members(body: bytes, members: Collection[str]) -> None:
    """Raises ApiError `invalid_payload` where parsers would keep one of two values."""
    if name := repeated_member(body, members):
        raise invalid_payload(FieldError(pointer_to([name]), "repeated", "must be sent once"))


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
            *(FieldError(pointer_to([name]), "repeated", "must be sent once") for name in repeated)
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
        "invalid_payload",
        "Correct the fields listed in `errors`, then send the request again.",
        errors=errors,
    )
