"""Process many records, several of them concurrently."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import batched

AT_ONCE = 16


async def map_at_once[T, R](work: Callable[[T], Awaitable[R]], items: Iterable[T]) -> list[R]:
    """Process the items concurrently, and return the results in the order of the items."""
    results: list[R] = []
    for some in batched(items, AT_ONCE, strict=False):
        results += await asyncio.gather(*map(work, some))
    return results
