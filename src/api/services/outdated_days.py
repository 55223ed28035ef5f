"""Outdated days, which are days whose sketch lacks users or was made with another secret.

A marker in the store records that no day is outdated. The marker contains the version of the secret
with which all sketches were made. As long as the marker has the current version, days don't have to
be checked.
"""

from api.domain.rollups import Checkpoint, DayCounts
from api.stores.protocol import Conflict, RollupStore, Stored, Unavailable, create_or_replace

MARKER = "user_hashes"
_ATTEMPTS_MAX = 10


def is_outdated(day: DayCounts, version: str) -> bool:
    """Return whether the day's sketch lacks users or was made with another secret."""
    return day.number > 0 and (day.users_key != version or not day.has_all_users)


async def note_outdated(store: RollupStore) -> None:
    """Invalidate the marker, so that the next pass searches for outdated days.

    A pass that is already running can't set the marker again.
    """
    for _ in range(_ATTEMPTS_MAX):
        try:
            await create_or_replace(store, Checkpoint(MARKER, ""), await read_marker(store))
        except Conflict:
            continue
        return
    raise Unavailable("every write of the marker of outdated days conflicted with another write")


async def read_marker(store: RollupStore) -> Stored[Checkpoint] | None:
    return await store.read(Checkpoint, MARKER)


async def mark_current(store: RollupStore, marker: Stored[Checkpoint] | None, version: str) -> None:
    """Record that no day is outdated, unless an outdated day was reported in the meantime."""
    try:
        await create_or_replace(store, Checkpoint(MARKER, version), marker)
    except Conflict:
        return
