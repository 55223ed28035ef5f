"""Exact daily counts: deltas are stored with the events and folded into one rollup per day.

A delta is written in the transaction of its events, and deleted in the transaction that adds it to
the day's rollup. Every event is therefore counted exactly once, even after a crash or a retry.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from api.domain.events import PUBLIC, TRUSTED, DayBatch, Event, EventSource
from api.domain.ingest_context import IngestContext
from api.domain.times import parse_date
from api.domain.type_names import OTHER, TypeNames
from api.domain.user_hashes import USER_HASH_BYTES, UserKey

DELTAS_PER_FOLD_MAX = 99  # a transaction has up to 100 operations; one writes the rollup


@dataclass(frozen=True, slots=True)
class Delta:
    """The counts and users that one batch of events adds to its day.

    `users` is a sequence of 8-byte hashes made with the key of version `users_key`. `users_key` is
    "" in old deltas, whose hashes were made without a key. All events of a delta have the same
    `source`, and were received on the UTC day `received_on`. If `received_on` is "", they were
    received on the day of their timestamps. `frozen_from` has the same meaning as in `DayCounts`.
    """

    org_id: str
    day: str
    delta_id: str
    counts: Mapping[str, int]
    users: bytes
    users_key: str = ""
    source: EventSource = TRUSTED
    received_on: str = ""
    frozen_from: str = ""
    context: IngestContext | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class DayCounts:
    """The counts of an organisation's day: events per type, and the state of the day's users.

    `number` increases by one with each fold. `users_number` is the number of the fold that last
    changed the users. The sketch of the users contains only hashes made with the key of version
    `users_key`. The sketch lacks users of events up to the fold with the number `users_missing`; 0
    means that the sketch is complete. The types in `trusted_names` are counted by name only for
    trusted events. `closed` has the same meaning as in `TypeNames`. `received` contains the events
    that were received on another day than the day of their timestamps, as `api.domain.usage`
    describes. `erased` contains the number of erased events by day of receipt. `counts` and
    `received` don't contain these events, but reports of usage do. From the UTC day `frozen_from`
    on, events may have expired, so the counts can't be compared with them; "" means never.
    """

    org_id: str
    day: str
    number: int = 0
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    users_key: str = ""
    users_number: int = 0
    users_missing: int = 0
    trusted_names: frozenset[str] = frozenset()
    closed: bool = False
    received: Mapping[str, int] = field(default_factory=dict[str, int])
    erased: Mapping[str, int] = field(default_factory=dict[str, int])
    frozen_from: str = ""

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def names(self) -> TypeNames:
        everyone = self.counts.keys() - self.trusted_names - {OTHER}
        return TypeNames(frozenset(everyone), self.trusted_names, self.closed)

    @property
    def has_all_users(self) -> bool:
        return bool(self.users_key) and not self.users_missing


@dataclass(frozen=True, slots=True)
class Rollup(DayCounts):
    """The counts of a day with the Theta sketch of its users and the context of its last fold."""

    sketch: bytes = b""
    context: IngestContext | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class DayUsers:
    """The sketch of a day's users, which only queries for distinct users read.

    `number` is the rollup's `users_number`. All other fields have the same values as in the day's
    rollup.
    """

    org_id: str
    day: str
    number: int = 0
    users_key: str = ""
    users_missing: int = 0
    sketch: bytes = b""

    @property
    def has_all_users(self) -> bool:
        return bool(self.users_key) and not self.users_missing


@dataclass(frozen=True, slots=True)
class LateEvents:
    """The number of a day's events that were received in another month, per day of receipt.

    `number` is the rollup's number.
    """

    org_id: str
    month: str  # the month of receipt
    day: str
    number: int
    received: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A complete copy of a document that can't be processed, with the reason."""

    org_id: str
    day: str
    document_id: str
    reason: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pending:
    """The input of a fold: the day's rollup, the rollup's version, and the deltas to add."""

    rollup: Rollup
    version: str | None  # None if the day has no rollup yet
    deltas: Sequence[Delta]
    unreadable: Sequence[DeadLetter] = ()  # copies of deltas whose documents are invalid


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The position of a reader in the change feed."""

    name: str
    position: str


def users_id(day: str) -> str:
    """Return the id of the document with a day's users.

    The prefix keeps these documents out of listings of days.
    """
    return f"users~{day}"


def late_events_id(month: str, day: str) -> str:
    """Return the id of a record of late events.

    The prefix keeps these records out of listings of days.
    """
    return f"usage~{month}~{day}"


def counts_of(rollup: Rollup) -> DayCounts:
    return DayCounts(**{field.name: getattr(rollup, field.name) for field in fields(DayCounts)})


def rollup_of(counts: DayCounts, *, sketch: bytes, context: IngestContext | None) -> Rollup:
    values = {field.name: getattr(counts, field.name) for field in fields(DayCounts)}
    return Rollup(**values, sketch=sketch, context=context)


def users_of(rollup: Rollup) -> DayUsers:
    return DayUsers(
        rollup.org_id,
        rollup.day,
        rollup.users_number,
        rollup.users_key,
        rollup.users_missing,
        rollup.sketch,
    )


def delta_of(batch: DayBatch, key: UserKey) -> Delta:
    """Return the delta of a batch.

    The delta's id is the key of its first event, which is unique.
    """
    return Delta(
        org_id=batch.org_id,
        day=batch.day,
        delta_id=batch.events[0].key,
        counts=count_types(batch.events),
        users=b"".join(sorted({key.hash(event.user_id) for event in batch.events})),
        users_key=key.version,
        source=batch.events[0].source,
        received_on=batch.events[0].received_on,
        frozen_from=batch.frozen_from,
        context=batch.context,
    )


def dead_letter_from_delta(delta: Delta, reason: str) -> DeadLetter:
    """Return the dead letter for a well-formed delta that can't be folded."""
    document = {"type": "delta", "counts": delta.counts, "users": delta.users.hex()}
    return DeadLetter(delta.org_id, delta.day, delta.delta_id, reason, document)


def count_types(events: Iterable[Event]) -> dict[str, int]:
    return dict(Counter(event.event_type for event in events))


def check_delta(delta: Delta) -> Delta:
    """Return the delta. Raises ValueError if the delta's values are invalid."""
    if not all(type(count) is int and count > 0 for count in delta.counts.values()):
        raise ValueError("its counts must be positive integers")
    if len(delta.users) % USER_HASH_BYTES:
        raise ValueError(f"its users must be {USER_HASH_BYTES} bytes each")
    if delta.source not in (PUBLIC, TRUSTED):
        raise ValueError(f"its source must be {PUBLIC} or {TRUSTED}")
    for day in (delta.received_on, delta.frozen_from):
        if day:
            parse_date(day)
    return delta


def user_hashes(users: bytes) -> Iterator[int]:
    """Return the 64-bit hashes of a delta's users as signed integers."""
    for start in range(0, len(users), USER_HASH_BYTES):
        yield int.from_bytes(users[start : start + USER_HASH_BYTES], signed=True)
