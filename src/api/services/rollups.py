"""Follow the change feed: fold deltas into rollups, and project the rollups for reading.

The feed is at-least-once and only says where to look. Organisations take turns.
"""

import asyncio
import logging
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from api import telemetry
from api.domain.rollups import Checkpoint, Rejected, Rollup
from api.errors import ApiError
from api.services.backoff import PROMPT_RETRIES
from api.services.fold_queue import FoldQueue, Waiting
from api.services.folds import fold_some, set_aside
from api.services.projections import project
from api.services.turns import in_turn
from api.stores.protocol import Changes, Conflict, RollupStore, Stored, Unavailable

FEED_READER = "rollup_metrics"
CHANGES_PER_LOOK_MAX = 1000
TURNS_PER_PASS = 10  # folds per organisation between two looks at the feed
FOLDS_PER_PASS_MAX = 2000  # of all organisations: ends before a function's time limit
REPEATS_MAX = PROMPT_RETRIES  # deliveries in a row that failing folds of one organisation may cause
_ATTEMPTS_MAX = 10
_PAUSES_SECONDS = (0.2, 1.0)  # between looks: under load, and when nothing happens
_SWEEP_SECONDS = 60

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """Where a reader of the feed has come, and how many documents the last look showed.

    `error` is why a day could not be brought up to date; it waits in the queue.
    """

    checkpoint: Stored[Checkpoint] | None
    seen: int = 1
    error: ApiError | None = None


async def apply_changes(
    store: RollupStore, changes: Changes, queue: FoldQueue | None = None
) -> None:
    """Do what changed documents ask for. Safe to repeat, whole or in part.

    Organisations take turns, and each gets a bounded share; days that are left wait in the queue
    and, safe from crashes, in the store. One failure never costs the others: it is raised at the
    end, so that the same changes come again. An organisation whose folds fail every time is left to
    the sweep instead, as nobody's changes are delivered while those of others are repeated.
    """
    queue = FoldQueue() if queue is None else queue
    failed = await _set_aside_all(store, changes.unreadable)
    queue.add(changes.days)
    folds = await _fold_in_turn(store, queue, turns=TURNS_PER_PASS)
    projections = await _project_in_turn(store, changes.rollups)
    failed = failed or next((error for _, error in projections), None) or _to_repeat(queue, folds)
    if failed:
        raise failed


async def _set_aside_all(store: RollupStore, unreadable: Iterable[Rejected]) -> ApiError | None:
    failed: ApiError | None = None
    for document in unreadable:
        try:
            await set_aside(store, document)
        except ApiError as error:
            failed = error
        except Exception:
            log.exception("a document can't be set aside")
    return failed


async def _fold_in_turn(
    store: RollupStore, queue: FoldQueue, *, turns: int
) -> Mapping[str, ApiError | None]:
    """Fold a day of every organisation per turn; return the organisations, each with an error.

    A day that fails is not tried again in the same pass.
    """
    served: dict[str, ApiError | None] = {}
    failed: list[Waiting] = []
    folds = 0
    try:
        for _ in range(turns):
            turn = queue.take_turn()
            for waiting in turn:
                error = await _advance(store, queue, waiting, failed)
                served[waiting.org_id] = error or served.get(waiting.org_id)
            folds += len(turn)
            if not turn or folds >= FOLDS_PER_PASS_MAX:
                break
    finally:
        for waiting in failed:
            queue.put_failed(replace(waiting, conflicts=0))
    return served


async def _advance(
    store: RollupStore, queue: FoldQueue, waiting: Waiting, failed: list[Waiting]
) -> ApiError | None:
    """Make one fold of the day, and enqueue the day again if it needs more."""
    org_id, day = waiting.org_id, waiting.day
    try:
        limit = await fold_some(store, org_id, day, waiting.limit)
        if waiting.unprojected and not limit:
            await project(store, (await store.pending(org_id, day, limit=1)).rollup)
    except Conflict:
        if waiting.conflicts < _ATTEMPTS_MAX:
            queue.put(replace(waiting, conflicts=waiting.conflicts + 1))
            return None
        failed.append(waiting)
        return Unavailable(f"the fold of {org_id} {day} kept losing")
    except ApiError as error:
        fields = {"org_id": org_id, "day": day, "reason": repr(error)}
        log.warning("a fold failed and is retried later", extra={"fields": fields})
        failed.append(waiting)
        return error
    except Exception:
        log.exception("a rollup can't be brought up to date")
        failed.append(waiting)
        return None
    queue.note_success(waiting)
    if limit:
        queue.put(replace(waiting, limit=limit, conflicts=0))
    return None


async def _project_in_turn(
    store: RollupStore, rollups: Iterable[Rollup]
) -> Sequence[tuple[Rollup, ApiError]]:
    """Project the newest rollup of every day; return those that failed and may succeed later."""
    failed: list[tuple[Rollup, ApiError]] = []
    for rollup in in_turn(_newest(rollups)):
        try:
            await project(store, rollup)
        except ApiError as error:
            failed.append((rollup, error))
        except Exception:
            log.exception("a rollup can't be brought up to date")
    return failed


def _to_repeat(queue: FoldQueue, folds: Mapping[str, ApiError | None]) -> ApiError | None:
    """Return the failure for which the host should deliver the changes again, if there is one."""
    found: ApiError | None = None
    for org_id, error in folds.items():
        if error is None:
            queue.organizations.note_success(org_id)
        elif queue.organizations.note_failure(org_id) <= REPEATS_MAX:
            found = error
    return found


async def take_step(
    store: RollupStore, checkpoint: Stored[Checkpoint] | None, queue: FoldQueue
) -> Step:
    """Look at the feed once, do a bounded share of what waits, then move the checkpoint.

    Killed before the last write, the next step sees the same changes again, which changes nothing.
    Days to fold never hold the checkpoint back: their deltas are in the store, where a sweep finds
    them. Projections that failed do, as only the feed names them. A look that shows only what own
    folds left behind is stored with the next fold: a checkpoint costs as much as an event.
    """
    position = checkpoint.record.position if checkpoint else None
    changes = await store.changes(position, limit=CHANGES_PER_LOOK_MAX)
    failed = await _set_aside_all(store, changes.unreadable)
    queue.add(changes.days)
    is_behind = changes.count >= CHANGES_PER_LOOK_MAX  # others may be further on in the feed
    folds = await _fold_in_turn(store, queue, turns=1 if is_behind else TURNS_PER_PASS)
    error = next((error for error in folds.values() if error), None)
    for rollup, why in await _project_in_turn(store, changes.rollups):
        error = why
        if not queue.put_failed(Waiting(rollup.org_id, rollup.day, unprojected=True)):
            failed = why
    if failed:
        raise failed
    return Step(await _moved(store, checkpoint, changes, queue), changes.count, error)


async def _moved(
    store: RollupStore, checkpoint: Stored[Checkpoint] | None, changes: Changes, queue: FoldQueue
) -> Stored[Checkpoint] | None:
    if changes.count == 0:
        return checkpoint
    moved = Checkpoint(FEED_READER, changes.checkpoint)
    if checkpoint is None:
        if queue.holds_projections:
            return None
        return await store.create(moved)
    is_busy = changes.days or changes.unreadable or changes.count >= CHANGES_PER_LOOK_MAX
    if queue.holds_projections or not is_busy:
        return Stored(moved, checkpoint.version)
    return await store.replace(moved, version=checkpoint.version)


def _newest(rollups: Iterable[Rollup]) -> Iterable[Rollup]:
    ordered = sorted(rollups, key=lambda rollup: rollup.number)
    return {(rollup.org_id, rollup.day): rollup for rollup in ordered}.values()


async def sweep(store: RollupStore, queue: FoldQueue | None = None) -> None:
    """Fold whatever a lost signal left, within the bounds of the queue and of one pass."""
    queue = FoldQueue() if queue is None else queue
    queue.add(await store.unfolded())
    folds = await _fold_in_turn(store, queue, turns=FOLDS_PER_PASS_MAX)
    if failed := next((error for error in folds.values() if error), None):
        raise failed


async def catch_up(store: RollupStore) -> None:
    """Sweep and read the feed: every event stored before is in its rollup after."""
    queue = FoldQueue(days_per_organization_max=sys.maxsize, days_max=sys.maxsize)
    queue.add(await store.unfolded())
    await read_feed(store, queue)


async def read_feed(store: RollupStore, queue: FoldQueue) -> None:
    """Follow the feed until nothing is new and nothing waits."""
    step = Step(await store.read(Checkpoint, FEED_READER))
    while step.seen or queue.is_due:
        step = await take_step(store, step.checkpoint, queue)
        if step.error:
            raise step.error


async def follow(store: RollupStore) -> None:
    """Catch up, sweep, and go on for ever; a failing store is waited for."""
    queue, step = FoldQueue(), Step(None)
    pause, until_sweep, is_behind = _PAUSES_SECONDS[0], 0.0, True
    while True:
        try:
            with telemetry.quiet():
                if until_sweep <= 0:
                    queue.add(await store.unfolded())
                    until_sweep = _SWEEP_SECONDS
                if is_behind:
                    step = Step(await store.read(Checkpoint, FEED_READER))
                    is_behind = False
                step = await take_step(store, step.checkpoint, queue)
            pause = _next_pause(pause, step.seen or queue.is_due)
        except (ApiError, Conflict) as error:  # Conflict: another reader moved the checkpoint
            log.warning("rollups wait", extra={"fields": {"reason": repr(error)}})
            pause, until_sweep, is_behind = _PAUSES_SECONDS[1], 0.0, True
        await asyncio.sleep(pause)
        until_sweep -= pause


def _next_pause(pause: float, seen: int) -> float:
    """None behind a full look; else short, so that one fold takes many deltas; longer when idle."""
    if seen >= CHANGES_PER_LOOK_MAX:
        return 0
    shortest, longest = _PAUSES_SECONDS
    return shortest if seen else min(max(pause, shortest) * 2, longest)
