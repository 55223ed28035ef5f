"""What a refused bearer token is told, in the problem and in `WWW-Authenticate` (RFC 6750)."""

from api.errors import ApiError


def token_missing() -> ApiError:
    """Nothing was sent: the challenge names the scheme and, as the standard asks, no error."""
    return ApiError(
        "token_missing",
        "Send an access token as `Authorization: Bearer <token>`; "
        "POST /api/v1/auth/token issues one.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def token_invalid(reason: str) -> ApiError:
    """`reason` completes "The token is not acceptable: …" and repeats nothing of the token."""
    return ApiError(
        "token_invalid",
        f"The token is not acceptable: {reason}.",
        headers=_challenge(error="invalid_token", error_description=reason),
    )


def token_expired() -> ApiError:
    return ApiError(
        "token_expired",
        "The token has expired. Get a new one and send the same request again.",
        headers=_challenge(error="invalid_token", error_description="the token has expired"),
    )


def insufficient_scope(scope: str) -> ApiError:
    return ApiError(
        "insufficient_scope",
        f"This needs a token with the scope {scope}.",
        headers=_challenge(error="insufficient_scope", scope=scope),
    )


def _challenge(**parameters: str) -> dict[str, str]:
    quoted = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    return {"WWW-Authenticate": f"Bearer {quoted}"}
