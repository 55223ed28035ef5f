"""Find the event types of a request that metrics count as `(other)`, for a warning.

The search uses a projection that may be a minute old, and covers one day per request. If the store
can't be read, there is no warning.
"""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta

from api.domain.events import TRUSTED, Draft, EventResult, EventSource
from api.domain.rollups import DayCounts
from api.domain.type_names import OTHER, TypeNames
from api.errors import ApiError
from api.stores.protocol import Store

_KEPT_FOR = timedelta(minutes=1)
_DAYS_MAX = 1000


class UnnamedTypes:
    """A bounded cache of the event types that are counted by name, per organisation and day.

    For a day that is not closed, the cache contains no types.
    """

    def __init__(self) -> None:
        self._names: OrderedDict[tuple[str, str], tuple[datetime, TypeNames | None]] = OrderedDict()

    async def find(
        self,
        store: Store,
        org_id: str,
        entries: Sequence[Draft | EventResult],
        *,
        source: EventSource,
        now: datetime,
    ) -> list[str]:
        """Return the types counted as `(other)` on the day with most of the request's events."""
        drafts = [entry for entry in entries if isinstance(entry, Draft)]
        days = Counter((draft.timestamp or now).date().isoformat() for draft in drafts)
        if not days:
            return []
        [(day, _)] = days.most_common(1)
        names = await self._read(store, org_id, day, now)
        if names is None:
            return []
        return sorted(
            {
                draft.event_type
                for draft in drafts
                if (draft.timestamp or now).date().isoformat() == day
                and names.name(draft.event_type, trusted=(draft.source or source) == TRUSTED)
                == OTHER
            }
        )

    async def _read(self, store: Store, org_id: str, day: str, now: datetime) -> TypeNames | None:
        kept = self._names.get((org_id, day))
        if kept and now < kept[0]:
            return kept[1]
        try:
            found = await store.read(DayCounts, org_id, day)
        except ApiError:
            return None
        names = found.record.names if found and found.record.closed else None
        self._names[org_id, day] = (now + _KEPT_FOR, names)
        self._names.move_to_end((org_id, day))
        if len(self._names) > _DAYS_MAX:
            self._names.popitem(last=False)
        return names
