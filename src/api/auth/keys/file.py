"""A signing key in a file, for local use.

The key file is created on first use, and only its owner can read it.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from api.auth.keys.jwk import public_jwk
from api.auth.protocol import Jwks
from api.auth.secret_files import create_once, write_beside
from api.domain.times import Clock
from api.errors import ConfigurationError

RETIRED_FOR = timedelta(hours=1)  # longer than the lifetime of tokens and of verifiers' caches


class FileKeySource:
    """A `KeySource` that keeps its private key in a file.

    Raises ConfigurationError outside the environment `local`.
    """

    def __init__(self, path: Path, *, is_local: bool, now: Clock) -> None:
        if not is_local:
            raise ConfigurationError("Keys in a file are for ANALYTICS_ENV=local only.")
        self._path = path
        self._now = now
        if not path.exists():
            create_once(path, _KeyRing.generate().to_json().encode())
        self._stamp = _stamp(path)
        self._ring = _read(path)

    @property
    def key_id(self) -> str:
        return self._ring.jwk["kid"]

    async def sign(self, message: bytes) -> bytes:
        return self._ring.private_key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    async def public_keys(self) -> Jwks:
        """Return the public keys in the file, which another process may have rotated."""
        stamp = _stamp(self._path)
        # Parsing a private key takes 27 ms, and clients can get the public keys without a
        # token.
        if stamp != self._stamp:
            self._stamp = stamp
            with suppress(ConfigurationError):  # the key in memory stays valid until the next start
                self._ring = _read(self._path)
        return {"keys": [self._ring.jwk, *(old["jwk"] for old in self._still_published())]}

    def rotate(self) -> None:
        """Sign new tokens with a new key.

        Publish the old key until all of its tokens have expired.
        """
        until = (self._now() + RETIRED_FOR).timestamp()
        retired = [*self._still_published(), {"jwk": self._ring.jwk, "until": until}]
        self._ring = _KeyRing.generate(retired)
        write_beside(self._path, self._ring.to_json().encode()).replace(self._path)

    def _still_published(self) -> list[dict[str, Any]]:
        now = self._now().timestamp()
        return [old for old in self._ring.retired if old["until"] > now]


@dataclass(frozen=True, slots=True)
class _KeyRing:
    """The content of a key file, which is the signing key and all retired keys.

    Each retired key is an object with the fields `jwk` and `until`.
    """

    private_key: rsa.RSAPrivateKey
    retired: list[dict[str, Any]]
    jwk: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "jwk", public_jwk(self.private_key.public_key()))

    @classmethod
    def generate(cls, retired: list[dict[str, Any]] | None = None) -> Self:
        return cls(rsa.generate_private_key(public_exponent=65537, key_size=2048), retired or [])

    @classmethod
    def from_json(cls, text: str) -> Self:
        content = json.loads(text)
        key = serialization.load_pem_private_key(content["private_key"].encode(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("not an RSA key")
        return cls(key, content["retired"])

    def to_json(self) -> str:
        pem = self.private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return json.dumps({"private_key": pem.decode(), "retired": self.retired}, indent=2)


def _stamp(path: Path) -> tuple[int, ...]:
    """Return a value that changes when the key file is rewritten, or () if the file is missing."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(path: Path) -> _KeyRing:
    try:
        return _KeyRing.from_json(path.read_text())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"The key file {path} can't be used ({error}). Delete it, and a new key is created."
        ) from error
