"""The stable error codes of the API, and the exception `ApiError`.

Any layer may raise ApiError. `api.problems` converts ApiError to RFC 9457 problem+json.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STATUS_AND_TITLE: dict[str, tuple[int, str]] = {
    "malformed_json": (400, "Invalid JSON"),
    "incomplete_body": (400, "Incomplete request body"),
    "malformed_encoding": (400, "Invalid compressed body"),
    "invalid_parameter": (400, "Invalid parameter"),
    "invalid_cursor": (400, "Invalid cursor"),
    "invalid_scope": (400, "Invalid scope"),
    "idempotency_key_invalid": (400, "Invalid Idempotency-Key"),
    "idempotency_missing": (400, "Idempotency-Key required"),
    "token_missing": (401, "Access token required"),
    "token_invalid": (401, "Invalid token"),
    "token_expired": (401, "Token expired"),
    "credential_invalid": (401, "Invalid credential"),
    "credential_expired": (401, "API key expired"),
    "tenant_mismatch": (403, "Organisation mismatch"),
    "insufficient_scope": (403, "Insufficient scope"),
    "token_bound": (403, "Access token limited to one user"),
    "origin_not_allowed": (403, "Origin not allowed"),
    "not_a_member": (403, "Not a member of the organisation"),
    "invitation_invalid": (403, "Invalid invitation"),
    "invitation_expired": (403, "Invitation expired"),
    "email_not_verified": (403, "E-mail address not verified"),
    "email_mismatch": (403, "Invitation for another e-mail address"),
    "owner_required": (403, "Owner required"),
    "sign_up_closed": (403, "Sign-up closed"),
    "organization_suspended": (403, "Organisation suspended"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "request_timeout": (408, "Request timeout"),
    "request_in_progress": (409, "Request in progress"),
    "already_exists": (409, "Already exists"),
    "last_owner": (409, "Organisation requires an owner"),
    "organization_not_empty": (409, "Organisation not empty"),
    "length_required": (411, "Content-Length required"),  # sent by the gateway in Azure
    "precondition_failed": (412, "Precondition failed"),
    "body_too_large": (413, "Request body too large"),
    "unsupported_media_type": (415, "Unsupported media type"),
    "unsupported_encoding": (415, "Unsupported content encoding"),
    "invalid_payload": (422, "Invalid payload"),
    "events_rejected": (422, "All events rejected"),
    "idempotency_key_reused": (422, "Idempotency-Key reused"),
    "key_limit_reached": (422, "Too many API keys"),
    "invitation_limit_reached": (422, "Too many invitations"),
    "view_limit_reached": (422, "Too many views"),
    "board_limit_reached": (422, "Too many boards"),
    "annotation_limit_reached": (422, "Too many annotations"),
    "share_limit_reached": (422, "Too many share links"),
    "view_not_shareable": (422, "View can't be shared"),
    "alert_limit_reached": (422, "Too many alerts"),
    "alert_unsupported": (422, "View without a single number"),
    "endpoint_invalid": (422, "Invalid endpoint"),
    "organization_limit_reached": (422, "Too many organisations"),
    "unknown_metric": (422, "Unknown metric"),
    "query_too_expensive": (422, "Query too expensive"),
    "throttled": (429, "Request throttled"),
    "rate_limited": (429, "Too many requests"),
    "quota_exceeded": (429, "Monthly quota exceeded"),
    "internal": (500, "Internal server error"),
    "store_unavailable": (503, "Store unavailable"),
    "lake_unavailable": (503, "Event lake unavailable"),
    "deadline_exceeded": (503, "Deadline exceeded"),
    "identity_provider_unavailable": (503, "Identity provider unavailable"),
}

ERRORS_MAX = 100  # invalid fields reported per response
_NAMED_MAX = 3  # parameters named in `detail`


@dataclass(frozen=True, slots=True)
class FieldError:
    """An invalid field of a request: its JSON Pointer, a stable error code and a message."""

    pointer: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


class ApiError(Exception):
    """An error that the API reports to the client.

    `code` is a key of `STATUS_AND_TITLE`. `detail` is shown to the client and says how to correct
    the request. `retry_after` is in seconds. `members` contains additional fields of the problem
    document. The response contains only the first ERRORS_MAX entries of `errors`.
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


def reason_of(error: Exception) -> str:
    """Return the reason of an error, which is meant for the log, not for the client."""
    return getattr(error, "reason", "") or repr(error)


def invalid_parameters(errors: Sequence[FieldError]) -> ApiError:
    """Return the error `invalid_parameter`, whose message lists the first few invalid parameters.

    The JSON Pointer of each error ends with the parameter's name.
    """
    named = [f"{error.pointer.rpartition('/')[2]} {error.detail}" for error in errors]
    detail = "; ".join(named[:_NAMED_MAX]) + "."
    if len(named) > _NAMED_MAX:
        detail += f" Number of other invalid parameters: {len(named) - _NAMED_MAX}."
    return ApiError("invalid_parameter", detail, errors=errors)


class ConfigurationError(Exception):
    """Raised for invalid settings, or if a table, a package or another requirement is missing."""
