"""Errors for missing, invalid and expired tokens, with a `WWW-Authenticate` header (RFC 6750)."""

from typing import Self

from api.errors import ApiError


def token_missing() -> ApiError:
    """Return the error for a request without a token.

    The `WWW-Authenticate` header of this error contains only the scheme, because RFC 6750 forbids
    an error code for a request without a token.
    """
    return ApiError(
        "token_missing",
        "Send an access token as `Authorization: Bearer <token>`; "
        "POST /api/v1/auth/token issues one.",
        headers={"WWW-Authenticate": "Bearer"},
    )


class TokenError(ApiError):
    """An error that a token causes. `kind` is the name of this type of token in messages."""

    def __init__(self, code: str, fault: str, reason: str, kind: str = "access token") -> None:
        headers = _challenge(error="invalid_token", error_description=reason)
        super().__init__(code, f"The {kind} {fault}", headers=headers)
        self._fault, self._reason = fault, reason

    def of_id_token(self) -> Self:
        """Return the same error, with a message about an ID token."""
        return type(self)(self.code, self._fault, self._reason, "ID token")


def token_invalid(reason: str) -> TokenError:
    """Return the error for an invalid token; `reason` must not repeat any part of the token."""
    return TokenError("token_invalid", f"is invalid: {reason}.", reason)


def token_expired() -> TokenError:
    fault = "has expired. Get a new one and retry the request."
    return TokenError("token_expired", fault, "the token has expired")


def organization_suspended() -> ApiError:
    return ApiError(
        "organization_suspended",
        "The organisation is suspended, so it gets no access tokens and can't be changed. "
        "Contact the operator of this service.",
    )


def insufficient_scope(scope: str) -> ApiError:
    return ApiError(
        "insufficient_scope",
        f"This operation requires a token with the scope {scope}.",
        headers=_challenge(error="insufficient_scope", scope=scope),
    )


def _challenge(**parameters: str) -> dict[str, str]:
    quoted = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    return {"WWW-Authenticate": f"Bearer {quoted}"}
