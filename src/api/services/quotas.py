"""Enforce monthly quotas without a read of the store per request.

Each process reserves events in the organisation's counter and accepts events from its reservation.
The organisation's record is read once per minute. A request is accepted while any event is left, so
the last request can exceed the quota by its other events. `docs/decisions/035-quotas.md` explains
the protocol.
"""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.domain.quotas import (
    QuotaCounter,
    end_of_reservation,
    period_end,
    reservation_size,
    warns,
)
from api.domain.reference import Organization
from api.domain.retention import FOREVER, Retention, retention_of
from api.domain.running import Running
from api.domain.times import format_timestamp, is_within
from api.errors import ApiError
from api.services.organization_records import read_organization
from api.services.shared_lock import SharedLock
from api.services.suppressions import NOBODY, SuppressedUsers, read_suppressions
from api.stores.protocol import Conflict, Store, Throttled, Unavailable, create_or_replace

READ_AGAIN_AFTER = timedelta(minutes=1)  # the organisation's record
REFUSED_FOR = timedelta(seconds=10)  # without reading the counter again
RETRY_SECONDS_MAX = 15 * 60  # an operator may raise the quota before the period ends
RETRY_SECONDS_RESERVED = 60  # other processes have reserved the last events
_ORGANIZATIONS_MAX = 10_000
_WAITS: Sequence[float] = (0, 0, 0.01, 0.02, 0.03, 0.05, *(0.1,) * 14)


@dataclass(slots=True)
class _Quota:
    """The state of an organisation's quota in this process."""

    organization: Organization
    read_at: datetime | None = None  # None: not read yet
    suppressed: SuppressedUsers = NOBODY  # as of the same read
    lock: SharedLock = field(default_factory=lambda: SharedLock(Throttled, Unavailable))
    month: str = ""
    size: int = 0  # of the reservation
    left: int = 0  # the events of the reservation that weren't accepted
    end: str = ""  # of the reservation
    granted: int = 0  # the counter after the last reservation
    accepted: int = 0  # events that were stored and aren't reported to the counter yet
    refused_until: datetime | None = None
    is_used_up: bool = False  # whether the usage report has reached the quota

    @property
    def limit(self) -> int | None:
        return self.organization.events_per_month

    def is_current(self, now: datetime) -> bool:
        return self.read_at is not None and is_within(READ_AGAIN_AFTER, self.read_at, now)

    def is_ready(self, events: int, now: datetime) -> bool:
        """Return whether these events can be accepted without the store."""
        return self.is_current(now) and (
            self.limit is None
            or (
                self.month == _month(now)
                and events <= self.left
                and format_timestamp(now) < self.end
            )
        )

    def is_refused(self, now: datetime) -> bool:
        until = self.refused_until
        return until is not None and is_within(REFUSED_FOR, until - REFUSED_FOR, now)


@dataclass(frozen=True, slots=True)
class Reservation:
    """The reserved events of one request. `warning` is empty unless much of the quota is used."""

    events: int = 0
    warning: str = ""
    quota: _Quota | None = None
    month: str = ""
    end: str = ""

    def settle(self, stored: int) -> None:
        """Record how many events were stored, and return the others to the reservation.

        If it isn't known whether the events are stored, this method must not be called.
        """
        if self.quota is None or self.quota.month != self.month:
            return
        self.quota.accepted += stored
        if self.quota.end == self.end:
            self.quota.left += self.events - stored


UNLIMITED = Reservation()


@dataclass(frozen=True, slots=True)
class Refusals:
    """The events that an organisation can't send: those of erased users, and expired ones."""

    suppressed: SuppressedUsers
    retention: Retention


class Quotas:
    """The quotas of the organisations that this process has served, in a bounded cache.

    Organisations without a retention of their own keep events for `retention_days` days.
    """

    def __init__(self, retention_days: int = FOREVER) -> None:
        self._retention_days = retention_days
        self._quotas: OrderedDict[str, _Quota] = OrderedDict()
        self._running = defaultdict[str, Running](Running)

    async def reserve(
        self, store: Store, org_id: str, events: int, *, now: datetime
    ) -> Reservation:
        """Reserve events of the current month.

        Raises ApiError `quota_exceeded` if the organisation has used up its quota.
        """
        if not events:
            return UNLIMITED
        quota = self._find(org_id)
        if not quota.is_ready(events, now):
            async with quota.lock.held():
                await _make_ready(store, quota, events, now)
        if quota.limit is None:
            return UNLIMITED
        quota.left -= events
        return Reservation(events, _warning(quota, now), quota, quota.month, quota.end)

    async def refusals(self, store: Store, org_id: str, *, now: datetime) -> Refusals:
        """Return which events of the organisation are refused.

        The result comes from the same read of the organisation as the quota.
        """
        quota = self._find(org_id)
        if not quota.is_current(now):
            async with quota.lock.held():
                await _make_current(store, quota, now)
        retention = retention_of(quota.organization, self._retention_days)
        return Refusals(quota.suppressed, retention)

    @asynccontextmanager
    async def running(self, org_id: str) -> AsyncGenerator[None]:
        """Tell `settle` that a request may store events of the organisation in this block."""
        running = self._running[org_id]
        try:
            with running.block():
                yield
        finally:
            if not running:
                self._running.pop(org_id, None)

    async def settle(self, org_id: str) -> None:
        """Refuse events of users who were erased before this call, from now on.

        Afterwards, no request is running that has accepted such events.
        """
        # A request that began before the first round may cache what it read before this call.
        for _ in range(2):
            if quota := self._quotas.get(org_id):
                quota.read_at = None
            if running := self._running.get(org_id):
                await running.end()

    def _find(self, org_id: str) -> _Quota:
        quota = self._quotas.get(org_id)
        if quota is None:
            quota = self._quotas[org_id] = _Quota(Organization(org_id, "", "", ""))
        self._quotas.move_to_end(org_id)
        if len(self._quotas) > _ORGANIZATIONS_MAX:
            self._quotas.popitem(last=False)
        return quota


async def _make_ready(store: Store, quota: _Quota, events: int, now: datetime) -> None:
    """Read the organisation and reserve events of its quota, unless another request just did."""
    await _make_current(store, quota, now)
    if not quota.is_ready(events, now):
        if quota.is_refused(now):
            raise quota_exceeded(quota.organization, now, is_used_up=quota.is_used_up)
        await _reserve_more(store, quota, events, now)


async def _make_current(store: Store, quota: _Quota, now: datetime) -> None:
    """Read the organisation, and its erased users if there are new ones."""
    if quota.is_current(now):
        return
    organization = await read_organization(store, quota.organization.org_id)
    quota.suppressed = await read_suppressions(store, organization, quota.suppressed)
    if quota.limit != organization.events_per_month:
        quota.refused_until = None
    quota.organization, quota.read_at = organization, now


async def _reserve_more(store: Store, quota: _Quota, events: int, now: datetime) -> None:
    """Return what is left of the reservation to the counter, and make a new reservation."""
    month, limit = _month(now), quota.limit or 0
    if quota.month != month:
        quota.month, quota.size, quota.left, quota.accepted = month, 0, 0, 0
    left, accepted, used_before = quota.left, quota.accepted, quota.size - quota.left
    quota.left = quota.accepted = 0  # other requests must not use or report them
    for wait in _WAITS:
        stored = await store.read(QuotaCounter, quota.organization.org_id, month)
        counter = stored.record if stored else QuotaCounter(quota.organization.org_id, month)
        counter = counter.give_back(left, quota.end).accept(accepted)
        counter, quota.is_used_up = await _compared(store, counter, limit, now)
        available = limit - counter.granted
        size = reservation_size(events, used_before=used_before, available=available)
        end = format_timestamp(end_of_reservation(now))
        if available > 0:
            counter = counter.reserve(size, end)
        try:
            if stored is None or counter.is_changed(stored.record):
                await create_or_replace(store, counter, stored)
        except Conflict:
            await asyncio.sleep(wait)
            continue
        released = quota.left if quota.end == end else 0  # meanwhile, by other requests
        quota.size, quota.left, quota.end, quota.granted = 0, 0, end, counter.granted
        if available <= 0:
            quota.refused_until = min(now + REFUSED_FOR, period_end(now))
            raise quota_exceeded(quota.organization, now, is_used_up=quota.is_used_up)
        quota.size, quota.left = size, size + released
        return
    raise Unavailable(f"every write of a quota counter of {month} conflicted with another write")


async def _compared(
    store: Store, counter: QuotaCounter, limit: int, now: datetime
) -> tuple[QuotaCounter, bool]:
    """Return the counter, compared with the usage report if this is due or no event is left.

    Also return whether the usage report has reached the quota.
    """
    if counter.granted < limit and not counter.is_due(now):
        return counter, False
    from api.services.usage import count_received  # noqa: PLC0415 - only with a quota

    used = await count_received(store, counter.org_id, now.date())
    counter = counter.checked(used, now)
    if counter.granted >= limit:
        counter = counter.corrected(used, now)
    return counter, used >= limit


def _warning(quota: _Quota, now: datetime) -> str:
    if not warns(quota.organization, quota.granted - quota.left):
        return ""
    return (
        f"At least {quota.organization.warn_at} % of the quota of {quota.limit:,} events per "
        "month is used. When the quota is used up, events are refused with 429 quota_exceeded "
        f"until {_timestamp(period_end(now))}."
    )


def quota_exceeded(organization: Organization, now: datetime, *, is_used_up: bool) -> ApiError:
    """Return the error for a request that would exceed the quota."""
    end = period_end(now)
    most = RETRY_SECONDS_MAX if is_used_up else RETRY_SECONDS_RESERVED
    return ApiError(
        "quota_exceeded",
        f"The organisation has used up its quota of {organization.events_per_month:,} events for "
        f"this month, so this request stored no events. A new period starts at {_timestamp(end)}. "
        "To send events before that time, ask the operator of this service for a larger quota.",
        retry_after=min(most, (end - now).total_seconds()),
        members={"quota": organization.events_per_month, "period_end": _timestamp(end)},
    )


def _month(now: datetime) -> str:
    return f"{now:%Y-%m}"


def _timestamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
