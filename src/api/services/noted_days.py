"""Stored lists of days whose processing failed, so that a sweep can process them.

After a reader of the change feed has stored its checkpoint, the feed doesn't deliver earlier
changes again. If a reader can't process a day, it therefore first adds the day to its list. A list
is one document with a bounded number of days.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from api.domain.rollups import Checkpoint
from api.services.fair_order import in_turn
from api.stores.protocol import Conflict, Store, Stored, Unavailable, create_or_replace

DAYS_MAX = 1000
DAYS_PER_SWEEP = 100
_ATTEMPTS_MAX = 10

log = logging.getLogger(__name__)


class _Day(NamedTuple):
    org_id: str
    day: str


@dataclass(frozen=True, slots=True)
class NotedDays:
    """The list that is stored under this name."""

    name: str

    async def add(self, store: Store, days: Collection[tuple[str, str]]) -> None:
        """Add these days to the list for the next sweep.

        If there are too many days, organisations get equal shares of the list, and the latest days
        of each organisation are kept. Days that don't fit are logged as errors.
        """
        if not days:
            return
        for _ in range(_ATTEMPTS_MAX):
            stored = await store.read(Checkpoint, self.name)
            known = _days_of(stored)
            noted = list(dict.fromkeys([*known, *(_Day(*day) for day in sorted(days))]))
            if len(noted) == len(known):
                return
            if len(noted) > DAYS_MAX:
                noted = in_turn(sorted(noted, key=lambda one: one.day, reverse=True))
            try:
                await create_or_replace(store, self._record_of(noted[:DAYS_MAX]), stored)
            except Conflict:
                continue
            for one in noted[DAYS_MAX:]:
                fields = {"list": self.name, "org_id": one.org_id, "day": one.day}
                log.error("a failed day is not retried", extra={"fields": fields})
            return
        raise Unavailable(f"every write of the list {self.name} conflicted with another write")

    async def process(
        self,
        store: Store,
        work: Callable[[str, str], Awaitable[object]],
        *,
        days_max: int = DAYS_PER_SWEEP,
    ) -> Exception | None:
        """Call the work with each listed day's organisation and day, and remove the day.

        Return the first error, or None. Days whose work fails again move to the end of the list.
        """
        stored = await store.read(Checkpoint, self.name)
        days = _days_of(stored)
        failed: dict[_Day, Exception] = {}
        for one in days[:days_max]:
            try:
                await work(*one)
            except Exception as error:
                fields = {"list": self.name, "org_id": one.org_id, "day": one.day}
                log.warning("a failed day fails again", exc_info=True, extra={"fields": fields})
                failed[one] = error
        if days:
            try:
                left = self._record_of([*days[days_max:], *failed])
                await create_or_replace(store, left, stored)
            except Conflict:
                pass  # days were added in the meantime, and the next sweep handles all of them
        return next(iter(failed.values()), None)

    def _record_of(self, days: Sequence[_Day]) -> Checkpoint:
        return Checkpoint(self.name, json.dumps(days))


def _days_of(stored: Stored[Checkpoint] | None) -> Sequence[_Day]:
    return [_Day(*day) for day in json.loads(stored.record.position)] if stored else []
