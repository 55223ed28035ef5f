"""Frozen days, whose events may have expired (see `api.domain.retention`)."""

from api.domain.retention import is_frozen
from api.stores.protocol import RollupStore


async def is_day_frozen(store: RollupStore, org_id: str, day: str) -> bool:
    """Return whether the day's rollup is frozen.

    Events that were read before this function returned False are all events of the day.
    """
    pending = await store.pending(org_id, day, limit=1)
    return is_frozen(pending.rollup, store.now())
