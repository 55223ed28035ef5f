"""What the claims of a token must be, beyond a good signature: present, well-typed, current."""

from collections.abc import Callable
from datetime import datetime, timedelta

from api.domain.bearer import token_expired, token_invalid
from api.tokens.protocol import Claims

LEEWAY = timedelta(seconds=30)  # what clocks may differ by; nothing is accepted beyond
_YEAR_10000 = 253_402_300_800  # datetime ends there
_NAME_LENGTH_MAX = 255  # OpenID Connect's limit for `sub`

ID_TOKEN_CLAIMS = ("iss", "aud", "sub", "iat", "exp")
ACCESS_TOKEN_CLAIMS = (*ID_TOKEN_CLAIMS, "org_id", "scope")


def check_shape(claims: Claims, required: tuple[str, ...]) -> None:
    """Raises ApiError `token_invalid` naming the first claim that is missing or of a wrong type."""
    for name in required:
        if claims.get(name) is None:
            raise token_invalid(f"the claim {name} is missing")
    for name, (fits, expected) in _SHAPES.items():
        if name in claims and not fits(claims[name]):
            raise token_invalid(f"the claim {name} must be {expected}")


def check_times(claims: Claims, now: datetime) -> None:
    """Raises ApiError `token_expired`, or `token_invalid` for a token from the future."""
    seconds, leeway = now.timestamp(), LEEWAY.total_seconds()
    if claims["exp"] + leeway <= seconds:
        raise token_expired()
    for name in ("nbf", "iat"):
        if claims.get(name, 0) - leeway > seconds:
            raise token_invalid(f"it is not valid yet, says the claim {name}")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= _NAME_LENGTH_MAX


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_time(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value < _YEAR_10000  # which NaN is not


_NAME = (_is_name, "a string of 1 to 255 printable characters")
_TIME = (_is_time, "a number of seconds since 1970")
_SHAPES: dict[str, tuple[Callable[[object], bool], str]] = {
    "sub": _NAME,
    "org_id": _NAME,
    "role": _NAME,
    "jti": _NAME,
    "scope": (_is_text, "a string of scopes separated by spaces"),
    "exp": _TIME,
    "iat": _TIME,
    "nbf": _TIME,
}
