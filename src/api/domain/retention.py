"""Retention: which UTC days an organisation's events are accepted for, and which are frozen.

If events are kept for N days, the events of a day are accepted until the end of the Nth day after
it. Requests can be retried for one more day. Then the day's rollup is frozen: it is never compared
with the events again. Another day later, the events leave the store, so that work that began before
the rollup was frozen still reads all events.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.domain.events import FIRST_DAY
from api.domain.reference import Organization
from api.domain.rollups import DayCounts
from api.domain.times import ONE_DAY, start_of_day

FOREVER = 0  # days
RETENTION_DAYS_MAX = 20_000  # Cosmos DB limits the time to live of an item to 68 years
_RETRIES = ONE_DAY  # as long as an idempotency record lives


@dataclass(frozen=True, slots=True)
class Retention:
    """The number of days for which an organisation's events are kept.

    `days` is FOREVER if they don't expire. Events of days before `events_from` expired under an
    earlier setting, so that the store no longer recognises duplicates of these events.
    """

    days: int = FOREVER
    events_from: str = ""

    @property
    def is_forever(self) -> bool:
        """Return whether no event has expired or will expire."""
        return self.days == FOREVER and not self.events_from

    def first_day(self, now: datetime) -> str:
        """Return the earliest day whose events are accepted."""
        return max(FIRST_DAY, self.events_from, first_kept_day(self.days, now))

    def frozen_from(self, day: str) -> str:
        """Return the day on which the rollup of `day` will be frozen, or "" if never."""
        if self.days == FOREVER:
            return ""
        return _shifted(date.fromisoformat(day), timedelta(self.days + 1) + _RETRIES)

    def last_gone_day(self, now: datetime) -> str:
        """Return the latest day whose events must have left the store, or "" if there is none."""
        if self.days == FOREVER:
            return ""
        return _shifted(now.date(), -timedelta(self.days + 2) - _RETRIES)


def retention_of(organization: Organization, days_by_default: int) -> Retention:
    """Return the retention of the organisation, or that of the deployment if it has none."""
    own = organization.events_retention_days
    return Retention(days_by_default if own is None else own, organization.events_from)


def first_kept_day(days: int, now: datetime) -> str:
    """Return the earliest day that is kept if days are kept for `days` days, or "" for FOREVER."""
    return "" if days == FOREVER else _shifted(now.date(), -timedelta(days))


def leaves_at(frozen_from: str) -> datetime:
    """Return when a day's events leave the store, which is a day after the rollup is frozen."""
    return start_of_day(date.fromisoformat(frozen_from)) + ONE_DAY


def earliest(frozen_from: Iterable[str]) -> str:
    """Return the earliest of these days. "" stands for events that don't expire."""
    return min(filter(None, frozen_from), default="")


def is_frozen(day: DayCounts, now: datetime) -> bool:
    """Return whether the day can't be recounted, because its events may have left the store."""
    return bool(day.frozen_from) and day.frozen_from <= now.date().isoformat()


def day_after(day: str) -> str:
    return _shifted(date.fromisoformat(day), ONE_DAY)


def _shifted(day: date, duration: timedelta) -> str:
    return (day + duration).isoformat()
