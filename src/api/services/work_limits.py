"""Work limits per credential and per organisation in this process.

Each request costs 1, and so does each event. Each distinct day of a request's events costs
DAY_WORK, because it requires a separate transaction and a fold. A request that uses more CPU time
than this is charged the difference afterwards, even if it was rejected. Requests without a
credential are limited per address.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from api.auth.caller import Caller
from api.domain.events import Draft, EventResult
from api.domain.times import format_timestamp
from api.errors import ApiError

DAY_WORK = 100
ADDRESS_WORK = 50  # per request without a credential, as many of these sign or verify something
WORK_SECONDS = 0.0005  # of CPU time per unit of work
BURST_SECONDS = 10
ORGANIZATION_SHARE = 2  # an organisation's limit, as a multiple of a credential's
BUCKETS_MAX = 10_000  # beyond this, the least recently used one is removed


@dataclass(slots=True)
class _Bucket:
    """The remaining work. A request can make it negative, which delays later requests."""

    rate: float
    left: float
    at: datetime

    @property
    def seconds_to_full(self) -> int:
        return ceil(BURST_SECONDS - self.left / self.rate)

    def refill(self, now: datetime) -> None:
        seconds = max(0.0, (now - self.at).total_seconds())
        self.left = min(self.rate * BURST_SECONDS, self.left + seconds * self.rate)
        self.at = now  # also after the clock was set back, as the bucket would not refill otherwise


class WorkLimiter:
    """Token buckets per credential and per organisation. `per_second=0` disables them."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._buckets = OrderedDict[tuple[str, ...], _Bucket]()
        self._addresses = OrderedDict[tuple[str, ...], _Bucket]()

    def admit(self, caller: Caller, now: datetime) -> None:
        """Count a request. Raises ApiError `rate_limited` if no work is left."""
        buckets = self._of(caller, now).values()
        wait = max((-bucket.left / bucket.rate for bucket in buckets), default=-1.0)
        if wait >= 0:
            raise ApiError(
                "rate_limited",
                "This credential or its organisation exceeds its rate of events and days. "
                "Retry the request after Retry-After seconds.",
                retry_after=wait,
            )
        self.charge(caller, 1, now)

    def charge(self, caller: Caller, work: int, now: datetime) -> None:
        """Count the work of an admitted request."""
        for bucket in self._of(caller, now).values():
            bucket.left -= work

    def admit_address(self, address: str, now: datetime) -> None:
        """Count a request without a known credential. Raises ApiError `rate_limited`."""
        for bucket in self._of_address(address, now):
            if bucket.left < 0:
                raise ApiError(
                    "rate_limited",
                    "Too many requests without a valid access token come from this address.",
                    retry_after=-bucket.left / bucket.rate,
                )
            bucket.left -= ADDRESS_WORK

    def settle(
        self,
        caller: Caller | None,
        address: str | None,
        *,
        work: int,
        seconds: float,
        now: datetime,
    ) -> None:
        """Charge the CPU time of a request that exceeds the `work` already counted.

        `address` was charged first. Its work is refunded if the request has an authenticated
        caller.
        """
        used = int(seconds / WORK_SECONDS)
        if caller:
            self.charge(caller, max(0, used - work), now)
        if address is not None:
            for bucket in self._of_address(address, now):
                bucket.left += ADDRESS_WORK if caller else -max(0, used - ADDRESS_WORK)

    def headers(self, caller: Caller, now: datetime) -> Mapping[str, str]:
        """Return the headers of draft-ietf-httpapi-ratelimit-headers."""
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
        rate, buckets = self._per_second, self._buckets
        organization = _bucket(buckets, (caller.org_id,), rate * ORGANIZATION_SHARE, now)
        credential = _bucket(buckets, (caller.org_id, caller.subject), rate, now)
        return {"credential": credential, "organization": organization}

    def _of_address(self, address: str, now: datetime) -> Sequence[_Bucket]:
        if not self._per_second:
            return ()
        return (_bucket(self._addresses, (address,), self._per_second, now),)


def _bucket(
    buckets: OrderedDict[tuple[str, ...], _Bucket], key: tuple[str, ...], rate: float, now: datetime
) -> _Bucket:
    bucket = buckets.setdefault(key, _Bucket(rate, rate * BURST_SECONDS, now))
    buckets.move_to_end(key)
    if len(buckets) > BUCKETS_MAX:
        buckets.popitem(last=False)
    bucket.refill(now)
    return bucket


def work_of(entries: Iterable[Draft | EventResult], now: datetime) -> int:
    """Return the work of these events. The days of rejected events are free."""
    events, days = 0, set[str]()
    for entry in entries:
        events += 1
        if isinstance(entry, Draft):
            days.add(format_timestamp(entry.timestamp or now)[:10])
    return events + DAY_WORK * len(days)
