"""Daily sums that are exactly right: deltas left beside the events, folded into one rollup a day.

A delta is written in the transaction of its events and deleted in the transaction that adds it to
the day's rollup, so no event can count twice or be missed, whoever is killed or late.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from api.domain.events import DayBatch, Event
from api.domain.origins import Origin

USER_HASH_BYTES = 8
DELTAS_PER_FOLD_MAX = 99  # a transactional batch takes 100 operations; one is the rollup


@dataclass(frozen=True, slots=True)
class Delta:
    """What one batch of events adds to its day. `users` is a run of 8-byte hashes.

    `trusted_types` are the types of its trusted events.
    """

    org_id: str
    day: str
    delta_id: str
    counts: Mapping[str, int]
    users: bytes
    trusted_types: frozenset[str] = frozenset()
    origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Rollup:
    """One organisation's day: events per type and a Theta sketch of its users.

    `number` grows by one with each fold; the projection for reading keeps the highest. `origin` is
    that of the last fold.
    """

    org_id: str
    day: str
    number: int = 0
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    sketch: bytes = b""
    origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that can't be folded, kept whole beside the reason until someone looks at it."""

    org_id: str
    day: str
    document_id: str
    reason: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pending:
    """What a fold starts from: the day's rollup, its version, and deltas that it lacks."""

    rollup: Rollup
    version: str | None  # None: the day has no rollup yet
    deltas: Sequence[Delta]
    unreadable: Sequence[Rejected] = ()  # stored as deltas, but not fit to be folded


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a reader of the change feed has come."""

    name: str
    position: str


def delta_of(batch: DayBatch) -> Delta:
    """The delta of a batch. Its id is that of the first event, which no other batch can create."""
    return Delta(
        org_id=batch.org_id,
        day=batch.day,
        delta_id=batch.events[0].key,
        counts=count_types(batch.events),
        users=b"".join(sorted({hash_user(event.user_id) for event in batch.events})),
        trusted_types=batch.trusted_types,
        origin=batch.origin,
    )


def reject_delta(delta: Delta, reason: str) -> Rejected:
    """A delta that reads well and still can't be folded."""
    document = {"type": "delta", "counts": delta.counts, "users": delta.users.hex()}
    return Rejected(delta.org_id, delta.day, delta.delta_id, reason, document)


def count_types(events: Iterable[Event]) -> dict[str, int]:
    return dict(Counter(event.event_type for event in events))


def add_counts(first: Mapping[str, int], others: Sequence[Mapping[str, int]]) -> dict[str, int]:
    total = Counter(first)
    for other in others:
        total.update(other)
    return dict(total)


def hash_user(user_id: str) -> bytes:
    return blake2b(user_id.encode(), digest_size=USER_HASH_BYTES).digest()


def check_delta(delta: Delta) -> Delta:
    """The delta. Raises ValueError when it holds what no batch of events can have left."""
    if not all(type(count) is int and count > 0 for count in delta.counts.values()):
        raise ValueError("its counts must be positive integers")
    if len(delta.users) % USER_HASH_BYTES:
        raise ValueError(f"its users must be {USER_HASH_BYTES} bytes each")
    if not delta.trusted_types <= delta.counts.keys():
        raise ValueError("its trusted types must be among the types it counts")
    return delta


def user_hashes(users: bytes) -> Iterator[int]:
    """The 64-bit hashes of a delta's users, as signed integers."""
    for start in range(0, len(users), USER_HASH_BYTES):
        yield int.from_bytes(users[start : start + USER_HASH_BYTES], signed=True)
