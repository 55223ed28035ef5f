"""A fair scheduler that limits how long one party (a consumer of CPU time) delays the others.

An event loop runs each coroutine in steps, from one suspension to the next. The CPU time of a
coroutine's steps is charged to the party for which it runs. A party that used little CPU time in
the last few seconds is *light*, and its steps run immediately. The steps of all other parties run
one at a time, after a few rounds of the event loop without a light step. Of the waiting steps, a
step of the party that used the least CPU time runs first. A light request therefore waits for at
most one step of another party. If only one party was active in the last two seconds, its steps
don't wait.
"""

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import coroutine
from typing import Any, cast

from api.errors import ApiError

LIGHT_SHARE = 0.15  # the largest share of one core that a light party uses
WINDOW_SECONDS = 2.0
PATIENCE_SECONDS = 0.05  # the longest pause between two waiting steps, even if light steps run
QUIET_ROUNDS = 8  # rounds without a light step; a commit to disk suspends a request for about four
ARRIVAL_ROUNDS = 3  # rounds between two waiting steps, so that new requests can begin
PARTIES_MAX = 10_000  # beyond this, the least recently used party is removed
WORKING_MAX = 8  # requests per credential whose bodies are processed concurrently
BODY_BYTES_MAX = 32 * 1024 * 1024  # per party, over all its requests in progress


class Party:
    """A consumer of CPU time: a credential, its organisation, or the address of a client.

    The CPU time of a request without a verified token is charged to the client's address.
    """

    def __init__(self, parent: "Party | None" = None) -> None:
        self.parent = parent
        self.root: Party = parent or self
        self.body_bytes = 0
        self.slots = asyncio.Semaphore(WORKING_MAX)
        self._used = 0.0
        self._at = 0.0

    def share(self, now: float) -> float:
        """Return the share of one core that the party used recently."""
        return self._used * math.exp((self._at - now) / WINDOW_SECONDS) / WINDOW_SECONDS

    def use(self, seconds: float, now: float) -> None:
        """Count CPU time for this credential or address, and for its organisation."""
        self._used = self.share(now) * WINDOW_SECONDS + seconds
        self._at = now
        if self.parent:
            self.parent.use(seconds, now)

    def order(self, now: float) -> tuple[float, float]:
        """Return the sort key for scheduling: the organisation's share, then the party's."""
        return self.root.share(now), self.share(now)


class Turn:
    """The resource use of one request. The party of a request changes once its caller is known."""

    def __init__(self, turns: "Turns", party: Party) -> None:
        self.party = party
        self.seconds = 0.0
        self._turns = turns
        self._body_bytes = 0
        self._slots: asyncio.Semaphore | None = None

    def belongs_to(self, org_id: str, subject: str) -> None:
        """Charge this request to the organisation's credential `subject` from now on."""
        self.party.body_bytes -= self._body_bytes
        self.party = self._turns.credential(org_id, subject)
        self.party.body_bytes += self._body_bytes

    def use(self, seconds: float, now: float) -> None:
        """Count the CPU time of a coroutine's step."""
        self.seconds += seconds
        self.party.use(seconds, now)

    def add_body(self, size: int) -> None:
        """Count the bytes of a part of the request body.

        Raises ApiError `rate_limited` if the party exceeds its limit.
        """
        self._body_bytes += size
        self.party.body_bytes += size
        if self.party.body_bytes > BODY_BYTES_MAX:
            raise ApiError(
                "rate_limited",
                "Too many requests from this sender are in progress. Send fewer requests at once.",
                retry_after=1,
                headers={"Connection": "close"},
            )

    async def take_slot(self) -> None:
        """Wait until fewer than WORKING_MAX requests of this credential are being processed."""
        if self._slots is None and self.party.parent:
            self._slots = self.party.slots
            try:
                await self._slots.acquire()
            except BaseException:
                self._slots = None
                raise

    def end(self) -> None:
        """Release the slot and the counted body bytes of the request."""
        self.party.body_bytes -= self._body_bytes
        if self._slots:
            self._slots.release()


class Turns:
    """A scheduler for the steps of all parties on one event loop."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._parties = OrderedDict[tuple[str, ...], Party]()
        self._waiting = dict[Party, deque[asyncio.Future[None]]]()
        self._quiet_rounds = 0
        self._last_turn = 0.0
        self._is_ticking = False
        self._last_root: Party | None = None
        self._last_change = -math.inf

    def begin(self, address: str, caller: tuple[str, str] | None) -> Turn:
        """Begin a request of this caller or, if the caller is unknown, of this address.

        A caller consists of organisation and subject.
        """
        return Turn(self, self.credential(*caller) if caller else self._party("", address))

    def credential(self, org_id: str, subject: str) -> Party:
        """Return the party to which the CPU time of this credential's requests is charged."""
        return self._party(org_id, subject, parent=self._party(org_id))

    def _party(self, *key: str, parent: Party | None = None) -> Party:
        found = self._parties.get(key)
        if found is None:
            found = self._parties[key] = Party(parent)
        self._parties.move_to_end(key)
        if len(self._parties) > PARTIES_MAX:
            self._parties.popitem(last=False)
        return found

    async def run(self, work: Awaitable[None], turn: Turn) -> None:
        """Run a request to its end, and schedule each step of its coroutine."""
        await self._steps(cast("Coroutine[Any, Any, None]", work), turn)

    @coroutine
    def _steps(self, work: Coroutine[Any, Any, None], turn: Turn) -> Generator[Any]:
        value: Any = None
        error: BaseException | None = None
        while True:
            try:
                yield from self._wait(turn.party)
            except BaseException as raised:  # noqa: BLE001 - a cancellation, which the work handles
                error = raised
            started = self._cpu_clock()
            try:
                awaited = work.throw(error) if error else work.send(value)
            except StopIteration:
                return
            finally:
                turn.use(self._cpu_clock() - started, self._clock())
            value = error = None
            try:
                value = yield awaited
            except BaseException as raised:  # noqa: BLE001 - as above
                error = raised

    def _wait(self, party: Party) -> Generator[Any, Any]:
        now = self._clock()
        if party.root is not self._last_root:
            self._last_root, self._last_change = party.root, now
        if party.root.share(now) <= LIGHT_SHARE:
            self._quiet_rounds = 0
            return
        if now - self._last_change > WINDOW_SECONDS:
            return
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._waiting.setdefault(party, deque()).append(future)
        if not self._is_ticking:
            self._is_ticking = True
            loop.call_soon(self._tick)
        yield from future

    def _tick(self) -> None:
        """Wake a waiting step of a coroutine if one is due. The step runs before the next tick."""
        now = self._clock()
        self._quiet_rounds += 1
        if self._quiet_rounds > QUIET_ROUNDS or now - self._last_turn > PATIENCE_SECONDS:
            self._wake_next(now)
        self._is_ticking = bool(self._waiting)
        if self._is_ticking:
            asyncio.get_running_loop().call_soon(self._tick)

    def _wake_next(self, now: float) -> None:
        while self._waiting:
            party = min(self._waiting, key=lambda one: one.order(now))
            queue = self._waiting[party]
            future = queue.popleft()
            if not queue:
                del self._waiting[party]
            if not future.done():  # a cancelled request no longer waits
                future.set_result(None)
                self._last_turn = now
                self._quiet_rounds = QUIET_ROUNDS - ARRIVAL_ROUNDS
                return
