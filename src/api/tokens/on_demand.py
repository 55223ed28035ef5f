"""Verifiers and key sources that are built, with all their imports, when they are first used."""

from collections.abc import Callable
from functools import cached_property

from api.tokens.protocol import Claims, Jwks, KeySource, TokenVerifier


class VerifierOnDemand:
    """The `TokenVerifier` that `build` returns."""

    def __init__(self, build: Callable[[], TokenVerifier]) -> None:
        self._build = build

    @cached_property
    def _verifier(self) -> TokenVerifier:
        return self._build()

    async def verify(self, token: str) -> Claims:
        return await self._verifier.verify(token)


class KeysOnDemand:
    """The `KeySource` that `build` returns."""

    def __init__(self, build: Callable[[], KeySource]) -> None:
        self._build = build

    @cached_property
    def _keys(self) -> KeySource:
        return self._build()

    @property
    def key_id(self) -> str:
        return self._keys.key_id

    async def sign(self, message: bytes) -> bytes:
        return await self._keys.sign(message)

    async def public_keys(self) -> Jwks:
        return await self._keys.public_keys()
