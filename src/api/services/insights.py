"""Run the statements of an insight on a snapshot of the organisation's table."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.domain.calendars import (
    Buckets,
    Shift,
    buckets_of,
    previous_period,
    previous_weeks,
    previous_year,
    shifted,
)
from api.domain.insights import (
    Cohort,
    Comparison,
    FunnelQuery,
    FunnelStep,
    Group,
    RetentionQuery,
    TrendLine,
    TrendQuery,
)
from api.lake.protocol import LakeReader, Snapshot, query_too_expensive
from api.lake.queries.funnels import DroppedUser, dropped, funnel, read_dropped, read_funnel
from api.lake.queries.groups import ALL, read_group
from api.lake.queries.properties import PropertySummary, properties, read_properties
from api.lake.queries.retention import read_retention, retention, retention_buckets
from api.lake.queries.sql import Scan
from api.lake.queries.trends import TrendRows, no_figures, read_trend, trend
from api.lake.queries.users import (
    Position,
    TypeSummary,
    UserSummary,
    last_properties,
    profile,
    read_profile,
    read_users,
    users,
)

DEADLINE_SECONDS = 20  # Lambda stops a function after 25 seconds
_SHIFTS: dict[Comparison, Shift] = {
    "previous_weeks": previous_weeks,
    "previous_period": previous_period,
    "previous_year": previous_year,
}


@dataclass(frozen=True, slots=True)
class Trends:
    """The lines of a trend, and the intervals of their values."""

    buckets: Buckets
    lines: Sequence[TrendLine]


@dataclass(frozen=True, slots=True)
class Funnel:
    """The steps of a funnel for all users, and for each group of its breakdown, if any."""

    steps: Sequence[FunnelStep]
    groups: Sequence[tuple[Group, Sequence[FunnelStep]]]


@dataclass(frozen=True, slots=True)
class DescribedUser:
    """A user, and the properties of their last event as JSON."""

    summary: UserSummary
    last_properties: str


class Insights:
    """The insights of one organisation, as of one snapshot of its table.

    Every method raises ApiError `query_too_expensive`, or `lake_unavailable`.
    """

    def __init__(self, lake: LakeReader, snapshot: Snapshot) -> None:
        self._lake = lake
        self._snapshot = snapshot

    async def trends(self, query: TrendQuery) -> Trends:
        """Return a line per series, or per series and group of the breakdown."""
        span = query.scope.span
        buckets = buckets_of(span, query.interval, query.week_start)
        earlier = query.compare and shifted(buckets, span, _SHIFTS[query.compare], query.until)
        lines: list[TrendLine] = []
        async with self._turn():
            for index in range(len(query.series)):
                rows = await self._trend(query, index, buckets)
                previous = await self._trend(query, index, earlier, rows) if earlier else None
                lines += _lines(query, index, rows, previous, len(buckets.labels))
        return Trends(buckets, lines)

    async def funnel(self, query: FunnelQuery) -> Funnel:
        async with self._turn():
            rows = read_funnel(await self._run(funnel(query)), len(query.steps))
        breakdown = query.breakdown
        return Funnel(
            rows.steps,
            [(read_group(breakdown.attribute, group), steps) for group, steps in rows.groups]
            if breakdown
            else [],
        )

    async def dropped_users(
        self, query: FunnelQuery, step: int, *, after: str | None, limit: int
    ) -> Sequence[DroppedUser]:
        """Return the next users, after a user id, whose last step has this index."""
        async with self._turn():
            return read_dropped(await self._run(dropped(query, step, after=after, limit=limit)))

    async def retention(self, query: RetentionQuery, now: datetime) -> Sequence[Cohort]:
        buckets = retention_buckets(query)
        async with self._turn():
            rows = await self._run(retention(query, buckets))
        return read_retention(rows, query, buckets, now)

    async def properties(
        self, start: datetime, end: datetime, event_types: Sequence[str]
    ) -> Sequence[PropertySummary]:
        """Return the properties of the events of these types, or of all types by default."""
        async with self._turn():
            return read_properties(await self._run(properties(start, end, event_types)))

    async def users(
        self, *, search: str | None, after: Position | None, limit: int
    ) -> Sequence[DescribedUser]:
        """Return users by their last event, latest first."""
        async with self._turn():
            found = read_users(await self._run(users(search=search, after=after, limit=limit)))
            if not found:
                return []
            properties_of = dict[str, str](await self._run(last_properties(found)))
        return [DescribedUser(user, properties_of[user.user_id]) for user in found]

    async def profile(self, user_id: str) -> Sequence[TypeSummary]:
        """Return the types of the user's events, most frequent first."""
        async with self._turn():
            return read_profile(await self._run(profile(user_id)))

    async def _trend(
        self,
        query: TrendQuery,
        index: int,
        buckets: Buckets,
        current: TrendRows | None = None,
    ) -> TrendRows:
        """Return the figures of a series. The figures of an earlier range have the same groups."""
        keys = current.keys if current and query.breakdown else None
        rows = await self._run(trend(query, index, buckets, keys))
        return read_trend(rows, query.series[index].aggregate, len(buckets.labels))

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """Wait for a query slot.

        The deadline of the statements in the context starts afterwards.
        """
        async with self._lake.slot(self._snapshot.org_id):
            try:
                async with asyncio.timeout(DEADLINE_SECONDS):
                    yield
            except TimeoutError as error:
                raise query_too_expensive() from error

    async def _run(self, scan: Scan) -> Sequence[tuple[Any, ...]]:
        return await self._lake.query(
            self._snapshot, scan.statement, first_day=scan.first_day, last_day=scan.last_day
        )


def _lines(
    query: TrendQuery, index: int, rows: TrendRows, previous: TrendRows | None, size: int
) -> list[TrendLine]:
    """Return the lines of a series.

    A series without a breakdown always has one line, even if there are no events.
    """
    breakdown, none = query.breakdown, no_figures(query.series[index].aggregate, size)
    groups = rows.groups if breakdown else [(ALL, None)]
    return [
        TrendLine(
            index,
            breakdown and read_group(breakdown.attribute, group),
            rows.figures.get(group, none),
            previous and previous.figures.get(group, none),
        )
        for group in groups
    ]
