"""Regular maintenance of the lake: recorded days, old days, small files and unused files."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta

from api import telemetry
from api.domain.reference import Organization
from api.domain.retention import FOREVER, first_kept_day
from api.errors import ApiError, reason_of
from api.lake.protocol import LakeWriter
from api.services.archive import archive_noted_days
from api.stores.protocol import RollupStore, Store

VACUUM_AFTER_HOURS = 24  # longer than any reader uses an old version of a table
_EVENTS_ARRIVE_WITHIN = timedelta(hours=6)  # nearly all of them
_PAUSE_SECONDS = 300

log = logging.getLogger(__name__)


async def keep_maintaining(store: RollupStore, lake: LakeWriter, retention_days: int) -> None:
    """Maintain the lake in an endless loop, in parallel with the archiver."""
    while True:
        try:
            with telemetry.quiet():
                await maintain_lake(store, lake, retention_days)
        except Exception as error:
            unexpected = None if isinstance(error, ApiError) else error
            fields = {"reason": reason_of(error)}
            log.warning(
                "the lake's maintenance failed", exc_info=unexpected, extra={"fields": fields}
            )
        await asyncio.sleep(_PAUSE_SECONDS)


async def maintain_lake(
    store: RollupStore, lake: LakeWriter, retention_days: int = FOREVER
) -> None:
    """Archive the recorded days and compact all tables.

    A failure of one doesn't prevent the other.
    """
    try:
        await archive_noted_days(store, lake)
    finally:
        first_day = first_kept_day(retention_days, store.now())
        await compact_all(store, lake, first_day=first_day)


async def compact_all(
    store: Store, lake: LakeWriter, *, first_day: str = "", untracked: bool = False
) -> Mapping[str, int]:
    """Join small files and delete unused files in every organisation's table.

    Days before `first_day` are removed from the tables. With `untracked`, also delete the files
    that interrupted writes left behind. Return the number of joined files per organisation. If a
    table fails, the others are still compacted. Raises the first error at the end.
    """
    ended_before = (store.now() - _EVENTS_ARRIVE_WITHIN).date().isoformat()
    joined: dict[str, int] = {}
    failed: Exception | None = None
    for organization in await store.find(Organization, None):
        org_id = organization.org_id
        try:
            joined[org_id] = await lake.compact(
                org_id, first_day=first_day, ended_before=ended_before
            )
            await lake.vacuum(org_id, older_than_hours=VACUUM_AFTER_HOURS, untracked=untracked)
        except Exception as error:
            unexpected = None if isinstance(error, ApiError) else error
            fields = {"org_id": org_id, "reason": reason_of(error)}
            log.warning("a table can't be compacted", exc_info=unexpected, extra={"fields": fields})
            failed = failed or error
    if failed:
        raise failed
    return joined
