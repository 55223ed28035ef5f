"""Compare the event lake with the rollups, and build days of the lake again from the store."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass

from api.domain.rollups import DayCounts
from api.domain.type_names import OTHER
from api.lake.protocol import LakeReader, LakeWriter, Statement
from api.services.archive import archive_day
from api.stores.protocol import Store

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


async def compare_days(
    store: Store, lake: LakeReader, org_id: str, first: str, last: str
) -> Sequence[DayDifference]:
    """Return the differences between the rollups and the lake in this range of UTC days.

    Types that the rollup counts together as other types are compared only in the total.
    """
    stored = await store.find(DayCounts, org_id, first=first, last=last)
    rollups = {one.day: one.counts for one in stored}
    snapshot = await lake.snapshot(org_id)
    rows = await lake.query(snapshot, _COUNTS, first_day=first, last_day=last)
    archived: dict[str, dict[str, int]] = {}
    for day, event_type, count in rows:
        archived.setdefault(day, {})[event_type] = count
    differences: list[DayDifference] = []
    for day in sorted(rollups.keys() | archived.keys()):
        differences += _compare(day, rollups.get(day, {}), archived.get(day, {}))
    return differences


async def rebuild_days(
    store: Store, lake: LakeWriter, org_id: str, days: Sequence[str]
) -> AsyncGenerator[tuple[str, int]]:
    """Replace these days of the lake, and yield each day with its number of events."""
    for day in days:
        yield day, await archive_day(store, lake, org_id, day)


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
