"""Read request bodies with a size limit, and validate them with Pydantic."""

import zlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast
from urllib.parse import parse_qs

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from api.domain.field_patterns import in_plain_words
from api.domain.json_limits import pointer_to, repeated_member
from api.domain.times import parse_timestamp
from api.errors import ERRORS_MAX, ApiError, FieldError

FORM_FIELDS_MAX = 20
_GZIP = 31  # zlib's window bits for a gzip stream


def single_header(request: Request, name: str) -> str:
    """Return the header's only value, or "" if the header is missing.

    Raises ApiError `invalid_parameter` if the header has several values. Lambda and Azure Functions
    join the values of repeated headers with commas.
    """
    value = ",".join(request.headers.getlist(name)).strip()
    if "," in value:
        raise ApiError("invalid_parameter", f"Send one {name} header, with one value.")
    return value


def request_body(schemas: Mapping[str, type[BaseModel] | dict[str, Any]]) -> dict[str, Any]:
    """Return a route's `openapi_extra` for a required body with a schema per media type."""
    content = {
        media_type: {"schema": schema if isinstance(schema, dict) else schema.model_json_schema()}
        for media_type, schema in schemas.items()
    }
    return {"requestBody": {"required": True, "content": content}}


def without_default(schema: dict[str, Any]) -> None:
    """Remove the default "" from the JSON schema of a field that must not be sent empty.

    Pass this function as the field's `json_schema_extra`. The field is a limit. If "" meant that
    there is no limit, a client that sends it by mistake would get a token without the limit.
    """
    del schema["default"]


def media_type_of(request: Request) -> str:
    """Return the body's media type in lower case and without parameters.

    Return "" if there is no Content-Type header.
    """
    return single_header(request, "Content-Type").partition(";")[0].strip().lower()


async def read_body(request: Request, *, bytes_max: int, accepts_gzip: bool = False) -> bytes:
    """Read the whole request body. If `accepts_gzip` is true, decompress a body in gzip format.

    Raises ApiError `body_too_large` as soon as the body exceeds the limit, `invalid_parameter` for
    a repeated Content-Encoding, and `unsupported_encoding` or `malformed_encoding`.
    """
    encoding = single_header(request, "Content-Encoding").lower()
    is_encoded = encoding not in ("", "identity")
    if is_encoded and not (accepts_gzip and encoding == "gzip"):
        raise _unsupported_encoding(accepts_gzip=accepts_gzip)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > bytes_max:
                raise ApiError("body_too_large", f"The body exceeds {bytes_max} bytes.")
    except ClientDisconnect as error:  # the client is gone, but the log records the status
        raise ApiError("incomplete_body", "The connection ended before the body.") from error
    return _decompress(bytes(body), bytes_max=bytes_max) if is_encoded else bytes(body)


async def read_json[M: BaseModel](
    request: Request, model: type[M], *, bytes_max: int, tags: Collection[str] = ()
) -> M:
    """Read and validate a JSON body. `tags` are the tags of the model's unions.

    Raises ApiError `unsupported_media_type` and the errors of `read_body`, `parse_json` and
    `check_payload`.
    """
    if media_type_of(request) != "application/json":
        raise ApiError("unsupported_media_type", "Send application/json.")
    body = await read_body(request, bytes_max=bytes_max)
    return check_payload(model, parse_json(body, model.model_fields), tags)


def _unsupported_encoding(*, accepts_gzip: bool) -> ApiError:
    """Return the error for a Content-Encoding that the operation doesn't accept (RFC 7694)."""
    return ApiError(
        "unsupported_encoding",
        "Send the body uncompressed or with Content-Encoding: gzip."
        if accepts_gzip
        else "Send the body uncompressed, without a Content-Encoding header.",
        headers={"Accept-Encoding": "gzip, identity" if accepts_gzip else "identity"},
    )


def _decompress(body: bytes, *, bytes_max: int) -> bytes:
    """Return the content of a body in gzip format.

    Raises ApiError `malformed_encoding` or `body_too_large`.
    """
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
    """Parse strict JSON, which has no NaN, no lone surrogates, and each of `members` at most once.

    Raises ApiError `malformed_json` or `invalid_payload`.
    """
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ApiError("malformed_json", f"The body is not valid JSON at {where}.") from error
    refuse_repeated_members(body, members)
    return payload


def refuse_repeated_members(body: bytes, members: Collection[str]) -> None:
    """Raise ApiError `invalid_payload` for repeated members, because JSON parsers keep only one."""
    if name := repeated_member(body, members):
        raise invalid_payload(FieldError(pointer_to([name]), "repeated", "must be sent once"))


def parse_form(body: bytes) -> dict[str, str]:
    """Parse a form. Raises ApiError `invalid_payload` if it is invalid or repeats a field."""
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
    """Return the value if it is a JSON object, else None."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def check_payload[M: BaseModel](model: type[M], payload: object, tags: Collection[str] = ()) -> M:
    """Validate the payload. Raises ApiError `invalid_payload` with a pointer to each fault."""
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise invalid_payload(*field_errors(error, tags=tags)) from error


def parse_time(pointer: str, text: str) -> datetime:
    """Parse the time in a field of the body. Raises ApiError `invalid_payload`."""
    try:
        return parse_timestamp(text)
    except ValueError as error:
        raise invalid_payload(FieldError(pointer, "timestamp_invalid", str(error))) from error


def field_errors(
    error: ValidationError, root: str = "", *, tags: Collection[str] = ()
) -> list[FieldError]:
    """Convert Pydantic's errors. `root` is the JSON Pointer to the validated value.

    Pydantic adds the tag of a union's member to the location of a fault inside it. The pointers
    don't contain `tags`, because the body doesn't.
    """
    faults = error.errors(include_url=False, include_input=False)[:ERRORS_MAX]
    places = [[part for part in fault["loc"] if part not in tags] for fault in faults]
    return [
        FieldError(root + pointer_to(place), fault["type"], in_plain_words(fault))
        for place, fault in zip(places, faults, strict=True)
    ]


def invalid_payload(*errors: FieldError) -> ApiError:
    """Return one error for these invalid fields."""
    return ApiError(
        "invalid_payload",
        "Correct the fields listed in `errors`, then send the request again.",
        errors=errors,
    )
