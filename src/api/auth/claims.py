"""Check that a token's claims are present, have the right types and are valid now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from api.auth.errors import token_expired, token_invalid
from api.auth.protocol import Claims

LEEWAY = timedelta(seconds=30)  # the accepted difference between clocks
_YEAR_10000 = 253_402_300_800  # in seconds since 1970; datetime can't represent later times
_NAME_LENGTH_MAX = 255  # OpenID Connect's limit for `sub`
_USER_ID_LENGTH_MAX = 256  # as in events

ID_TOKEN_CLAIMS = ("iss", "aud", "sub", "iat", "exp")
ACCESS_TOKEN_CLAIMS = (*ID_TOKEN_CLAIMS, "org_id", "scope")
ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type of RFC 9068


@dataclass(frozen=True, slots=True)
class TokenProfile:
    """The required claims and the allowed values of `typ` for one kind of token."""

    required: tuple[str, ...]
    types: frozenset[str | None]
    names_client: bool = False  # whether `azp`, if present, must be the audience


ACCESS_TOKEN = TokenProfile(ACCESS_TOKEN_CLAIMS, frozenset({ACCESS_TOKEN_TYPE}))
ID_TOKEN = TokenProfile(ID_TOKEN_CLAIMS, frozenset({"jwt", None}), names_client=True)


def check_type(header: Claims, profile: TokenProfile) -> None:
    """Raise ApiError `token_invalid` if the profile doesn't allow the token's type."""
    value = header.get("typ")
    kind = value.lower().removeprefix("application/") if isinstance(value, str) else value
    if not (kind is None or isinstance(kind, str)) or kind not in profile.types:
        expected = " or ".join(sorted(name for name in profile.types if name))
        raise token_invalid(f"its type (typ) must be {expected}")


def check_client(claims: Claims, client_id: str) -> None:
    """Raise ApiError `token_invalid` for an ID token that was issued to another client.

    A token with several audiences must name the client in the claim `azp`, as OpenID Connect
    recommends.
    """
    must_name = "azp" in claims or claims["aud"] not in (client_id, [client_id])
    if must_name and claims.get("azp") != client_id:
        raise token_invalid("it was issued to another client (azp)")


def check_shape(claims: Claims, required: tuple[str, ...]) -> None:
    """Raise ApiError `token_invalid` for the first claim that is missing or of the wrong type."""
    for name in required:
        if claims.get(name) is None:
            raise token_invalid(f"the claim {name} is missing")
    for name, (fits, expected) in _SHAPES.items():
        if name in claims and not fits(claims[name]):
            raise token_invalid(f"the claim {name} must be {expected}")


def check_times(claims: Claims, now: datetime) -> None:
    """Raise ApiError `token_expired` if the token has expired.

    Raise ApiError `token_invalid` if the token isn't valid yet.
    """
    seconds, leeway = now.timestamp(), LEEWAY.total_seconds()
    if claims["exp"] + leeway <= seconds:
        raise token_expired()
    for name in ("nbf", "iat"):
        if claims.get(name, 0) - leeway > seconds:
            raise token_invalid(f"it is not valid yet (claim {name})")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= _NAME_LENGTH_MAX


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_user_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _USER_ID_LENGTH_MAX


def _is_texts(value: object) -> bool:
    values = cast("list[object]", value) if isinstance(value, list) else []
    return bool(values) and all(map(_is_text, values))


def _is_time(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value < _YEAR_10000  # false for NaN


_NAME = (_is_name, "a string of 1 to 255 printable characters")
_TIME = (_is_time, "a number of seconds since 1970")
_SHAPES: dict[str, tuple[Callable[[object], bool], str]] = {
    "sub": _NAME,
    "org_id": _NAME,
    "role": _NAME,
    "jti": _NAME,
    "bound_user_id": (_is_user_id, "a string of 1 to 256 characters"),
    "origins": (_is_texts, "a list of origins"),
    "shared_queries": (_is_texts, "a list of fingerprints"),
    "scope": (_is_text, "a string of scopes separated by spaces"),
    "exp": _TIME,
    "iat": _TIME,
    "nbf": _TIME,
}
