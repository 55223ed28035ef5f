"""Delete a user's events of one day, with the rollup of the day kept exact."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from api.domain.events import TRUSTED, Event, EventQuery, query_days
from api.domain.retention import is_frozen
from api.domain.rollups import Rollup, count_types, user_hashes
from api.domain.type_names import bounded, rename
from api.domain.usage import EARLIER, add_received
from api.domain.user_hashes import UserKey
from api.services.folds import fold_day
from api.services.rebuilds import rebuild_users
from api.services.recount import repair_day
from api.services.sketches import is_damaged, remove_user
from api.stores.protocol import Conflict, RollupStore, Unavailable

EVENTS_PER_TRANSACTION_MAX = 99  # one more operation replaces the rollup
_EVENTS_PER_PAGE = 1000
_CONFLICTS_MAX = 20  # consecutive
_PAUSE_SECONDS = 0.05


async def count_day(store: RollupStore, user: EventQuery) -> int:
    """Return the number of events that the query of a day finds."""
    count, after = 0, None
    while events := await store.page(user, after=after, limit=_EVENTS_PER_PAGE):
        count += len(events)
        after = events[-1].key
    return count


def query_user(org_id: str, user_id: str, first: str, last: str) -> EventQuery:
    """Return a query for a user's events from the first to the last day, oldest first."""
    return replace(query_days(org_id, first, last), user_id=user_id)


async def erase_day(
    store: RollupStore,
    org_id: str,
    user_id: str,
    day: str,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Delete the user's events of the day, and remove the user from the day's rollup.

    Each transaction deletes events and replaces the rollup, so the counts are exact at any time.
    The last transaction also removes the user from the sketch. New events of the user must be
    refused. This function may be called repeatedly and concurrently. Raises Unavailable if other
    writes win too often.
    """
    await fold_day(store, org_id, day)
    query, key = query_user(org_id, user_id, day, day), store.user_keys.of(org_id)
    conflicts, is_exact = 0, True
    while events := await store.page(query, after=None, limit=EVENTS_PER_TRANSACTION_MAX + 1):
        some = events[:EVENTS_PER_TRANSACTION_MAX]
        pending = await store.pending(org_id, day, limit=1)
        left = _subtract(pending.rollup, some)
        is_exact = is_exact and all(count >= 0 for count in left.values())
        rollup = _without(pending.rollup, some, left)
        if len(some) == len(events):
            frozen = is_frozen(rollup, store.now())
            rollup = _without_user(rollup, key, user_id, keeps_others=frozen)
        try:
            keys = [event.key for event in some]
            await store.fold(rollup, version=pending.version, deltas=[], erased=keys)
        except Conflict:
            conflicts += 1
            if conflicts > _CONFLICTS_MAX:
                raise Unavailable(f"an erasure of {org_id} {day} kept conflicting") from None
            await sleep(_PAUSE_SECONDS * conflicts)
        else:
            conflicts = 0
    if not is_exact:  # the rollup lacked events, for example because a delta is a dead letter
        await repair_day(store, org_id, day)
    await rebuild_users(store, org_id, day)  # if the sketch was incomplete; also projects the day


def _subtract(rollup: Rollup, events: Sequence[Event]) -> Mapping[str, int]:
    """Return the counts without these events. A count is negative if the rollup lacks an event."""
    counts, names = bounded(rollup.counts, rollup.names)
    left = Counter(counts)
    for trusted in (True, False):
        found = count_types(event for event in events if (event.source == TRUSTED) == trusted)
        left.subtract(rename(found, names, trusted=trusted))
    return left


def _without(rollup: Rollup, events: Sequence[Event], left: Mapping[str, int]) -> Rollup:
    _, names = bounded(rollup.counts, rollup.names)
    received, erased = Counter(rollup.received), list[tuple[str, int]]()
    for event in events:
        late = event.received_on
        if late:
            received[late if late in received else EARLIER] -= 1
        erased.append((late or rollup.day, 1))
    return replace(
        rollup,
        number=rollup.number + 1,
        counts={name: max(n, 0) for name, n in left.items() if n > 0 or _is_kept(name, rollup)},
        trusted_names=names.trusted,
        closed=names.closed,
        received={day: count for day, count in received.items() if count > 0},
        erased=add_received(rollup.erased, erased),
        context=None,
    )


def _is_kept(name: str, rollup: Rollup) -> bool:
    """Return whether a type without events keeps its name: on a closed day, no name is removed."""
    return rollup.closed and name in rollup.counts


def _without_user(
    rollup: Rollup, key: UserKey, user_id: str, *, keeps_others: bool = False
) -> Rollup:
    """Return the rollup without the user, or without all users if they must be rebuilt.

    If users are missing, a rebuild may have read the user's events already. A new value of
    `users_missing` makes that rebuild start again. With `keeps_others`, the users can't be rebuilt.
    """
    is_complete = rollup.users_key == key.version and rollup.has_all_users
    if is_complete and not is_damaged(rollup.sketch):
        [user_hash] = user_hashes(key.hash(user_id))
        sketch = remove_user(rollup.sketch, user_hash)
        return replace(rollup, sketch=sketch, users_number=rollup.number)
    if keeps_others:
        return rollup
    return replace(
        rollup,
        sketch=b"",
        users_key=key.version,
        users_number=rollup.number,
        users_missing=rollup.number,
    )
