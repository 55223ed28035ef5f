"""Fold deltas into each day's rollup.

A fold stores the rollup and deletes its deltas in one transaction, so the sums are exact.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from api import telemetry
from api.domain.ingest_context import IngestContext, oldest
from api.domain.rollups import (
    DELTAS_PER_FOLD_MAX,
    Delta,
    Pending,
    dead_letter_from_delta,
)
from api.services.additions import add_deltas, read_known_types
from api.services.dead_letters import move_to_dead_letters
from api.stores.protocol import Conflict, Refused, RollupStore, Unavailable

LATE_SECONDS = 60  # the objective for metrics
_ATTEMPTS_MAX = 10
_UNFOLDABLE = (Refused, RuntimeError, TypeError, ValueError)  # sketches raise RuntimeError

log = logging.getLogger(__name__)


async def fold_day(store: RollupStore, org_id: str, day: str) -> None:
    """Fold every delta of the day. This function may be called repeatedly and concurrently.

    A delta that can't be folded becomes a dead letter, and all other deltas are folded.
    """
    conflicts, limit = 0, DELTAS_PER_FOLD_MAX
    while limit and conflicts < _ATTEMPTS_MAX:
        try:
            limit = await fold_some(store, org_id, day, limit)
        except Conflict:
            conflicts += 1
    if limit:
        raise Unavailable(f"every attempt to fold {org_id} {day} conflicted with another write")


async def fold_some(store: RollupStore, org_id: str, day: str, limit: int) -> int:
    """Fold up to `limit` deltas. Return the limit for the next fold, or 0 if no delta is left.

    Raises Conflict if another fold was first, or if the read of the deltas or rollup was stale.
    """
    pending = await store.pending(org_id, day, limit=limit)
    for unreadable in pending.unreadable:
        await move_to_dead_letters(store, unreadable)
    try:
        await _fold(store, pending)
    except _UNFOLDABLE as error:
        return await _isolate(store, pending.deltas, error)
    return limit if len(pending.deltas) + len(pending.unreadable) >= limit else 0


async def _fold(store: RollupStore, pending: Pending) -> None:
    if not pending.deltas:
        return
    contexts = [delta.context for delta in pending.deltas]
    received_at = oldest(contexts)
    day = pending.rollup.org_id, pending.rollup.day
    with telemetry.fold_span(*day, (context.traceparent for context in contexts if context)):
        known = await read_known_types(store, pending.rollup, pending.deltas)
        added = add_deltas(
            pending.rollup, pending.deltas, users_key=store.user_keys.version, known=known
        )
        rollup = replace(
            added,
            context=IngestContext(received_at, telemetry.current_traceparent())
            if received_at
            else None,
        )
        await store.fold(rollup, version=pending.version, deltas=pending.deltas)
    if received_at and (lag := telemetry.record_lag(received_at, "fold")) >= LATE_SECONDS:
        fields = {"org_id": day[0], "day": day[1], "lag_seconds": round(lag, 3)}
        log.warning("events were folded late", extra={"fields": fields})  # alarms use this line


async def _isolate(store: RollupStore, deltas: Sequence[Delta], error: Exception) -> int:
    """Return half the number of deltas as the next limit, to isolate the delta that fails.

    If there is only one delta, move it to the dead letters.
    """
    if len(deltas) > 1:
        return len(deltas) // 2
    await move_to_dead_letters(store, dead_letter_from_delta(deltas[0], repr(error)))
    return DELTAS_PER_FOLD_MAX
