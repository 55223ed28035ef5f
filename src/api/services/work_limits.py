"""Limits on the work that one credential and one organisation may cause in this process.

A request and an event cost 1 each. A distinct day of a request's events costs DAY_WORK: each day
is a transaction of its own and a fold.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from api.domain.events import Draft, EventResult
from api.domain.tenancy import Caller
from api.domain.times import format_timestamp
from api.errors import ApiError

DAY_WORK = 100
BURST_SECONDS = 10
ORGANIZATION_SHARE = 2  # an organisation may do the work of this many credentials
BUCKETS_MAX = 10_000  # then the one that was used longest ago is forgotten


@dataclass(slots=True)
class _Bucket:
    """Work left at a time. A request may take it below zero, which delays the next ones."""

    rate: float
    left: float
    at: datetime

    @property
    def seconds_to_full(self) -> int:
        return ceil(BURST_SECONDS - self.left / self.rate)

    def refill(self, now: datetime) -> None:
        seconds = max(0.0, (now - self.at).total_seconds())
        self.left = min(self.rate * BURST_SECONDS, self.left + seconds * self.rate)
        self.at = max(self.at, now)


class WorkLimiter:
    """Token buckets per credential and per organisation. `per_second` 0 turns them off."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._buckets = OrderedDict[tuple[str, ...], _Bucket]()

    def admit(self, caller: Caller, now: datetime) -> None:
        """Count a request. Raises ApiError `rate_limited` if no work is left."""
        buckets = self._of(caller, now).values()
        wait = max((-bucket.left / bucket.rate for bucket in buckets), default=-1.0)
        if wait >= 0:
            raise ApiError(
                "rate_limited",
                "This credential or its organisation exceeds its rate of events and days. "
                "Send the same request again after Retry-After seconds.",
                retry_after=wait,
            )
        self.charge(caller, 1, now)

    def charge(self, caller: Caller, work: int, now: datetime) -> None:
        """Count the work of an admitted request."""
        for bucket in self._of(caller, now).values():
            bucket.left -= work

    def headers(self, caller: Caller, now: datetime) -> Mapping[str, str]:
        """Return what is left, as draft-ietf-httpapi-ratelimit-headers has it."""
        buckets = self._of(caller, now)
        if not buckets:
            return {}
        policies = [
            f'"{name}";q={int(bucket.rate * BURST_SECONDS)};w={BURST_SECONDS};qu="work"'
            for name, bucket in buckets.items()
        ]
        left = [
            f'"{name}";r={max(0, int(bucket.left))};t={bucket.seconds_to_full}'
            for name, bucket in buckets.items()
        ]
        return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}

    def _of(self, caller: Caller, now: datetime) -> Mapping[str, _Bucket]:
        if not self._per_second:
            return {}
        organization = self._bucket((caller.org_id,), ORGANIZATION_SHARE, now)
        credential = self._bucket((caller.org_id, caller.subject), 1, now)
        return {"credential": credential, "organization": organization}

    def _bucket(self, key: tuple[str, ...], share: int, now: datetime) -> _Bucket:
        rate = self._per_second * share
        bucket = self._buckets.setdefault(key, _Bucket(rate, rate * BURST_SECONDS, now))
        self._buckets.move_to_end(key)
        if len(self._buckets) > BUCKETS_MAX:
            self._buckets.popitem(last=False)
        bucket.refill(now)
        return bucket


def work_of(entries: Iterable[Draft | EventResult], now: datetime) -> int:
    """Return the work of these events; rejected ones cost no day."""
    events, days = 0, set[str]()
    for entry in entries:
        events += 1
        if isinstance(entry, Draft):
            days.add(format_timestamp(entry.timestamp or now)[:10])
    return events + DAY_WORK * len(days)
