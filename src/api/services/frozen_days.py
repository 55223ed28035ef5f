"""Frozen days, whose events may have expired (see `api.domain.retention`)."""

from api.domain.retention import is_frozen
from api.stores.protocol import RollupStore


async def is_day_frozen(store: RollupStore, org_id: str, day: str) -> bool:
    """Return whether the day's rollup is frozen.

    If the result is False, a read of the day's events before this call returned all of them.
    """
    pending = await store.pending(org_id, day, limit=1)
    return is_frozen(pending.rollup, store.now())
