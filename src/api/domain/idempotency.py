"""The idempotency record: how a retry with the same Idempotency-Key is recognised and completed.

open -> done. The holder of the lease processes the request. After the lease has expired, any retry
may take the record over and complete the same work, because the work derives from the key, the
payload and `opened_at`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from api.domain.events import PUBLIC, TRUSTED, EventResult, EventSource
from api.domain.times import format_timestamp, parse_timestamp

LEASE = timedelta(seconds=30)
CLOCK_SKEW_MAX = timedelta(seconds=1)  # between servers whose clocks are synchronised
_LONG_AGO = "1970-01-01T00:00:00.000000Z"  # by any clock


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """One idempotency key of one organisation. `results` holds those that aren't `created`.

    `source` is that of the credential. It is None in a record from before events had a source: such
    a record belongs to a credential of either kind, and its events are stored as trusted.
    """

    org_id: str
    key_hash: str
    fingerprint: str
    opened_at: str
    lease_until: str
    done: bool = False
    results: Sequence[EventResult] = ()
    source: EventSource | None = None
    holder: str = ""  # the process that has the lease, where a store belongs to one process

    @property
    def event_source(self) -> EventSource:
        return self.source or TRUSTED

    @property
    def ingest_id(self) -> str:
        """Return the id stored with the events, by which a retry recognises its own."""
        return f"{self.key_hash[:24]}@{self.opened_at}"

    @property
    def received_at(self) -> datetime:
        return parse_timestamp(self.opened_at)

    def lease_left(self, now: datetime, process: str = "") -> timedelta:
        """Return how long others must wait for the lease.

        `process` names the only process that may use the store at present; "" where there can be
        several. Any other holder of a lease has ended. A lease that ends later than one taken now
        is from before a clock was set back, and counts as expired: two workers on one record are
        slower than one, but write the same.
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
    """Return the id of the record. No key of one source has the id of a key of the other."""
    namespace = "public\0" if source == PUBLIC else ""  # no key contains a NUL
    return sha256(f"{namespace}{key}".encode()).hexdigest()
