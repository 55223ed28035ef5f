"""Blocks of code that are running, for whose end other code can wait."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager


class Running:
    """The blocks that are running now."""

    def __init__(self) -> None:
        self._ends = set[asyncio.Future[None]]()

    def __bool__(self) -> bool:
        return bool(self._ends)

    @contextmanager
    def block(self) -> Generator[None]:
        end = asyncio.get_running_loop().create_future()
        self._ends.add(end)
        try:
            yield
        finally:
            self._ends.remove(end)
            end.set_result(None)

    async def end(self) -> None:
        """Wait until all blocks that are running now have ended."""
        if self._ends:
            await asyncio.wait([*self._ends])
