"""A local substitute for a company's identity provider.

The local identity provider signs in any user of the local store, without a password.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from api.auth.protocol import Jwks, KeySource
from api.auth.signing import sign_token
from api.domain.reference import User
from api.errors import ApiError, ConfigurationError

LIFETIME = timedelta(hours=1)

type ListUsers = Callable[[], Awaitable[Sequence[User]]]


class LocalIdentityProvider:
    """An issuer of OpenID Connect ID tokens.

    Raises ConfigurationError outside the environment `local`.
    """

    def __init__(
        self, keys: KeySource, users: ListUsers, *, issuer: str, audience: str, is_local: bool
    ) -> None:
        if not is_local:
            raise ConfigurationError("The local identity provider is for ANALYTICS_ENV=local only.")
        self.issuer = issuer
        self.users = users
        self._keys = keys
        self._audience = audience

    async def sign_in(self, user_id: str, now: datetime) -> str:
        """Return an ID token for the user, without asking for a password.

        Raises ApiError `not_found` for an unknown user.
        """
        user = next((user for user in await self.users() if user.user_id == user_id), None)
        if user is None:
            raise ApiError("not_found", "There is no sample user with this user_id.")
        issued_at = int(now.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": self._audience,
            "sub": user.user_id,
            "email": user.email,
            "email_verified": bool(user.email),
            "name": user.name,
            "iat": issued_at,
            "exp": issued_at + int(LIFETIME.total_seconds()),
        }
        return await sign_token(self._keys, claims, token_type="JWT")  # noqa: S106 - a media type

    async def public_keys(self) -> Jwks:
        return await self._keys.public_keys()
