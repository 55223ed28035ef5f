"""A queue of days to fold or to project, which serves organisations round-robin."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from api.domain.rollups import DELTAS_PER_FOLD_MAX
from api.services.backoff import BackOff

DAYS_PER_ORGANIZATION_MAX = 400
DAYS_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued day, of which up to `limit` deltas are folded at once.

    `conflicts` is the number of consecutive folds that failed because of a conflict. `unprojected`
    is true if a projection of the day failed.
    """

    org_id: str
    day: str
    limit: int = DELTAS_PER_FOLD_MAX
    conflicts: int = 0
    unprojected: bool = False


class FoldQueue:
    """A bounded queue, in memory, of the days of organisations whose deltas are to be folded.

    If there is no room for a day, it is left out; a later sweep finds its deltas in the store.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.monotonic,
        days_per_organization_max: int = DAYS_PER_ORGANIZATION_MAX,
        days_max: int = DAYS_MAX,
    ) -> None:
        self.now = now
        self.organizations = BackOff[str](now=now)
        self._days = BackOff[tuple[str, str]](now=now)
        self._queues: dict[str, dict[str, Waiting]] = {}
        # The organisations by their number of days, so that the longest queue is found directly.
        self._by_size: dict[int, dict[str, None]] = {}
        self._size_max = 0
        self._days_per_organization_max = days_per_organization_max
        self._days_max = days_max
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def is_due(self) -> bool:
        """Return whether the queue has a day that is due."""
        return any(self._first_due(org_id) for org_id in self._queues)

    def add(self, days: Iterable[tuple[str, str]]) -> None:
        """Enqueue these days, so that each organisation's latest day is its first."""
        for org_id, day in sorted(days, key=lambda one: one[1], reverse=True):
            self.put(Waiting(org_id, day))

    def put(self, waiting: Waiting) -> None:
        """Enqueue a day unless it is queued already or there is no room for it."""
        days = self._queues.get(waiting.org_id, {})
        if known := days.get(waiting.day):
            unprojected = known.unprojected or waiting.unprojected
            days[waiting.day] = replace(known, unprojected=unprojected)
        elif self._make_room(len(days)):
            days = self._queues.setdefault(waiting.org_id, {})
            days[waiting.day] = waiting
            self._count += 1
            self._note_size(waiting.org_id, len(days) - 1, len(days))

    def take_turn(self) -> list[Waiting]:
        """Remove and return one due day of every organisation.

        Organisations with fewer queued days come first.
        """
        fewest_first = sorted(self._queues, key=lambda org_id: len(self._queues[org_id]))
        due = [(org_id, self._first_due(org_id)) for org_id in fewest_first]
        return [self._remove(org_id, day) for org_id, day in due if day]

    def put_failed(self, waiting: Waiting) -> None:
        """Enqueue the day again, to be processed after its back-off."""
        self._days.note_failure((waiting.org_id, waiting.day))
        self.put(waiting)

    def note_success(self, waiting: Waiting) -> None:
        """Reset the back-off of a day."""
        self._days.note_success((waiting.org_id, waiting.day))

    def _first_due(self, org_id: str) -> str | None:
        days = self._queues[org_id]
        return next((day for day in days if self._days.is_due((org_id, day))), None)

    def _make_room(self, own: int) -> bool:
        """Return whether there is room for one more day of an organisation with `own` queued days.

        If the queue is full, drop a day of the organisation with the most days.
        """
        if own >= self._days_per_organization_max:
            return False
        if self._count < self._days_max:
            return True
        if self._size_max <= own + 1:
            return False
        longest = next(iter(self._by_size[self._size_max]))
        self._remove(longest, next(reversed(self._queues[longest])))
        return True

    def _remove(self, org_id: str, day: str) -> Waiting:
        days = self._queues[org_id]
        waiting = days.pop(day)
        if not days:
            del self._queues[org_id]
        self._count -= 1
        self._note_size(org_id, len(days) + 1, len(days))
        return waiting

    def _note_size(self, org_id: str, before: int, after: int) -> None:
        """Record that the organisation's number of days has changed by one."""
        if before:
            del self._by_size[before][org_id]
        if after:
            self._by_size.setdefault(after, {})[org_id] = None
        if after > self._size_max or not self._by_size.get(self._size_max):
            self._size_max = after
        if before and not self._by_size[before]:
            del self._by_size[before]
