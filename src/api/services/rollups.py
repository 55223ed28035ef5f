"""Fold deltas into each day's rollup and project the rollups for reading.

The change feed is at-least-once and only says where to look. What makes the sums exact is that a
fold stores the rollup and deletes its deltas in one transaction.
"""

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace
from itertools import chain

from api import telemetry
from api.domain.origins import Origin, oldest
from api.domain.rollups import (
    DELTAS_PER_FOLD_MAX,
    Checkpoint,
    DeadLetter,
    Delta,
    Pending,
    Rollup,
    dead_letter_from_delta,
)
from api.errors import ApiError
from api.services.additions import add_deltas, read_known_types
from api.services.projections import project
from api.stores.protocol import Changes, Conflict, Refused, RollupStore, Stored, Unavailable

FEED_READER = "rollup_metrics"
CHANGES_PER_LOOK_MAX = 1000
_ATTEMPTS_MAX = 10
_UNFOLDABLE = (Refused, RuntimeError, TypeError, ValueError)  # RuntimeError: what sketches raise
_PAUSES_SECONDS = (0.2, 1.0)  # between looks: under load, and when nothing happens
_SWEEP_SECONDS = 60

log = logging.getLogger(__name__)


async def fold_day(store: RollupStore, org_id: str, day: str) -> None:
    """Fold every delta of the day. Safe to run anywhere, any number of times, at once.

    A delta that can't be folded becomes a dead letter; the others are folded without it.
    """
    conflicts, limit = 0, DELTAS_PER_FOLD_MAX
    while conflicts < _ATTEMPTS_MAX:
        pending = await store.pending(org_id, day, limit=limit)
        for unreadable in pending.unreadable:
            await _dead_letter(store, unreadable)
        if not pending.deltas and not pending.unreadable:
            return
        try:
            await _fold(store, pending)
        except Conflict:  # another fold was first, or the read was behind it
            conflicts += 1
        except _UNFOLDABLE as error:
            limit = await _isolate(store, pending.deltas, error)
    raise Unavailable(f"the fold of {org_id} {day} kept losing")


async def _fold(store: RollupStore, pending: Pending) -> None:
    if not pending.deltas:
        return
    origins = [delta.origin for delta in pending.deltas]
    received_at = oldest(origins)
    day = pending.rollup.org_id, pending.rollup.day
    with telemetry.fold_span(*day, (origin.traceparent for origin in origins if origin)):
        known = await read_known_types(store, pending.rollup, pending.deltas)
        added = add_deltas(
            pending.rollup, pending.deltas, users_key=store.user_keys.version, known=known
        )
        rollup = replace(
            added,
            origin=Origin(received_at, telemetry.current_traceparent()) if received_at else None,
        )
        await store.fold(rollup, version=pending.version, deltas=pending.deltas)
    if received_at:
        telemetry.record_lag(received_at, "fold")


async def _isolate(store: RollupStore, deltas: Sequence[Delta], error: Exception) -> int:
    """Halve the fold until one delta is left, and dead-letter it. Returns the next limit."""
    if len(deltas) > 1:
        return len(deltas) // 2
    await _dead_letter(store, dead_letter_from_delta(deltas[0], repr(error)))
    return DELTAS_PER_FOLD_MAX


async def _dead_letter(store: RollupStore, dead_letter: DeadLetter) -> None:
    await store.move_to_dead_letters(dead_letter)
    fields = {"org_id": dead_letter.org_id, "day": dead_letter.day, "reason": dead_letter.reason}
    log.error("a document can't be folded", extra={"fields": fields})
    telemetry.count_rejected_document()


async def apply_changes(store: RollupStore, changes: Changes) -> None:
    """Do what changed documents ask for. Safe to repeat, whole or in part.

    One failure never costs the others: what is throttled or unavailable is raised at the end, so
    that the same changes come again; what no repetition can cure is logged.
    """
    await _each(
        chain(
            (_dead_letter(store, unreadable) for unreadable in changes.unreadable),
            (fold_day(store, org_id, day) for org_id, day in sorted(changes.days)),
            (project(store, rollup) for rollup in _newest(changes.rollups)),
        )
    )


async def _each(tasks: Iterable[Awaitable[None]]) -> None:
    transient: ApiError | None = None
    for task in tasks:
        try:
            await task
        except ApiError as error:
            transient = error
        except Exception:
            log.exception("a rollup can't be brought up to date")
    if transient:
        raise transient


async def take_step(
    store: RollupStore, checkpoint: Stored[Checkpoint] | None
) -> tuple[Stored[Checkpoint] | None, int]:
    """Look at the feed once, do what it says, then move the checkpoint.

    Returns the checkpoint and how many documents were seen. Killed before the last write, the next
    step sees the same changes again, which changes nothing. A look that shows only what own folds
    left behind is therefore stored with the next fold: a checkpoint costs as much as an event.
    """
    position = checkpoint.record.position if checkpoint else None
    changes = await store.changes(position, limit=CHANGES_PER_LOOK_MAX)
    await apply_changes(store, changes)
    if changes.count == 0:
        return checkpoint, 0
    moved = Checkpoint(FEED_READER, changes.checkpoint)
    if checkpoint is None:
        return await store.create(moved), changes.count
    if not (changes.days or changes.unreadable) and changes.count < CHANGES_PER_LOOK_MAX:
        return Stored(moved, checkpoint.version), changes.count
    return await store.replace(moved, version=checkpoint.version), changes.count


def _newest(rollups: Iterable[Rollup]) -> Iterable[Rollup]:
    ordered = sorted(rollups, key=lambda rollup: rollup.number)
    return {(rollup.org_id, rollup.day): rollup for rollup in ordered}.values()


async def sweep(store: RollupStore) -> None:
    """Fold whatever a lost signal left."""
    days = sorted(await store.unfolded())
    await _each(fold_day(store, org_id, day) for org_id, day in days)


async def catch_up(store: RollupStore) -> None:
    """Follow the feed until nothing is new: every event stored before is in its rollup after."""
    checkpoint = await store.read(Checkpoint, FEED_READER)
    seen = 1
    while seen:
        checkpoint, seen = await take_step(store, checkpoint)


async def follow(store: RollupStore) -> None:
    """Catch up, sweep, and go on for ever; a failing store is waited for."""
    checkpoint: Stored[Checkpoint] | None = None
    pause, until_sweep = _PAUSES_SECONDS[0], 0.0
    while True:
        try:
            with telemetry.quiet():
                if until_sweep <= 0:
                    await sweep(store)
                    checkpoint = await store.read(Checkpoint, FEED_READER)
                    until_sweep = _SWEEP_SECONDS
                checkpoint, seen = await take_step(store, checkpoint)
            pause = _next_pause(pause, seen)
        except (ApiError, Conflict) as error:  # Conflict: another reader moved the checkpoint
            log.warning("rollups wait", extra={"fields": {"reason": repr(error)}})
            pause, until_sweep = _PAUSES_SECONDS[1], 0.0
        await asyncio.sleep(pause)
        until_sweep -= pause


def _next_pause(pause: float, seen: int) -> float:
    """None behind a full look; else short, so that one fold takes many deltas; longer when idle."""
    if seen >= CHANGES_PER_LOOK_MAX:
        return 0
    shortest, longest = _PAUSES_SECONDS
    return shortest if seen else min(max(pause, shortest) * 2, longest)
