"""Limits on the work of each credential and each organisation in this process.

A request costs 1 unit of work, and each event costs 1 unit. Each distinct day of a request's events
costs DAY_WORK units, because it requires a separate transaction and a fold. If a request uses more
CPU time than these units allow, the difference is charged afterwards, even if the request was
rejected. Requests without a credential are limited per address.
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
ADDRESS_WORK = 50  # per request without a credential, because many of these sign or verify a token
WORK_SECONDS = 0.0005  # of CPU time per unit of work
BURST_SECONDS = 10
ORGANIZATION_SHARE = 2  # an organisation's limit, as a multiple of a credential's
BUCKETS_MAX = 10_000  # beyond this, the least recently used bucket is removed


@dataclass(slots=True)
class _Bucket:
    """A token bucket that limits work.

    A request can make the bucket's level negative, which delays later requests.
    """

    rate: float
    left: float
    at: datetime

    @property
    def seconds_to_full(self) -> int:
        return ceil(BURST_SECONDS - self.left / self.rate)

    def refill(self, now: datetime) -> None:
        seconds = max(0.0, (now - self.at).total_seconds())
        self.left = min(self.rate * BURST_SECONDS, self.left + seconds * self.rate)
        self.at = now  # even if the clock was set back, so that the bucket continues to refill


class WorkLimiter:
    """Token buckets per credential and per organisation. `per_second=0` disables them."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._buckets = OrderedDict[tuple[str, ...], _Bucket]()
        self._addresses = OrderedDict[tuple[str, ...], _Bucket]()

    def admit(self, caller: Caller, now: datetime) -> None:
        """Count a request. Raises ApiError `rate_limited` if a limit is used up."""
        buckets = self._of(caller, now).values()
        wait = max((-bucket.left / bucket.rate for bucket in buckets), default=-1.0)
        if wait >= 0:
            raise ApiError(
                "rate_limited",
                "This credential or its organisation sends too many events or days of events. "
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
                    "This address sends too many requests without a valid access token.",
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
        """Charge a request for CPU time beyond the `work` that was counted for it in advance.

        `address` was charged when the request arrived. The charge to `address` is refunded if the
        request has an authenticated caller.
        """
        used = int(seconds / WORK_SECONDS)
        if caller:
            self.charge(caller, max(0, used - work), now)
        if address is not None:
            for bucket in self._of_address(address, now):
                bucket.left += ADDRESS_WORK if caller else -max(0, used - ADDRESS_WORK)

    def headers(self, caller: Caller, now: datetime) -> Mapping[str, str]:
        """Return the rate-limit headers of draft-ietf-httpapi-ratelimit-headers."""
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
    """Return the units of work that these events cost. The days of rejected events cost nothing."""
    events, days = 0, set[str]()
    for entry in entries:
        events += 1
        if isinstance(entry, Draft):
            days.add(format_timestamp(entry.timestamp or now)[:10])
    return events + DAY_WORK * len(days)
