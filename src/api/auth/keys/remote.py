"""The base class of key sources whose private keys stay in a vault or a key service.

A remote key source fetches the public keys every few minutes. If the key service is unavailable,
clients get the error `identity_provider_unavailable`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from api.auth.keys.jwk import public_jwk
from api.auth.protocol import Jwks
from api.domain.times import Clock, is_within
from api.errors import ApiError

FRESH_FOR = timedelta(minutes=5)  # after this time, the keys are fetched again
COOLDOWN = timedelta(seconds=30)  # after a failed fetch
_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The public keys to publish, and the id of the signing key."""

    signing: str
    public_keys: Sequence[dict[str, str]]


class RemoteKeySource(ABC):
    """A `KeySource` that uses a key service.

    Call `public_keys` once before the first call of `sign`.
    """

    def __init__(self, *, now: Clock) -> None:
        self._now = now
        self._ring: KeyRing | None = None
        self._tried_at = now()
        self._pause = timedelta()  # after the last fetch
        self._fetching = asyncio.Lock()

    @abstractmethod
    async def fetch(self) -> KeyRing:
        """Fetch the current keys from the service.

        Raises ApiError `identity_provider_unavailable`.
        """

    @abstractmethod
    async def sign_digest(self, key_id: str, digest: bytes) -> bytes:
        """Sign a SHA-256 digest with this key, using RSASSA-PKCS1-v1_5.

        Raises the same errors as `fetch`.
        """

    @property
    def key_id(self) -> str:
        return self._known().signing

    async def sign(self, message: bytes) -> bytes:
        try:
            return await self.sign_digest(self.key_id, sha256(message).digest())
        except ApiError:
            self._pause = timedelta()  # the key may have been deleted
            raise
        finally:
            await self._refresh()  # only for the next message: this token already names its key

    async def public_keys(self) -> Jwks:
        """Return the keys to publish, or the last known keys while the service is unavailable."""
        await self._refresh()
        return {"keys": [*self._known().public_keys]}

    def _known(self) -> KeyRing:
        if self._ring is None:
            raise _unavailable()
        return self._ring

    async def _refresh(self) -> None:
        if self._ring and self._fetching.locked():
            return
        async with self._fetching:
            if self._ring and is_within(self._pause, self._tried_at, self._now()):
                return
            try:
                self._ring = await self.fetch()
                self._pause = FRESH_FOR
            except ApiError:
                self._pause = COOLDOWN
                if self._ring is None:
                    raise
            finally:
                self._tried_at = self._now()


def named_jwk(key_id: str, key: RSAPublicKey) -> dict[str, str]:
    """Return the key as a JWK whose `kid` is the key id of the key service."""
    return public_jwk(key) | {"kid": key_id}


@contextmanager
def unavailable_on(*errors: type[Exception]) -> Generator[None]:
    """Convert errors of these types to ApiError `identity_provider_unavailable`."""
    try:
        yield
    except errors as error:
        raise _unavailable() from error


def _unavailable() -> ApiError:
    return ApiError(
        "identity_provider_unavailable",
        "The service that holds the signing keys is unavailable. "
        "Retry the request after Retry-After seconds.",
        retry_after=_RETRY_AFTER_SECONDS,
    )
