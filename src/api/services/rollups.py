"""Follow the change feed, fold deltas into rollups, and project the rollups for reading.

The change feed delivers every change at least once, and a changed delta is used only to find its
day. Days are processed round-robin by organisation.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from api import telemetry
from api.domain.rollups import Checkpoint
from api.errors import ApiError, reason_of
from api.services.backoff import PROMPT_RETRIES
from api.services.dead_letters import move_all_to_dead_letters
from api.services.fold_passes import (
    FOLDS_PER_PASS_MAX,
    TURNS_PER_PASS,
    fold_in_turn,
    project_in_turn,
    project_stored,
)
from api.services.fold_queue import FoldQueue, Waiting
from api.services.noted_days import DAYS_PER_SWEEP, NotedDays
from api.stores.protocol import Changes, Conflict, RollupStore, Stored, create_or_replace

FEED_READER = "rollup_metrics"
# A day that doesn't fit into this list is projected by `analytics recount --repair`, or earlier if
# the day receives new events.
UNPROJECTED = NotedDays("unprojected_days")
CHANGES_PER_READ_MAX = 1000
REPEATS_MAX = PROMPT_RETRIES  # consecutive failures of an organisation that cause a redelivery
_SECONDS_PER_STEP = 0.5  # of folding between two reads of the feed
_SECONDS_PER_CALL = 60.0  # of folding per call of a serverless function; its time limit is longer
_PAUSES_SECONDS = (0.2, 1.0)  # between two reads of the feed, under load and when idle
_SWEEP_SECONDS = 60

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeedRead:
    """The position of a reader in the change feed after one read.

    `seen` is the number of documents that were read. `has_folded` is true if days were folded, so
    that the next read returns their rollups. `error` is the reason why a day could not be updated;
    the day stays in the queue.
    """

    checkpoint: Stored[Checkpoint] | None
    seen: int = 1
    has_folded: bool = False
    error: Exception | None = None

    @property
    def is_busy(self) -> bool:
        """Return whether the next read of the feed may return more changes."""
        return bool(self.seen) or self.has_folded


async def apply_changes(
    store: RollupStore, changes: Changes, queue: FoldQueue | None = None
) -> None:
    """Fold and project the days of changed documents. Safe to repeat.

    Days are processed round-robin by organisation, up to a limit. Days beyond the limit stay in the
    queue, and their deltas stay in the store. If a day fails, the other days are still processed.
    The error of a failed day is raised at the end, so that the host of the serverless function
    delivers the same changes again. The host delivers no new changes until it has delivered these
    changes without an error. If the days of an organisation fail again and again, their error is no
    longer raised, and the sweep retries these days.
    """
    queue = FoldQueue() if queue is None else queue
    refused = await move_all_to_dead_letters(store, changes.unreadable)
    unprojected = await project_in_turn(store, changes.rollups)
    queue.add(changes.days)
    folds = await fold_in_turn(store, queue, seconds=_SECONDS_PER_CALL)
    projected = dict.fromkeys(rollup.org_id for rollup in changes.rollups)
    failures = {rollup.org_id: error for rollup, error in unprojected}
    if error := refused or _to_repeat(queue, {**projected, **folds, **failures}):
        raise error
    await UNPROJECTED.add(store, [(rollup.org_id, rollup.day) for rollup, _ in unprojected])


def _to_repeat(queue: FoldQueue, outcomes: Mapping[str, Exception | None]) -> Exception | None:
    """Return the error to raise if the host must deliver the changes again, else None."""
    found: Exception | None = None
    for org_id, error in outcomes.items():
        if error is None:
            queue.organizations.note_success(org_id)
        elif queue.organizations.note_failure(org_id) <= REPEATS_MAX:
            found = error
    return found


async def process_next_changes(
    store: RollupStore, checkpoint: Stored[Checkpoint] | None, queue: FoldQueue
) -> FeedRead:
    """Read the feed once, process a limited number of queued days, then store the checkpoint.

    If the process is killed before the checkpoint is stored, the next step reads the same changes
    again, which has no effect. A failed day doesn't delay the checkpoint, because a sweep finds its
    deltas in the store, or finds the day in the list of days to project. If a read returns only
    rollups that this process wrote itself, the checkpoint is stored with the next fold, because
    storing a checkpoint costs as much as storing an event.
    """
    position = checkpoint.record.position if checkpoint else None
    changes = await store.changes(position, limit=CHANGES_PER_READ_MAX)
    refused = await move_all_to_dead_letters(store, changes.unreadable)
    unprojected = await project_in_turn(store, changes.rollups)  # before the folds of this step
    queue.add(changes.days)
    is_behind = changes.count >= CHANGES_PER_READ_MAX  # other organisations may follow
    folds = await fold_in_turn(
        store, queue, turns=1 if is_behind else TURNS_PER_PASS, seconds=_SECONDS_PER_STEP
    )
    await UNPROJECTED.add(store, [(rollup.org_id, rollup.day) for rollup, _ in unprojected])
    for rollup, _ in unprojected:  # retried before the next sweep
        queue.put_failed(Waiting(rollup.org_id, rollup.day, unprojected=True))
    if refused:
        raise refused
    errors = [*folds.values(), *(error for _, error in unprojected)]
    error = next((error for error in errors if error), None)
    moved = await _moved(store, checkpoint, changes)
    return FeedRead(moved, changes.count, bool(folds), error)


async def _moved(
    store: RollupStore, checkpoint: Stored[Checkpoint] | None, changes: Changes
) -> Stored[Checkpoint] | None:
    if changes.count == 0:
        return checkpoint
    moved = Checkpoint(FEED_READER, changes.checkpoint)
    is_busy = changes.days or changes.unreadable or changes.count >= CHANGES_PER_READ_MAX
    if checkpoint and not is_busy:
        return Stored(moved, checkpoint.version)
    return await create_or_replace(store, moved, checkpoint)


async def sweep(store: RollupStore, queue: FoldQueue | None = None) -> None:
    """Fold deltas that the change feed did not deliver, and project days whose projection failed.

    A sweep processes at most as many days as the limits of the queue and of one pass allow. Raises
    the first error at the end.
    """
    queue = FoldQueue() if queue is None else queue
    unprojected = await _find_missed(store, queue, DAYS_PER_SWEEP)
    folds = await fold_in_turn(store, queue, turns=FOLDS_PER_PASS_MAX, seconds=_SECONDS_PER_CALL)
    if failed := next((error for error in [*folds.values(), unprojected] if error), None):
        raise failed


async def _find_missed(store: RollupStore, queue: FoldQueue, days_max: int) -> Exception | None:
    """Retry failed projections, and enqueue all days with deltas.

    Return the first error of a projection, if any.
    """
    project = partial(project_stored, store)
    unprojected = await UNPROJECTED.process(store, project, days_max=days_max)
    queue.add(await store.unfolded())
    return unprojected


async def catch_up(store: RollupStore) -> None:
    """Retry failed projections, fold all deltas, and follow the feed until no changes are left.

    After the call, rollups include every event that was stored before the call.

    Raises the first error instead of waiting until the failed day is retried.
    """
    queue = FoldQueue(days_per_organization_max=sys.maxsize, days_max=sys.maxsize)
    unprojected = await _find_missed(store, queue, sys.maxsize)
    await read_feed(store, queue)
    if unprojected:
        raise unprojected


async def read_feed(store: RollupStore, queue: FoldQueue) -> None:
    """Follow the feed until there are no new changes and the queue is empty."""
    step = FeedRead(await store.read(Checkpoint, FEED_READER))
    while step.is_busy or queue.is_due:
        step = await process_next_changes(store, step.checkpoint, queue)
        if step.error:
            raise step.error


async def run_rollup_worker(store: RollupStore) -> None:
    """Follow the feed and sweep regularly, in an endless loop. Retry after errors of the store."""
    queue, step = FoldQueue(), FeedRead(None)
    pause, until_sweep, is_behind = _PAUSES_SECONDS[0], 0.0, True
    while True:
        try:
            with telemetry.quiet():
                if until_sweep <= 0:
                    await _find_missed(store, queue, DAYS_PER_SWEEP)  # which logs failures
                    until_sweep = _SWEEP_SECONDS
                if is_behind:
                    step = FeedRead(await store.read(Checkpoint, FEED_READER))
                    is_behind = False
                step = await process_next_changes(store, step.checkpoint, queue)
            pause = _next_pause(pause, step.seen or step.has_folded or queue.is_due)
        except Exception as error:
            # Conflict means that another reader stored a checkpoint.
            unexpected = None if isinstance(error, (ApiError, Conflict)) else error
            fields = {"reason": reason_of(error)}
            log.warning("updating rollups failed", exc_info=unexpected, extra={"fields": fields})
            pause, until_sweep, is_behind = _PAUSES_SECONDS[1], 0.0, True
        await asyncio.sleep(pause)
        until_sweep -= pause


def _next_pause(pause: float, seen: int) -> float:
    """Return the pause before the next read of the feed.

    The pause is 0 after a full page, and short while changes arrive, so that a fold covers several
    deltas. While no changes arrive, the pause doubles up to a maximum.
    """
    if seen >= CHANGES_PER_READ_MAX:
        return 0
    shortest, longest = _PAUSES_SECONDS
    return shortest if seen else min(max(pause, shortest) * 2, longest)
