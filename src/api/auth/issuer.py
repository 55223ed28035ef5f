"""The issuer of access tokens, which are valid for 15 minutes or less."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil

from api.auth.claims import ACCESS_TOKEN_TYPE
from api.auth.protocol import KeySource

LIFETIME = timedelta(minutes=15)
_REUSED_FOR = 1 / 3  # of the lifetime
RECENT_MAX = 1024
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grant:
    """The subject, the organisation and the permissions of an access token."""

    subject: str
    org_id: str
    scopes: frozenset[str]
    role: str | None = None  # only users have one
    bound_user_id: str | None = None  # the only user whose events the token may read
    origins: tuple[str, ...] = ()  # the only origins whose pages may use the token; empty: any
    shared_queries: tuple[str, ...] = ()  # the fingerprints of the only queries of a share link
    expires_at: datetime | None = None  # of the API key or link; the latest `exp` of a token
    lifetime: timedelta = LIFETIME


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token with its scope and lifetime."""

    access_token: str
    scope: str
    expires_in: int  # seconds


class TokenIssuer:
    """The issuer of this service's access tokens.

    `new_id` returns a value for the `jti` claim of a new token.
    """

    def __init__(
        self, keys: KeySource, *, issuer: str, audience: str, new_id: Callable[[], str]
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._new_id = new_id
        self._recent = OrderedDict[Grant, tuple[datetime, str, IssuedToken]]()

    async def reissue(self, grant: Grant, *, now: datetime) -> IssuedToken:
        """Return a recent access token for the same grant, or issue a new token.

        Reusing a token saves the cost of another signature. The calling code must check the API key
        first. A token is reused for a third of its lifetime, and only while the key that signed it
        is the current signing key and is still published.
        """
        issued_at, key_id, token = self._recent.get(grant, (_NEVER, "", None))
        if token:
            self._recent.move_to_end(grant)  # so that grants in use aren't dropped
        published = {jwk["kid"] for jwk in (await self._keys.public_keys())["keys"]}
        age = now - issued_at
        if token and self._keys.key_id == key_id in published and _is_recent(token, age):
            return replace(token, expires_in=token.expires_in - ceil(age.total_seconds()))
        token = await self.issue(grant, now=now)
        self._recent[grant] = (now, self._keys.key_id, token)
        self._recent.move_to_end(grant)
        if len(self._recent) > RECENT_MAX:
            self._recent.popitem(last=False)
        return token

    async def issue(self, grant: Grant, *, now: datetime) -> IssuedToken:
        """Issue a token for a subject in one organisation."""
        issued_at, lifetime = int(now.timestamp()), int(grant.lifetime.total_seconds())
        if grant.expires_at is not None:
            lifetime = min(lifetime, int(grant.expires_at.timestamp()) - issued_at)
        scope = " ".join(sorted(grant.scopes))
        claims: dict[str, str | int | Sequence[str]] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": grant.subject,
            "org_id": grant.org_id,
            "scope": scope,
            "iat": issued_at,
            "nbf": issued_at,
            "exp": issued_at + lifetime,
            "jti": self._new_id(),
        }
        if grant.role is not None:
            claims["role"] = grant.role
        if grant.bound_user_id is not None:
            claims["bound_user_id"] = grant.bound_user_id
        if grant.origins:
            claims["origins"] = grant.origins
        if grant.shared_queries:
            claims["shared_queries"] = grant.shared_queries
        from api.auth.signing import sign_token  # noqa: PLC0415 - few functions issue tokens

        token = await sign_token(self._keys, claims, token_type=ACCESS_TOKEN_TYPE)
        return IssuedToken(token, scope, lifetime)


def _is_recent(token: IssuedToken, age: timedelta) -> bool:
    return timedelta() <= age < timedelta(seconds=token.expires_in) * _REUSED_FOR
