"""Delete a user's events of one day, and keep the day's rollup exact."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from api.domain.events import TRUSTED, Event
from api.domain.retention import is_frozen
from api.domain.rollups import Rollup, count_types, user_hashes
from api.domain.type_names import bounded, rename
from api.domain.usage import EARLIER, add_received
from api.domain.user_hashes import UserKey
from api.services.folds import fold_day
from api.services.rebuilds import rebuild_users
from api.services.recount import repair_day
from api.services.sketches import is_damaged, remove_user
from api.services.stored_events import query_user
from api.stores.protocol import Conflict, RollupStore, Unavailable

EVENTS_PER_TRANSACTION_MAX = 99  # one more operation replaces the rollup
_CONFLICTS_MAX = 20  # consecutive
_PAUSE_SECONDS = 0.05


@dataclass(slots=True)
class Allowance:
    """The number of transactions that a pass may still make."""

    transactions: int

    def use(self) -> bool:
        """Return whether one more transaction is allowed, and count it."""
        self.transactions -= 1
        return self.transactions >= 0


async def erase_day(
    store: RollupStore,
    org_id: str,
    user_id: str,
    day: str,
    allowance: Allowance,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> bool:
    """Delete the user's events of the day, and remove the user from the day's rollup.

    Each transaction deletes events and replaces the rollup, so the counts are exact at any time.
    The last transaction also removes the user from the sketch. New events of the user must be
    refused. This function may be called repeatedly and concurrently. Return False if the allowance
    is used up before the day is complete. Raises Unavailable if other writes win too often.
    """
    await fold_day(store, org_id, day)
    query, key = query_user(org_id, user_id, day, day), store.user_keys.of(org_id)
    conflicts, after = 0, None
    while events := await store.page(query, after=after, limit=EVENTS_PER_TRANSACTION_MAX + 1):
        if not allowance.use():
            return False
        some = events[:EVENTS_PER_TRANSACTION_MAX]
        pending = await store.pending(org_id, day, limit=1)
        frozen = is_frozen(pending.rollup, store.now())
        try:
            rollup = _without(pending.rollup, some, is_exact=not frozen)
            if rollup is None:  # for example because a delta is a dead letter
                await repair_day(store, org_id, day)
                raise Conflict  # noqa: TRY301 - the repaired rollup must be read
            if len(some) == len(events):
                rollup = _without_user(rollup, key, user_id, keeps_others=frozen)
            keys = [event.key for event in some]
            await store.fold(rollup, version=pending.version, deltas=[], erased=keys)
        except Conflict:
            conflicts += 1
            if conflicts > _CONFLICTS_MAX:
                raise Unavailable(f"an erasure of {org_id} {day} kept conflicting") from None
            await sleep(_PAUSE_SECONDS * conflicts)
        else:
            conflicts, after = 0, keys[-1]
    await rebuild_users(store, org_id, day)  # if the sketch was incomplete; also projects the day
    return True


def _without(rollup: Rollup, events: Sequence[Event], *, is_exact: bool) -> Rollup | None:
    """Return the rollup without these events.

    Return None if the rollup must be exact, but doesn't count all of these events.
    """
    counts, names = bounded(rollup.counts, rollup.names)
    left = Counter(counts)
    for trusted in (True, False):
        found = count_types(event for event in events if (event.source == TRUSTED) == trusted)
        left.subtract(rename(found, names, trusted=trusted))
    if is_exact and any(count < 0 for count in left.values()):
        return None
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
