"""Comparison of the event lake with the rollups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.domain.rollups import DayCounts
from api.domain.type_names import OTHER
from api.lake.protocol import LakeReader, Statement
from api.services.frozen_days import is_day_frozen
from api.services.recount import find_days
from api.stores.protocol import RollupStore

_COUNTS = Statement(
    "SELECT CAST(day AS VARCHAR), event_type, count(*) FROM events GROUP BY ALL ORDER BY ALL"
)


@dataclass(frozen=True, slots=True)
class DayDifference:
    """A day and event type whose number of events differs. The total has the type ""."""

    day: str
    event_type: str
    rollup: int
    lake: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The number of compared days and of their events in the lake, and all differences.

    `frozen` is the number of days that differ, but are frozen.
    """

    days: int
    events: int
    differences: Sequence[DayDifference]
    frozen: int = 0


async def compare_days(
    store: RollupStore, lake: LakeReader, org_id: str, first: str, last: str
) -> Comparison:
    """Compare the rollups with the lake in this range of UTC days. Raises LakeUnavailable.

    Types that the rollup counts together as other types are compared only in the total. Frozen days
    may differ: an erasure removes events from the lake that the rollup still counts.
    """
    stored = await store.find(DayCounts, org_id, first=first, last=last)
    rollups = {one.day: one.counts for one in stored}
    snapshot = await lake.snapshot(org_id)
    rows = await lake.query(snapshot, _COUNTS, first_day=first, last_day=last)
    archived: dict[str, dict[str, int]] = {}
    for day, event_type, count in rows:
        archived.setdefault(day, {})[event_type] = count
    days = sorted(rollups.keys() | archived.keys())
    differences: list[DayDifference] = []
    frozen = 0
    for day in days:
        different = _compare(day, rollups.get(day, {}), archived.get(day, {}))
        if different and await is_day_frozen(store, org_id, day):
            frozen += 1
        else:
            differences += different
    return Comparison(len(days), sum(count for *_, count in rows), differences, frozen)


async def find_lake_days(
    store: RollupStore, lake: LakeReader, org_id: str, first: str, last: str
) -> Sequence[str]:
    """Return the days in this range that have events in the store or in the lake."""
    archived = [day for day in (await lake.snapshot(org_id)).files if first <= day <= last]
    return sorted({*archived, *await find_days(store, org_id, first, last)})


def _compare(
    day: str, rollup: Mapping[str, int], archived: Mapping[str, int]
) -> Sequence[DayDifference]:
    found = [DayDifference(day, "", sum(rollup.values()), sum(archived.values()))]
    names = rollup.keys() - {OTHER}
    if not rollup.get(OTHER):
        names |= archived.keys()
    found += [
        DayDifference(day, name, rollup.get(name, 0), archived.get(name, 0))
        for name in sorted(names)
    ]
    return [one for one in found if one.rollup != one.lake]
