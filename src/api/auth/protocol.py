"""The interfaces of token verifiers and key sources.

A key source never returns a private key, so a vault or a KMS can implement it.
"""

from collections.abc import Mapping
from typing import Any, Protocol

type Claims = Mapping[str, Any]
type Jwks = Mapping[str, Any]  # a JSON Web Key Set, RFC 7517


class TokenVerifier(Protocol):
    """A check that a token is genuine, current and meant for this service."""

    async def verify(self, token: str) -> Claims:
        """Return the token's claims; every required claim is present and of the right type.

        Raises ApiError `token_invalid` or `token_expired` with the reason, or
        `identity_provider_unavailable` when the issuer's keys are unavailable.
        """
        ...


class KeySource(Protocol):
    """An RSA key that signs with RS256, and the public keys of all tokens that may be in use."""

    @property
    def key_id(self) -> str:
        """Return the `kid` of the current signing key."""
        ...

    async def sign(self, message: bytes) -> bytes:
        """Sign the message by RS256 with the key `key_id`."""
        ...

    async def public_keys(self) -> Jwks:
        """Return the public keys of the signing key and of retired keys still in use."""
        ...
