"""Monthly quotas: the counter that all processes share, and the limits of an organisation.

A process reserves events in the counter before it accepts them. The counter therefore never
contains fewer events than were accepted. The counter can contain more events, because a process
that ends doesn't return its unused reservation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from api.domain.reference import Organization
from api.domain.times import format_timestamp, is_within, parse_timestamp

RESERVED_FOR = timedelta(seconds=60)
# After this time, the usage report contains all events of a reservation: a request takes up to
# 20 seconds, and the report may be 5 minutes late.
REPORTED_AFTER = timedelta(minutes=6)
CHECKED_EVERY = timedelta(minutes=5)
_END_SECONDS = 10  # reservations whose ends are this close have the same end
_SHARE = 16  # a process may reserve this part of the available events at once


@dataclass(frozen=True, slots=True)
class QuotaCounter:
    """The events of a month that were accepted or reserved.

    `granted` contains all accepted and all reserved events. `accepted` contains only events that
    processes reported as stored. `reserved` contains recent reservations by the time at which they
    end, including events that were already accepted. `checked_at` is the time of the last
    comparison with the usage report.
    """

    org_id: str
    month: str
    granted: int = 0
    accepted: int = 0
    reserved: Mapping[str, int] = field(default_factory=dict[str, int])
    checked_at: str = ""

    def reserve(self, events: int, end: str) -> Self:
        reserved = {**self.reserved, end: self.reserved.get(end, 0) + events}
        return replace(self, granted=self.granted + events, reserved=reserved)

    def give_back(self, events: int, end: str) -> Self:
        """Return the counter without these unused events, if it still has their reservation."""
        left = self.reserved.get(end, 0) - events
        if not events or left < 0:
            return self
        reserved = {**self.reserved, end: left}
        return replace(self, granted=self.granted - events, reserved=reserved)

    def accept(self, events: int) -> Self:
        return replace(self, accepted=self.accepted + events)

    def is_changed(self, before: Self) -> bool:
        """Return whether any number has changed, so that the counter must be stored."""
        own = (self.granted, self.accepted, self.reserved)
        return own != (before.granted, before.accepted, before.reserved)

    def is_due(self, now: datetime) -> bool:
        """Return whether the counter must be compared with the usage report again."""
        if not self.checked_at:
            return True
        return not is_within(CHECKED_EVERY, parse_timestamp(self.checked_at), now)

    def checked(self, used: int, now: datetime) -> Self:
        """Return the counter after a comparison with `used`, the events of the usage report.

        Events that were accepted without a reservation are added.
        """
        recent = {end: events for end, events in self.reserved.items() if _is_recent(end, now)}
        moment = format_timestamp(now)
        return replace(self, granted=max(self.granted, used), reserved=recent, checked_at=moment)

    def corrected(self, used: int, now: datetime) -> Self:
        """Return the counter after a comparison that also removes events that were never accepted.

        Only events of recent reservations can be missing in the usage report. If the report is late
        nevertheless, the counter keeps at least the events that processes reported.
        """
        checked = self.checked(used, now)
        most = used + sum(checked.reserved.values())
        return replace(checked, granted=max(used, self.accepted, min(self.granted, most)))


def _is_recent(end: str, now: datetime) -> bool:
    return now < parse_timestamp(end) + REPORTED_AFTER


def end_of_reservation(now: datetime) -> datetime:
    """Return the end of a reservation that is made now."""
    end = now + RESERVED_FOR
    return end.replace(second=end.second // _END_SECONDS * _END_SECONDS, microsecond=0)


def reservation_size(events: int, *, used_before: int, available: int) -> int:
    """Return how many events to reserve for a request with `events` events.

    The size follows the events that the process accepted in its last reservation, so that a process
    reserves about once per minute, but only the request's events when few events are left.
    """
    return max(events, min(2 * used_before, available // _SHARE))


def period_end(now: datetime) -> datetime:
    """Return the start of the next month (UTC)."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def warns(organization: Organization, used: int) -> bool:
    """Return whether so much of the quota is used that responses contain a warning."""
    limit = organization.events_per_month
    return limit is not None and 100 * used >= organization.warn_at * limit
