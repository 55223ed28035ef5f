"""Read projections of rollups, with counts and users in separate documents.

Projections write users first, and queries read counts first. A query therefore gets users that are
at least as new as its counts.
"""

import logging

from api import telemetry
from api.domain.rollups import DayCounts, DayUsers, Rollup, counts_of, users_id, users_of
from api.services.outdated_days import is_outdated, note_outdated
from api.stores.protocol import Conflict, RollupStore, Stored, Unavailable, create_or_replace

_ATTEMPTS_MAX = 10

log = logging.getLogger(__name__)


async def project(store: RollupStore, rollup: Rollup) -> None:
    """Update the projection to this rollup, unless the stored projection is newer."""
    context = rollup.context
    with telemetry.projection_span(rollup.org_id, rollup.day, context and context.traceparent):
        if await _project(store, rollup) and context:
            lag = telemetry.record_lag(context.received_at, "projection")
            fields = {"org_id": rollup.org_id, "day": rollup.day, "lag_seconds": round(lag, 3)}
            log.info("rollup projected", extra={"fields": fields})  # alarms use this line
    if is_outdated(counts_of(rollup), store.user_keys.version):
        await note_outdated(store)


async def _project(store: RollupStore, rollup: Rollup) -> bool:
    """Write the projection if the rollup is newer. Return whether the rollup was newer."""
    org_id, day = rollup.org_id, rollup.day
    known = await store.read(DayCounts, org_id, day)
    if (known.record.users_number if known else 0) < rollup.users_number:
        await _put_newer(store, users_of(rollup), await store.read(DayUsers, org_id, users_id(day)))
    return await _put_newer(store, counts_of(rollup), known)


async def _put_newer[R: DayCounts | DayUsers](
    store: RollupStore, record: R, known: Stored[R] | None
) -> bool:
    for _ in range(_ATTEMPTS_MAX):
        try:
            if known and known.record.number >= record.number:
                return False
            await create_or_replace(store, record, known)
        except Conflict:
            known = await store.read(type(record), record.org_id, _id_of(record))
            continue
        return True
    raise Unavailable(
        f"every attempt to project {record.org_id} {record.day} conflicted with another write"
    )


def _id_of(record: DayCounts | DayUsers) -> str:
    return users_id(record.day) if isinstance(record, DayUsers) else record.day
