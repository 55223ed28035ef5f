"""Slots for the queries of a process, which its organisations share fairly.

An organisation never has all slots, so its expensive queries don't stop those of others. Free slots
go to the waiting organisations in turn.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from api.errors import ApiError

WAITING_MAX = 16  # queries of one organisation
WAIT_SECONDS = 10.0


class QuerySlots:
    """A number of query slots, of which one organisation can have all but one."""

    def __init__(self, number: int, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._number = number
        self._share = max(1, number - 1)
        self._wait_seconds = wait_seconds
        self._taken = Counter[str]()
        self._waiting = OrderedDict[str, deque[asyncio.Future[None]]]()

    @asynccontextmanager
    async def take(self, org_id: str) -> AsyncGenerator[None]:
        """Wait for a slot, and release it on exit from the context.

        Raises ApiError `rate_limited` if too many queries of the organisation wait, and
        `deadline_exceeded` if no slot becomes free.
        """
        await self._acquire(org_id)
        try:
            yield
        finally:
            self._release(org_id)

    async def _acquire(self, org_id: str) -> None:
        queue = self._waiting.get(org_id, ())
        if not queue and self._is_free(org_id):
            self._taken[org_id] += 1
            return
        if len(queue) >= WAITING_MAX:
            raise ApiError(
                "rate_limited",
                f"{WAITING_MAX} queries of the organisation are already waiting. "
                "Send fewer queries at once.",
                retry_after=1,
            )
        slot = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(org_id, deque()).append(slot)
        try:
            await asyncio.wait_for(slot, self._wait_seconds)
        except TimeoutError as error:
            raise ApiError(
                "deadline_exceeded",
                f"Other queries took longer than {self._wait_seconds:g} seconds. Retry the query.",
                retry_after=1,
            ) from error
        except asyncio.CancelledError:
            if slot.done() and not slot.cancelled():  # the slot was assigned at the same moment
                self._release(org_id)
            raise
        finally:
            self._forget(org_id, slot)

    def _is_free(self, org_id: str) -> bool:
        return self._taken.total() < self._number and self._taken[org_id] < self._share

    def _release(self, org_id: str) -> None:
        self._taken[org_id] -= 1
        self._taken += Counter()  # removes organisations without a slot
        for waiting in tuple(self._waiting):
            self._assign(waiting)

    def _assign(self, org_id: str) -> None:
        """Assign free slots to the organisation's waiting queries, as far as its share permits."""
        queue = self._waiting[org_id]
        while queue and self._is_free(org_id):
            slot = queue.popleft()
            if not slot.done():
                self._taken[org_id] += 1
                self._waiting.move_to_end(org_id)
                slot.set_result(None)

    def _forget(self, org_id: str, slot: asyncio.Future[None]) -> None:
        queue = self._waiting.get(org_id)
        if queue is not None and slot in queue:
            queue.remove(slot)
        if not queue:
            self._waiting.pop(org_id, None)
