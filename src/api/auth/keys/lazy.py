"""A key source that is built, with all its imports, on first use."""

from collections.abc import Callable
from functools import cached_property

from api.auth.protocol import Jwks, KeySource


class LazyKeySource:
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
