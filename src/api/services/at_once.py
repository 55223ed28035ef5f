"""Work on many records, several at once."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import batched

AT_ONCE = 16


async def map_at_once[T, R](work: Callable[[T], Awaitable[R]], items: Iterable[T]) -> list[R]:
    """Return the results of the work on each item, in the order of the items."""
    results: list[R] = []
    for some in batched(items, AT_ONCE, strict=False):
        results += await asyncio.gather(*map(work, some))
    return results
