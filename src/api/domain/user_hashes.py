"""Keyed hashes of user ids.

If the hashes had no key, a sender could choose user ids whose hashes distort a sketch. The key of
each organisation is derived from one master secret. The version of the secret is derived from the
secret too, so hashes made with different secrets are never mixed.
"""

from dataclasses import dataclass
from hmac import digest

from api.errors import ConfigurationError

USER_HASH_BYTES = 8
SECRET_BYTES_MIN = 32
_VERSION_BYTES = 4
_VERSION_LABEL = b"user-hash-version"
_KEY_LABEL = b"user-hash-key\0"


@dataclass(frozen=True, slots=True)
class UserKey:
    """The key that hashes the user ids of one organisation."""

    version: str
    key: bytes

    def hash(self, user_id: str) -> bytes:
        return digest(self.key, user_id.encode(), "sha256")[:USER_HASH_BYTES]


class UserKeys:
    """The keys of all organisations, derived from one master secret.

    If the secret is missing, every use of the keys raises ConfigurationError. Most serverless
    functions don't hash user ids, and have no permission to read the secret.
    """

    def __init__(self, secret: bytes = b"") -> None:
        if secret and len(secret) < SECRET_BYTES_MIN:
            raise ConfigurationError(
                f"The secret that hashes user ids must have at least {SECRET_BYTES_MIN} bytes, "
                f"but it has {len(secret)}."
            )
        self._secret = secret

    @property
    def version(self) -> str:
        return self._derive(_VERSION_LABEL)[:_VERSION_BYTES].hex()

    def of(self, org_id: str) -> UserKey:
        """Return the key of this organisation."""
        return UserKey(self.version, self._derive(_KEY_LABEL + org_id.encode()))

    def _derive(self, label: bytes) -> bytes:
        if not self._secret:
            raise ConfigurationError(
                "User ids are hashed with a secret. Set ANALYTICS_USER_HASH_SECRET_NAME."
            )
        return digest(self._secret, label, "sha256")
