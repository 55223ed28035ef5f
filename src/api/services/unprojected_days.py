"""A stored list of days whose projection failed, so that the sweep can project them.

After a reader has stored its checkpoint, the change feed doesn't deliver earlier rollups again. If
a reader can't project a rollup, it therefore first adds the rollup's day to this list. The list of
unprojected days is one document with a bounded number of days.
"""

import json
import logging
from collections.abc import Collection, Sequence
from typing import NamedTuple

from api.domain.rollups import Checkpoint
from api.services.fair_order import in_turn
from api.services.fold_passes import log_failure, project_stored
from api.stores.protocol import Conflict, RollupStore, Stored, Unavailable, create_or_replace

DAYS_MAX = 1000
_RECORD = "unprojected_days"
DAYS_PER_SWEEP = 100
_ATTEMPTS_MAX = 10

log = logging.getLogger(__name__)


class _Day(NamedTuple):
    org_id: str
    day: str


async def note_unprojected(store: RollupStore, days: Collection[tuple[str, str]]) -> None:
    """Add these days to the list for the next sweep.

    If there are too many days, organisations get equal shares of the list, and the latest days of
    each organisation are kept. The projection of a day that doesn't fit into the list is updated by
    `analytics recount --repair`, or earlier if the day receives new events.
    """
    if not days:
        return
    for _ in range(_ATTEMPTS_MAX):
        stored = await store.read(Checkpoint, _RECORD)
        noted = list(dict.fromkeys([*_days_of(stored), *(_Day(*day) for day in sorted(days))]))
        if len(noted) > DAYS_MAX:
            noted = in_turn(sorted(noted, key=lambda one: one.day, reverse=True))
        try:
            await create_or_replace(store, _record_of(noted[:DAYS_MAX]), stored)
        except Conflict:
            continue
        for one in noted[DAYS_MAX:]:
            fields = {"org_id": one.org_id, "day": one.day}
            log.error("a failed projection is not retried", extra={"fields": fields})
        return
    raise Unavailable("every write of the list of days to project conflicted with another write")


async def project_noted(store: RollupStore, *, days_max: int = DAYS_PER_SWEEP) -> Exception | None:
    """Update the projections of the listed days. Return the first error, or None.

    Days whose projection fails again are moved to the end of the list.
    """
    stored = await store.read(Checkpoint, _RECORD)
    days = _days_of(stored)
    failed: dict[_Day, Exception] = {}
    for one in days[:days_max]:
        try:
            await project_stored(store, *one)
        except Exception as error:  # noqa: BLE001 - logged, and the day stays recorded
            log_failure("a recorded day can't be projected yet", *one, error)
            failed[one] = error
    if days:
        try:
            left = _record_of([*days[days_max:], *failed])
            await create_or_replace(store, left, stored)
        except Conflict:
            pass  # days were added in the meantime, and the next sweep handles all of them
    return next(iter(failed.values()), None)


def _days_of(stored: Stored[Checkpoint] | None) -> Sequence[_Day]:
    return [_Day(*day) for day in json.loads(stored.record.position)] if stored else []


def _record_of(days: Sequence[_Day]) -> Checkpoint:
    return Checkpoint(_RECORD, json.dumps(days))
