"""A lock for work that several callers need, such as reading a record for a cache."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class SharedLock:
    """A lock whose waiters share the failure of its holder.

    If the holder fails with one of the given errors, all callers that were waiting at that time
    fail with the same error. Otherwise, the waiting callers would repeat the slow failure one after
    another.
    """

    def __init__(self, *shared: type[Exception]) -> None:
        self._shared = shared
        self._lock = asyncio.Lock()
        self._failures = list[Exception]()  # of the holder that the callers are waiting for

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        failures = self._failures
        async with self._lock:
            if failures:
                raise failures[0]
            try:
                yield
            except self._shared as error:
                failures.append(error)
                self._failures = []
                raise
