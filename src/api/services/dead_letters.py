"""Documents that can't be processed, which are kept with the reason."""

import logging
from collections.abc import Iterable

from api import telemetry
from api.domain.rollups import DeadLetter
from api.errors import ApiError
from api.stores.protocol import RollupStore

log = logging.getLogger(__name__)


async def move_to_dead_letters(store: RollupStore, dead_letter: DeadLetter) -> None:
    """Move a document to the dead letters because it can't be processed.

    Alarms depend on the log line that this function writes. A document that is delivered again is
    logged again, in case the process was killed before it wrote the line, but counted once.
    """
    is_new = await store.move_to_dead_letters(dead_letter)
    fields = {"org_id": dead_letter.org_id, "day": dead_letter.day, "reason": dead_letter.reason}
    log.error("a document can't be processed", extra={"fields": fields})
    if is_new:
        telemetry.count_dead_letter()


async def move_all_to_dead_letters(
    store: RollupStore, unreadable: Iterable[DeadLetter]
) -> ApiError | None:
    """Move all of these documents. Return the last error of the store, so that the host retries."""
    failed: ApiError | None = None
    for document in unreadable:
        try:
            await move_to_dead_letters(store, document)
        except ApiError as error:
            failed = error
        except Exception:
            log.exception("a document can't be dead-lettered")
    return failed
