"""The interfaces of token verifiers and key sources.

A key source never returns a private key, so a vault or a key management service can implement the
interface.
"""

from collections.abc import Mapping
from typing import Any, Protocol

type Claims = Mapping[str, Any]
type Jwks = Mapping[str, Any]  # a JSON Web Key Set, RFC 7517


class TokenVerifier(Protocol):
    """A verifier that checks the signature, the times, the issuer and the audience of a token."""

    async def verify(self, token: str) -> Claims:
        """Return the token's claims.

        All required claims of the token are present and have the right type.

        Raises ApiError `token_invalid` or `token_expired` with the reason. Raises
        `identity_provider_unavailable` if the issuer's keys can't be fetched.
        """
        ...


class KeySource(Protocol):
    """An RSA key that signs with RS256, and the public keys that verify all unexpired tokens."""

    @property
    def key_id(self) -> str:
        """Return the `kid` of the current signing key."""
        ...

    async def sign(self, message: bytes) -> bytes:
        """Sign the message with the key `key_id`, using RS256."""
        ...

    async def public_keys(self) -> Jwks:
        """Return the public keys of the signing key and of retired keys with unexpired tokens."""
        ...
