"""Projections of rollups for queries, with counts and users in separate documents.

Users and late events are written before counts, and queries read counts first. A query therefore
gets users that are at least as new as its counts.
"""

import logging

from api import telemetry
from api.domain.rollups import (
    DayCounts,
    DayUsers,
    LateEvents,
    Rollup,
    counts_of,
    late_events_id,
    users_id,
    users_of,
)
from api.domain.usage import late_events, received_in
from api.services.outdated_days import is_outdated, note_outdated
from api.stores.protocol import Conflict, RollupStore, Stored, Unavailable, create_or_replace

_ATTEMPTS_MAX = 10

log = logging.getLogger(__name__)


async def project(store: RollupStore, rollup: Rollup, *, rewrite: bool = False) -> None:
    """Update the projection to this rollup, unless the stored projection is newer.

    With `rewrite`, also write late events that seem to be unchanged.
    """
    context = rollup.context
    with telemetry.projection_span(rollup.org_id, rollup.day, context and context.traceparent):
        if await _project(store, rollup, rewrite=rewrite) and context:
            lag = telemetry.record_lag(context.received_at, "projection")
            fields = {"org_id": rollup.org_id, "day": rollup.day, "lag_seconds": round(lag, 3)}
            log.info("rollup projected", extra={"fields": fields})  # alarms use this line
    if is_outdated(counts_of(rollup), store.user_keys.version):
        await note_outdated(store)


async def _project(store: RollupStore, rollup: Rollup, *, rewrite: bool) -> bool:
    """Write the projection if the rollup is newer. Return whether the rollup was newer."""
    org_id = rollup.org_id
    known = await store.read(DayCounts, org_id, rollup.day)
    day = counts_of(rollup)
    if known and known.record.number >= day.number and not rewrite:
        return False
    for late in late_events(day, known.record if known else None):
        if rewrite or not known or received_in(known.record, late.month) != late.received:
            await _put_newer(store, late, await store.read(LateEvents, org_id, _id_of(late)))
    if (known.record.users_number if known else 0) < rollup.users_number:
        users = users_of(rollup)
        await _put_newer(store, users, await store.read(DayUsers, org_id, _id_of(users)))
    return await _put_newer(store, day, known)


async def _put_newer[R: DayCounts | DayUsers | LateEvents](
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


def _id_of(record: DayCounts | DayUsers | LateEvents) -> str:
    if isinstance(record, LateEvents):
        return late_events_id(record.month, record.day)
    return users_id(record.day) if isinstance(record, DayUsers) else record.day
