"""What can go wrong, in the client's terms: one table of stable codes, one exception.

Raised wherever the fault is found; `api.problems` turns it into RFC 9457 problem+json, once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STATUS_AND_TITLE: dict[str, tuple[int, str]] = {
    "malformed_json": (400, "The body is not valid JSON"),
    "incomplete_body": (400, "The body ended early"),
    "malformed_encoding": (400, "The body can't be decompressed"),
    "invalid_parameter": (400, "A parameter has an unknown or impossible value"),
    "invalid_cursor": (400, "The cursor is not one of ours for this query"),
    "idempotency_key_invalid": (400, "The Idempotency-Key header is not usable"),
    "idempotency_missing": (400, "Nothing in the request lets a retry be recognised"),
    "token_missing": (401, "A bearer token is required"),
    "token_invalid": (401, "The bearer token is not acceptable"),
    "token_expired": (401, "The bearer token has expired"),
    "credential_invalid": (401, "The credential is not acceptable"),
    "tenant_mismatch": (403, "The token belongs to another organisation"),
    "insufficient_scope": (403, "The token lacks a scope"),
    "not_a_member": (403, "The user is not a member of the organisation"),
    "not_found": (404, "There is nothing at this address"),
    "method_not_allowed": (405, "The address does not take this method"),
    "request_timeout": (408, "The body did not arrive in time"),
    "request_in_progress": (409, "A request with this Idempotency-Key is still being processed"),
    "length_required": (411, "The body must come with its length"),  # the gateway's, in Azure
    "body_too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The media type is not supported"),
    "unsupported_encoding": (415, "The content encoding is not supported"),
    "invalid_payload": (422, "The payload does not fit the schema"),
    "events_rejected": (422, "Every event was rejected"),
    "idempotency_key_reused": (422, "The Idempotency-Key was used with another payload"),
    "unknown_metric": (422, "A metric is not known"),
    "throttled": (429, "Requests come faster than they are taken"),
    "rate_limited": (429, "Too many requests"),
    "internal": (500, "Something went wrong on our side"),
    "store_unavailable": (503, "The store is not reachable"),
    "deadline_exceeded": (503, "The request took too long"),
    "identity_provider_unavailable": (503, "The keys that verify tokens are not reachable"),
}

ERRORS_MAX = 100  # fields reported per response
_NAMED_MAX = 3  # of them in `detail`


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault: a JSON Pointer into the request, a stable code, what to change."""

    pointer: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


class ApiError(Exception):
    """A failure the client can act on.

    `code` is a key of `STATUS_AND_TITLE`; `detail` is public and says what to change;
    `retry_after` is in seconds; `members` are extra members of the problem document. The first
    ERRORS_MAX `errors` are kept.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status, self.title = STATUS_AND_TITLE[code]
        self.detail = detail
        self.errors = tuple(errors[:ERRORS_MAX])
        self.retry_after = retry_after
        self.headers = dict(headers or {})
        self.members = dict(members or {})


def invalid_parameters(errors: Sequence[FieldError]) -> ApiError:
    """Return the error for these parameters; each pointer ends with a parameter's name."""
    named = [f"{error.pointer.rpartition('/')[2]} {error.detail}" for error in errors]
    detail = "; ".join(named[:_NAMED_MAX]) + "."
    if len(named) > _NAMED_MAX:
        detail += f" {len(named) - _NAMED_MAX} more parameters are invalid."
    return ApiError("invalid_parameter", detail, errors=errors)


class ConfigurationError(Exception):
    """The settings contradict each other or the environment. Raised at start-up only."""
