"""The idempotency record, by which a retry with the same Idempotency-Key is recognised.

An idempotency record is first open and then done. Only the request that has the record's lease is
processed. After the lease has expired, any retry may take the record over and complete it. A retry
writes the same events, because all events are derived from the idempotency key, the payload and
`opened_at`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from api.domain.events import PUBLIC, TRUSTED, EventResult, EventSource
from api.domain.times import format_timestamp, parse_timestamp

LEASE = timedelta(seconds=30)
CLOCK_SKEW_MAX = timedelta(seconds=1)  # between servers whose clocks are synchronised
_LONG_AGO = "1970-01-01T00:00:00.000000Z"  # ends a lease, whatever the clock shows


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """The record of an idempotency key. `results` contains only the results that aren't `created`.

    `source` is `public` or `trusted`, depending on the credential. If an earlier version of the
    service stored the record, `source` is None, because that version stored events without a
    source. A record without a source may be from a public or a trusted credential, and its events
    are stored as trusted.
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
        """Return the id that is stored with events so that a retry recognises its own events."""
        return f"{self.key_hash[:24]}@{self.opened_at}"

    @property
    def received_at(self) -> datetime:
        return parse_timestamp(self.opened_at)

    def lease_left(self, now: datetime, process: str = "") -> timedelta:
        """Return how long other requests must wait until the lease expires.

        `process` is the name of the only process that can use the store now, or "" if there can be
        several. If only one process can use the store and the lease is from another process, the
        other process has ended, and the lease counts as expired. If a lease ends later than a new
        lease would end, the clock was set back after the lease was taken. A lease that was taken
        before the clock was set back also counts as expired, which is safe because two requests for
        one record write the same events.
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
    """Return a record that no request has leased yet."""
    moment, key_hash = format_timestamp(now), hash_key(key, source)
    return IdempotencyRecord(org_id, key_hash, fingerprint, moment, moment, source=source)


def hash_key(key: str, source: EventSource) -> str:
    """Return the id of an idempotency key's record.

    Equal keys from different sources have records with different ids.
    """
    namespace = "public\0" if source == PUBLIC else ""  # keys can't contain a NUL
    return sha256(f"{namespace}{key}".encode()).hexdigest()
