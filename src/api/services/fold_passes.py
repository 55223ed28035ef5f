"""One pass over the queued days, round-robin by organisation.

If a day fails, the other days are still processed.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from api.domain.rollups import Rollup
from api.errors import ApiError, reason_of
from api.services.fair_order import in_turn
from api.services.fold_queue import FoldQueue, Waiting
from api.services.folds import fold_some
from api.services.projections import project
from api.stores.protocol import Conflict, RollupStore, Unavailable

TURNS_PER_PASS = 10  # folds per organisation between two reads of the feed
FOLDS_PER_PASS_MAX = 2000  # across all organisations
_CONFLICTS_MAX = 10

log = logging.getLogger(__name__)


async def fold_in_turn(
    store: RollupStore, queue: FoldQueue, *, turns: int = TURNS_PER_PASS, seconds: float
) -> Mapping[str, Exception | None]:
    """Fold one day per organisation in each turn.

    Return each organisation's error, or None for an organisation without an error.

    No turn begins after the time limit. A day that fails is not retried in the same pass.
    """
    served: dict[str, Exception | None] = {}
    failed: list[Waiting] = []
    folds, end = 0, queue.now() + seconds
    try:
        for _ in range(turns):
            turn = queue.take_turn()
            for waiting in turn:
                error = await _advance(store, queue, waiting, failed)
                served[waiting.org_id] = error or served.get(waiting.org_id)
            folds += len(turn)
            if not turn or folds >= FOLDS_PER_PASS_MAX or queue.now() >= end:
                break
    finally:
        for waiting in failed:
            queue.put_failed(replace(waiting, conflicts=0))
    return served


async def _advance(
    store: RollupStore, queue: FoldQueue, waiting: Waiting, failed: list[Waiting]
) -> Exception | None:
    """Fold the day once, and enqueue it again if it has more deltas."""
    org_id, day = waiting.org_id, waiting.day
    try:
        limit = await fold_some(store, org_id, day, waiting.limit)
        if waiting.unprojected and not limit:
            await project_stored(store, org_id, day)
    except Conflict:
        if waiting.conflicts < _CONFLICTS_MAX:
            queue.put(replace(waiting, conflicts=waiting.conflicts + 1))
            return None
        failed.append(waiting)
        return Unavailable(f"every attempt to fold {org_id} {day} conflicted with another write")
    except Exception as error:  # noqa: BLE001 - logged, and the day is retried
        log_failure("a fold failed and is retried later", org_id, day, error)
        failed.append(waiting)
        return error
    queue.note_success(waiting)
    if limit:
        queue.put(replace(waiting, limit=limit, conflicts=0))
    return None


async def project_stored(store: RollupStore, org_id: str, day: str) -> None:
    """Update the day's projection to the stored rollup."""
    await project(store, (await store.pending(org_id, day, limit=1)).rollup)


async def project_in_turn(
    store: RollupStore, rollups: Iterable[Rollup]
) -> Sequence[tuple[Rollup, Exception]]:
    """Update the projection of every day to the newest of these rollups.

    Return the rollups that could not be projected, with their errors.
    """
    failed: list[tuple[Rollup, Exception]] = []
    for rollup in in_turn(_newest(rollups)):
        try:
            await project(store, rollup)
        except Exception as error:  # noqa: BLE001 - logged, and returned for a retry
            log_failure("a projection failed and is retried", rollup.org_id, rollup.day, error)
            failed.append((rollup, error))
    return failed


def _newest(rollups: Iterable[Rollup]) -> Iterable[Rollup]:
    ordered = sorted(rollups, key=lambda rollup: rollup.number)
    return {(rollup.org_id, rollup.day): rollup for rollup in ordered}.values()


def log_failure(message: str, org_id: str, day: str, error: Exception) -> None:
    """Log a failure, with the traceback if the error isn't of a type that stores raise."""
    fields = {"org_id": org_id, "day": day, "reason": reason_of(error)}
    unexpected = None if isinstance(error, (ApiError, Conflict)) else error
    log.warning(message, exc_info=unexpected, extra={"fields": fields})
