"""Add deltas to a rollup: their counts per event type, and their users."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain

from api.domain.events import TRUSTED
from api.domain.retention import earliest
from api.domain.rollups import DayCounts, Delta, Rollup, user_hashes
from api.domain.type_names import KNOWN_DAYS, bounded, rank_known, rename
from api.domain.usage import add_received
from api.services.sketches import add_users, is_damaged
from api.stores.protocol import Store


def add_deltas(
    rollup: Rollup, deltas: Sequence[Delta], *, users_key: str, known: Sequence[str] = ()
) -> Rollup:
    """Return the rollup with these deltas added.

    `users_key` is the version of the secret that this process uses. Hashes made with another secret
    can't be added to the sketch, so their users are missing until the day is rebuilt. `known` has
    the same meaning as in `TypeNames`.
    """
    counted = [(delta.counts, delta.source == TRUSTED) for delta in deltas]
    added = add_counts(_add_users(rollup, deltas, users_key), counted, known)
    received = [(delta.received_on, sum(delta.counts.values())) for delta in deltas]
    added = replace(
        added,
        received=add_received(rollup.received, received),
        frozen_from=earliest([rollup.frozen_from, *(delta.frozen_from for delta in deltas)]),
    )
    if _users(added) == _users(rollup):
        return added
    return replace(added, users_number=added.number)


def add_counts(
    rollup: Rollup, counted: Sequence[tuple[Mapping[str, int], bool]], known: Sequence[str]
) -> Rollup:
    """Return the rollup with these counts added.

    Each entry of `counted` says whether its events are trusted.
    """
    counts, names = bounded(rollup.counts, rollup.names)
    for found, trusted in sorted(counted, key=lambda pair: not pair[1]):
        names = names.extended(list(found), trusted=trusted, known=known)
    total = Counter(counts)
    total.update(dict.fromkeys(names.everyone, 0))
    for found, trusted in counted:
        total.update(rename(found, names, trusted=trusted))
    return replace(rollup, counts=dict(total), trusted_names=names.trusted, closed=names.closed)


async def read_known_types(store: Store, rollup: Rollup, deltas: Sequence[Delta]) -> Sequence[str]:
    """Return the event types known from previous days if folding these deltas closes the day.

    If the deltas don't close the day, return an empty list, because known types are used only when
    a day closes.
    """
    event_types = chain.from_iterable(delta.counts for delta in deltas)
    if not rollup.names.close_with(event_types):
        return ()
    return await known_types(store, rollup.org_id, rollup.day)


async def known_types(store: Store, org_id: str, day: str) -> Sequence[str]:
    """Return the event types of the previous days.

    The types that have been known longest come first.
    """
    number = date.fromisoformat(day).toordinal()
    if number == 1:
        return ()
    first, last = (date.fromordinal(max(1, number - days)) for days in (KNOWN_DAYS, 1))
    found = await store.find(DayCounts, org_id, first=first.isoformat(), last=last.isoformat())
    return rank_known([day.counts for day in found])


def _add_users(rollup: Rollup, deltas: Sequence[Delta], users_key: str) -> Rollup:
    number = rollup.number + 1
    sketch, missing = rollup.sketch, rollup.users_missing
    if rollup.users_key != users_key or is_damaged(sketch):
        sketch, missing = b"", number if rollup.number else 0
    ours = [delta.users for delta in deltas if delta.users_key == users_key]
    if any(delta.users and delta.users_key != users_key for delta in deltas):
        missing = number
    return replace(
        rollup,
        number=number,
        sketch=add_users(sketch, user_hashes(b"".join(ours))) if ours else sketch,
        users_key=users_key,
        users_missing=missing,
    )


def _users(rollup: Rollup) -> tuple[object, ...]:
    return rollup.sketch, rollup.users_key, rollup.users_missing
