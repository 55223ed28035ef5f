"""What the service needs of tokens and keys. Implementations beside this file.

A key source never hands out a private key, so a vault or a KMS can stand behind it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

type Clock = Callable[[], datetime]  # returns aware UTC times
type Claims = Mapping[str, Any]
type Jwks = Mapping[str, Any]  # a JSON Web Key Set, RFC 7517


class TokenVerifier(Protocol):
    """Decides whether a token is genuine, current and meant for us."""

    async def verify(self, token: str) -> Claims:
        """The token's claims, with every promised one present and of its type.

        Raises ApiError `token_invalid` or `token_expired` with the reason, or
        `identity_provider_unavailable` when the issuer's keys can't be had.
        """
        ...


class KeySource(Protocol):
    """An RSA key that signs with RS256, and the public keys whose tokens may still be around."""

    @property
    def key_id(self) -> str:
        """The `kid` of the key that signs now."""
        ...

    async def sign(self, message: bytes) -> bytes:
        """The RS256 signature of the message by the key `key_id`."""
        ...

    async def public_keys(self) -> Jwks:
        """The signing key's public half and those of retired keys still in use."""
        ...
