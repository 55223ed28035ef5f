"""Events: their identity, their creation from drafts, and their batches for writing.

Organisation, timestamp, event_id and source identify an event. An event's `key` identifies the
event within its organisation: `<27 characters of time>~<event_id>`, followed by `!public` if the
event came from a public credential. Keys sort in the order in which events are listed: by time,
then by id, and trusted events before public events. The suffix `!public` begins with `!` because
this character sorts before every character of an id.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from api.domain.ingest_context import IngestContext
from api.domain.times import ONE_DAY, format_timestamp
from api.errors import FieldError

EVENTS_PER_REQUEST_MAX = 100
EVENT_BYTES_MAX = 32 * 1024
EVENT_USER_ID_MAX = 256  # characters
JSON_DEPTH_MAX = 16
EVENTS_PER_BATCH_MAX = 99  # a transaction has up to 100 operations; one writes the delta
BATCH_BYTES_MAX = 1_500_000  # Cosmos DB's limit is 2 MB per request, including headers
INTEGER_MAX = 2**53 - 1  # stored numbers are doubles
FUTURE_MAX = ONE_DAY
FIRST_DAY = "1970-01-01"  # events of earlier UTC days are never accepted

PUBLIC: Literal["public"] = "public"  # a publishable key, which anybody can read in a page
TRUSTED: Literal["trusted"] = "trusted"  # a secret key or a signed-in user
_PUBLIC_SUFFIX = "!public"

type EventSource = Literal["public", "trusted"]
type Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """A stored event, or an event to store.

    `received_at` is the service's time of the first attempt to send the event. `received_at` is
    None if an earlier version stored the event. Such an event has only a day of receipt,
    `late_day`. An empty `late_day` means the day of the timestamp.
    """

    org_id: str
    event_id: str
    event_type: str
    user_id: str
    timestamp: str
    properties: Properties
    source: EventSource = TRUSTED
    clock_skew_ms: int | None = None
    received_at: str | None = None
    late_day: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        suffix = _PUBLIC_SUFFIX if self.source == PUBLIC else ""
        return f"{self.timestamp}~{self.event_id}{suffix}"

    @property
    def day(self) -> str:
        return self.timestamp[:10]

    @property
    def received_on(self) -> str:
        """Return the UTC day of receipt, or "" if it is the day of the timestamp."""
        day = self.received_at[:10] if self.received_at else self.late_day
        return "" if day == self.day else day


@dataclass(frozen=True, slots=True)
class Draft:
    """A valid event as the client sent it, possibly without an id or a timestamp.

    `size` is the length of the event's JSON in bytes.
    """

    event_type: str
    user_id: str
    event_id: str | None
    timestamp: datetime | None
    properties: Properties
    size: int
    source: EventSource | None = None  # if None, the credential's source is used
    clock_skew_ms: int | None = None  # to add to the timestamp, if the sender's clock is wrong


@dataclass(frozen=True, slots=True)
class EventResult:
    """The result of one event of a request: created, duplicate or rejected."""

    index: int
    event_id: str | None
    status: str
    error: FieldError | None = None


@dataclass(frozen=True, slots=True)
class DayBatch:
    """Events of one request, UTC day and source that are written in one transaction.

    `frozen_from` is the day on which the day's rollup will be frozen, or "" if its events never
    expire.
    """

    org_id: str
    day: str
    events: Sequence[Event]
    ingest_id: str | None
    context: IngestContext | None = None
    frozen_from: str = ""


@dataclass(frozen=True, slots=True)
class EventQuery:
    """A query for events with first <= timestamp < last, newest first unless `ascending`."""

    org_id: str
    first: str
    last: str
    user_id: str | None = None
    event_types: tuple[str, ...] = ()
    ascending: bool = False


def query_days(org_id: str, first: str, last: str) -> EventQuery:
    """Return a query for all events from the first to the last day, oldest first."""
    return EventQuery(org_id, first, f"{last}U", ascending=True)  # U sorts after a timestamp's T


@dataclass(frozen=True, slots=True)
class Receipt:
    """The values from which missing ids, times and sources of events are derived.

    `name` is the hash of the idempotency key, `received_at` is the time of the first attempt,
    `ingest_id` is the id stored with the events, and `source` is the credential's source. Every
    retry of a request has the same receipt, and therefore creates the same events.
    """

    name: str
    received_at: datetime
    ingest_id: str | None
    source: EventSource


def plan(
    entries: Sequence[Draft | EventResult],
    *,
    org_id: str,
    receipt: Receipt,
    first_day: str = FIRST_DAY,
) -> list[Event | EventResult]:
    """Return an event to write for each entry, or the entry's result if it is already known.

    If events of one request have the same key, the first is written and the others are duplicates.
    Events of UTC days before `first_day` are rejected.
    """
    planned: list[Event | EventResult] = []
    seen: set[str] = set()
    received_at = format_timestamp(receipt.received_at)
    for index, entry in enumerate(entries):
        if isinstance(entry, Draft):
            event = _finish(entry, index, org_id, receipt, received_at)
            if isinstance(event, Event) and event.day < first_day:
                event = _too_old(entry, index, first_day)
        else:
            event = entry
        if isinstance(event, Event):
            if event.key in seen:
                event = EventResult(index, event.event_id, "duplicate")
            else:
                seen.add(event.key)
        planned.append(event)
    return planned


def _finish(
    draft: Draft, index: int, org_id: str, receipt: Receipt, received_at: str
) -> Event | EventResult:
    moment = draft.timestamp or receipt.received_at
    if moment > receipt.received_at + FUTURE_MAX:
        limit = format_timestamp(receipt.received_at + FUTURE_MAX)
        error = FieldError(
            f"/events/{index}/timestamp",
            "timestamp_in_future",
            f"is later than {limit}, 24 hours from now; check the sender's clock",
        )
        return EventResult(index, draft.event_id, "rejected", error)
    return Event(
        org_id=org_id,
        event_id=draft.event_id or derive_event_id(org_id, receipt, index),
        event_type=draft.event_type,
        user_id=draft.user_id,
        timestamp=format_timestamp(moment),
        properties=draft.properties,
        source=draft.source or receipt.source,
        clock_skew_ms=draft.clock_skew_ms,
        received_at=received_at,
    )


def _too_old(draft: Draft, index: int, first_day: str) -> EventResult:
    error = FieldError(
        f"/events/{index}/timestamp",
        "timestamp_too_old",
        f"is before {first_day} (UTC), the earliest date from which events are accepted",
    )
    return EventResult(index, draft.event_id, "rejected", error)


def split_key(key: str) -> tuple[str, str, EventSource]:
    """Return the timestamp, the id and the source that an event's key contains."""
    timestamp, _, rest = key.partition("~")
    event_id = rest.removesuffix(_PUBLIC_SUFFIX)
    return timestamp, event_id, TRUSTED if event_id == rest else PUBLIC


def derive_event_id(org_id: str, receipt: Receipt, index: int) -> str:
    """Return a UUIDv7 with the time of receipt.

    The other bits of the UUID are derived from the request and the event's index. In a large
    PostgreSQL table, storing ordered ids is 2-3 times cheaper than storing random ids.
    """
    noise = sha256(f"{org_id}\0{receipt.name}\0{index}".encode()).digest()
    milliseconds = int(receipt.received_at.timestamp() * 1000)
    bits = milliseconds << 80 | 7 << 76 | index << 64  # the index keeps the order of the request
    bits |= 2 << 62 | int.from_bytes(noise[:8]) >> 2
    return str(UUID(int=bits))


def day_batches(
    events: Iterable[tuple[Event, int]], *, org_id: str, ingest_id: str | None
) -> Iterator[DayBatch]:
    """Divide pairs of events and their sizes in bytes into batches that fit into a transaction.

    All events of a batch have the same day and source. Batches are ordered by day and source, and
    the events of a batch by key.
    """
    ordered = sorted(events, key=lambda pair: (pair[0].day, pair[0].source, pair[0].key))
    for (day, _), pairs in groupby(ordered, key=lambda pair: (pair[0].day, pair[0].source)):
        batch: list[Event] = []
        total = 0
        for event, size in pairs:
            if batch and (len(batch) == EVENTS_PER_BATCH_MAX or total + size > BATCH_BYTES_MAX):
                yield DayBatch(org_id, day, batch, ingest_id)
                batch, total = [], 0
            batch.append(event)
            total += size
        yield DayBatch(org_id, day, batch, ingest_id)
