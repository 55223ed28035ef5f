"""The idempotency record, by which a retry with the same Idempotency-Key is recognised.

A record is open, then done. The request that holds the record's lease is processed. After the lease
has expired, any retry may take the record over and complete it. A retry writes the same events,
because they are derived from the key, the payload and `opened_at`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from api.domain.events import PUBLIC, TRUSTED, EventResult, EventSource
from api.domain.times import format_timestamp, parse_timestamp

LEASE = timedelta(seconds=30)
CLOCK_SKEW_MAX = timedelta(seconds=1)  # between servers whose clocks are synchronised
_LONG_AGO = "1970-01-01T00:00:00.000000Z"  # expired by any clock


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """The record of an idempotency key. `results` has only the results that aren't `created`.

    `source` is the credential's source. It is None in a record of an earlier version, in which
    events had no source. Such a record may be from a credential of either kind, and its events are
    stored as trusted.
    """

    org_id: str
    key_hash: str
    fingerprint: str
    opened_at: str
    lease_until: str
    done: bool = False
    results: Sequence[EventResult] = ()
    source: EventSource | None = None
    holder: str = ""  # the process that holds the lease, if only one process can use the store

    @property
    def event_source(self) -> EventSource:
        return self.source or TRUSTED

    @property
    def ingest_id(self) -> str:
        """Return the id stored with the events, by which a retry recognises its own events."""
        return f"{self.key_hash[:24]}@{self.opened_at}"

    @property
    def received_at(self) -> datetime:
        return parse_timestamp(self.opened_at)

    def lease_left(self, now: datetime, process: str = "") -> timedelta:
        """Return how long other requests must wait until the lease expires.

        `process` is the name of the only process that can use the store now, or "" if there can be
        several. If another process holds the lease, that process has ended, and the lease counts as
        expired. A lease that ends later than a lease that is taken now was taken before the clock
        was set back. It counts as expired too, because two requests for one record write the same
        events.
        """
        left = parse_timestamp(self.lease_until) - now
        has_ended = self.holder != process if process else left > LEASE + CLOCK_SKEW_MAX
        return timedelta() if has_ended else max(left, timedelta())

    def leased(self, now: datetime, process: str = "") -> "IdempotencyRecord":
        return replace(self, lease_until=format_timestamp(now + LEASE), holder=process)

    def released(self) -> "IdempotencyRecord":
        return replace(self, lease_until=_LONG_AGO)

    def completed(self, results: Sequence[EventResult]) -> "IdempotencyRecord":
        return replace(self, done=True, results=tuple(r for r in results if r.status != "created"))


def new_record(
    org_id: str, key: str, fingerprint: str, now: datetime, *, source: EventSource
) -> IdempotencyRecord:
    """Return a record that nobody has leased yet."""
    moment, key_hash = format_timestamp(now), hash_key(key, source)
    return IdempotencyRecord(org_id, key_hash, fingerprint, moment, moment, source=source)


def hash_key(key: str, source: EventSource) -> str:
    """Return the id of the key's record. Equal keys of different sources have different ids."""
    namespace = "public\0" if source == PUBLIC else ""  # keys can't contain a NUL
    return sha256(f"{namespace}{key}".encode()).hexdigest()
