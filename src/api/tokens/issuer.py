"""Access tokens: who may do what for which organisation, for a quarter of an hour."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.tokens.protocol import KeySource
from api.tokens.signing import sign_token

LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token and what its holder is told about it."""

    access_token: str
    scope: str
    expires_in: int  # seconds


class TokenIssuer:
    """Issues this service's access tokens. `new_id` gives each its `jti`."""

    def __init__(
        self, keys: KeySource, *, issuer: str, audience: str, new_id: Callable[[], str]
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._new_id = new_id

    async def issue(
        self,
        *,
        subject: str,
        org_id: str,
        scopes: Collection[str],
        role: str | None,
        now: datetime,
    ) -> IssuedToken:
        """A token for the subject within one organisation; `role` is for users only."""
        issued_at, lifetime = int(now.timestamp()), int(LIFETIME.total_seconds())
        scope = " ".join(sorted(scopes))
        claims: dict[str, str | int] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "org_id": org_id,
            "scope": scope,
            "iat": issued_at,
            "nbf": issued_at,
            "exp": issued_at + lifetime,
            "jti": self._new_id(),
        }
        if role is not None:
            claims["role"] = role
        token = await sign_token(self._keys, claims, token_type="at+jwt")  # noqa: S106 - a media type
        return IssuedToken(token, scope, lifetime)
