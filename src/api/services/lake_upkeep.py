"""Regular work on the event lake: archive noted days, join small files and delete unused files."""

import asyncio
import logging
from collections.abc import Mapping

from api import telemetry
from api.domain.reference import Organization
from api.errors import ApiError, reason_of
from api.lake.protocol import LakeWriter
from api.services.archive import archive_noted_days
from api.stores.protocol import Store

VACUUM_AFTER_HOURS = 24  # longer than any reader uses an old version of a table
_PAUSE_SECONDS = 300

log = logging.getLogger(__name__)


async def keep_maintaining(store: Store, lake: LakeWriter) -> None:
    """Maintain the lake in an endless loop, beside the archiver, which it never delays."""
    while True:
        try:
            with telemetry.quiet():
                await maintain_lake(store, lake)
        except Exception as error:
            unexpected = None if isinstance(error, ApiError) else error
            fields = {"reason": reason_of(error)}
            log.warning("the lake's upkeep failed", exc_info=unexpected, extra={"fields": fields})
        await asyncio.sleep(_PAUSE_SECONDS)


async def maintain_lake(store: Store, lake: LakeWriter) -> None:
    """Archive the noted days and compact all tables. A failure of one doesn't prevent the other."""
    try:
        await archive_noted_days(store, lake)
    finally:
        await compact_all(store, lake)


async def compact_all(
    store: Store, lake: LakeWriter, *, untracked: bool = False
) -> Mapping[str, int]:
    """Join small files and delete unused files in every organisation's table.

    With `untracked`, also delete the files that interrupted writes left behind. Return the number
    of joined files per organisation. If a table fails, the others are still compacted. Raises the
    first error at the end.
    """
    joined: dict[str, int] = {}
    failed: Exception | None = None
    for organization in await store.find(Organization, None):
        org_id = organization.org_id
        try:
            joined[org_id] = await lake.compact(org_id)
            await lake.vacuum(org_id, older_than_hours=VACUUM_AFTER_HOURS, untracked=untracked)
        except Exception as error:
            unexpected = None if isinstance(error, ApiError) else error
            fields = {"org_id": org_id, "reason": reason_of(error)}
            log.warning("a table can't be compacted", exc_info=unexpected, extra={"fields": fields})
            failed = failed or error
    if failed:
        raise failed
    return joined
