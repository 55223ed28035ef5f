"""The issuer of access tokens, which are valid for 15 minutes."""

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil

from api.auth.claims import ACCESS_TOKEN_TYPE
from api.auth.protocol import KeySource

LIFETIME = timedelta(minutes=15)
REUSED_FOR = timedelta(minutes=5)
RECENT_MAX = 1024
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token with its scope and lifetime."""

    access_token: str
    scope: str
    expires_in: int  # seconds


class TokenIssuer:
    """The issuer of this service's access tokens. `new_id` returns the `jti` of a new token."""

    def __init__(
        self, keys: KeySource, *, issuer: str, audience: str, new_id: Callable[[], str]
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._new_id = new_id
        self._recent = OrderedDict[tuple[str, str, str], tuple[datetime, str, IssuedToken]]()

    async def reissue(
        self, *, subject: str, org_id: str, scopes: Collection[str], now: datetime
    ) -> IssuedToken:
        """Return a recent token of this API key, or a new token if there is none.

        Reusing tokens saves the price of a signature. The caller must have checked the API key. A
        token is reused for REUSED_FOR, and only while the key that signed it is the current signing
        key and is still published.
        """
        key = (subject, org_id, " ".join(sorted(scopes)))
        issued_at, key_id, token = self._recent.get(key, (_NEVER, "", None))
        published = {jwk["kid"] for jwk in (await self._keys.public_keys())["keys"]}
        age = now - issued_at
        if token and timedelta() <= age < REUSED_FOR and self._keys.key_id == key_id in published:
            return replace(token, expires_in=token.expires_in - ceil(age.total_seconds()))
        token = await self.issue(subject=subject, org_id=org_id, scopes=scopes, role=None, now=now)
        self._recent[key] = (now, self._keys.key_id, token)
        self._recent.move_to_end(key)
        if len(self._recent) > RECENT_MAX:
            self._recent.popitem(last=False)
        return token

    async def issue(
        self,
        *,
        subject: str,
        org_id: str,
        scopes: Collection[str],
        role: str | None,
        now: datetime,
    ) -> IssuedToken:
        """Issue a token for the subject in one organisation. Only users have a `role`."""
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
        from api.auth.signing import sign_token  # noqa: PLC0415 - few functions issue tokens

        token = await sign_token(self._keys, claims, token_type=ACCESS_TOKEN_TYPE)
        return IssuedToken(token, scope, lifetime)
