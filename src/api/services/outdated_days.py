"""Days whose sketch lacks users, and the marker that no such day exists.

The marker holds the version of the secret that all sketches were made with. While the marker is
current, days don't have to be checked.
"""

from api.domain.rollups import Checkpoint, DayCounts
from api.stores.protocol import Conflict, RollupStore, Stored, Unavailable, create_or_replace

MARKER = "user_hashes"
_ATTEMPTS_MAX = 10


def is_outdated(day: DayCounts, version: str) -> bool:
    """Return whether the day's sketch lacks users or was made with another secret."""
    return day.number > 0 and (day.users_key != version or not day.has_all_users)


async def note_outdated(store: RollupStore) -> None:
    """Make the next pass search for outdated days, even if a pass is running now."""
    for _ in range(_ATTEMPTS_MAX):
        try:
            await create_or_replace(store, Checkpoint(MARKER, ""), await read_marker(store))
        except Conflict:
            continue
        return
    raise Unavailable("the marker of outdated days kept changing")


async def read_marker(store: RollupStore) -> Stored[Checkpoint] | None:
    return await store.read(Checkpoint, MARKER)


async def mark_current(store: RollupStore, marker: Stored[Checkpoint] | None, version: str) -> None:
    """Record that no day is outdated, unless one was reported since the marker was read."""
    try:
        await create_or_replace(store, Checkpoint(MARKER, version), marker)
    except Conflict:
        return
