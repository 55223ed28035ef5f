"""Days whose projection failed and that the change feed no longer names. The sweep projects them.

The change feed names a rollup once. Before a reader moves past a rollup that it could not project,
it records the day in the store, in one document with a bounded number of days.
"""

import json
from collections.abc import Collection, Sequence

from api.domain.rollups import Checkpoint
from api.services.fold_passes import log_failure, project_stored
from api.stores.protocol import Conflict, RollupStore, Stored, Unavailable

DAYS_MAX = 1000
_RECORD = "unprojected_days"
_DAYS_PER_SWEEP = 100
_ATTEMPTS_MAX = 10

type Day = tuple[str, str]  # (org_id, day)


async def note_unprojected(store: RollupStore, days: Collection[Day]) -> None:
    """Record these days for the next sweep. Raises Unavailable when there are too many."""
    if not days:
        return
    for _ in range(_ATTEMPTS_MAX):
        stored = await store.read(Checkpoint, _RECORD)
        noted = list(dict.fromkeys([*_days_of(stored), *sorted(days)]))
        if len(noted) > DAYS_MAX:
            raise Unavailable(f"more than {DAYS_MAX} days wait to be projected")
        if await _put(store, stored, noted):
            return
    raise Unavailable("the list of days to project kept changing")


async def project_noted(store: RollupStore) -> None:
    """Project the recorded days. Move days that fail again behind the others."""
    stored = await store.read(Checkpoint, _RECORD)
    days = _days_of(stored)
    failed: list[Day] = []
    for org_id, day in days[:_DAYS_PER_SWEEP]:
        try:
            await project_stored(store, org_id, day)
        except Exception as error:  # noqa: BLE001 - logged, and the day stays recorded
            log_failure("a noted day can't be projected yet", org_id, day, error)
            failed.append((org_id, day))
    if days:  # on a conflict with newly recorded days, the next sweep handles all of them
        await _put(store, stored, [*days[_DAYS_PER_SWEEP:], *failed])


def _days_of(stored: Stored[Checkpoint] | None) -> Sequence[Day]:
    return [(org_id, day) for org_id, day in json.loads(stored.record.position)] if stored else []


async def _put(store: RollupStore, stored: Stored[Checkpoint] | None, days: Sequence[Day]) -> bool:
    """Write the document, and return whether there was no conflict."""
    record = Checkpoint(_RECORD, json.dumps(days))
    try:
        if stored is None:
            await store.create(record)
        else:
            await store.replace(record, version=stored.version)
    except Conflict:
        return False
    return True
