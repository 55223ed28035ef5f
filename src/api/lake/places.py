"""Places for queries of a process, which its organisations share fairly.

An organisation never has all places, so its expensive queries don't stop those of others. Free
places go to the waiting organisations in turn.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from api.errors import ApiError

WAITING_MAX = 16  # queries of one organisation
WAIT_SECONDS = 10.0


class Places:
    """A number of places, of which one organisation can have all but one."""

    def __init__(self, number: int, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._number = number
        self._share = max(1, number - 1)
        self._wait_seconds = wait_seconds
        self._taken = Counter[str]()
        self._waiting = OrderedDict[str, deque[asyncio.Future[None]]]()

    @asynccontextmanager
    async def take(self, org_id: str) -> AsyncGenerator[None]:
        """Wait for a place, and leave it on exit from the context.

        Raises ApiError `rate_limited` if too many queries of the organisation wait, and
        `deadline_exceeded` if no place becomes free.
        """
        await self._enter(org_id)
        try:
            yield
        finally:
            self._leave(org_id)

    async def _enter(self, org_id: str) -> None:
        queue = self._waiting.get(org_id, ())
        if not queue and self._is_free(org_id):
            self._taken[org_id] += 1
            return
        if len(queue) >= WAITING_MAX:
            raise ApiError(
                "rate_limited",
                f"More than {WAITING_MAX} queries of the organisation wait for others. "
                "Send fewer queries at once.",
                retry_after=1,
            )
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(org_id, deque()).append(place)
        try:
            await asyncio.wait_for(place, self._wait_seconds)
        except TimeoutError as error:
            raise ApiError(
                "deadline_exceeded",
                f"The query waited {self._wait_seconds:g} seconds for other queries. Retry it.",
                retry_after=1,
            ) from error
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # the place was given at the same moment
                self._leave(org_id)
            raise
        finally:
            self._forget(org_id, place)

    def _is_free(self, org_id: str) -> bool:
        return self._taken.total() < self._number and self._taken[org_id] < self._share

    def _leave(self, org_id: str) -> None:
        self._taken[org_id] -= 1
        self._taken += Counter()  # removes organisations without a place
        for waiting in tuple(self._waiting):
            self._give(waiting)

    def _give(self, org_id: str) -> None:
        """Give a place to the organisation if it may have one, and let it wait for the next."""
        queue = self._waiting[org_id]
        while queue and self._is_free(org_id):
            place = queue.popleft()
            if not place.done():
                self._taken[org_id] += 1
                self._waiting.move_to_end(org_id)
                place.set_result(None)

    def _forget(self, org_id: str, place: asyncio.Future[None]) -> None:
        queue = self._waiting.get(org_id)
        if queue is not None and place in queue:
            queue.remove(place)
        if not queue:
            self._waiting.pop(org_id, None)
