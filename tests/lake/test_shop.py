"""Insights into a real shop's visits, over a real table, equal a recount in plain Python."""

import asyncio
import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.domain.calendars import LocalRange, buckets_of
from api.domain.events import Event
from api.domain.insight_filters import Property
from api.domain.insights import (
    Breakdown,
    FunnelQuery,
    RetentionQuery,
    Scope,
    Series,
    Step,
    TrendQuery,
    pooled_rates,
)
from api.lake.queries.funnels import funnel, read_funnel
from api.lake.queries.groups import read_group
from api.lake.queries.retention import read_retention, retention, retention_buckets
from api.lake.queries.sql import Scan
from api.lake.queries.trends import read_trend, trend
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables

ORG, EVENTS = "org_shop", 31_106
CHANNEL = Property(("acquisition_channel",))
STEPS = ("product_view", "add_to_cart", "shipping_details", "purchase")
WINDOW = timedelta(days=7)
NOW = datetime(2024, 9, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Visit:
    time: datetime
    user: str
    event: str
    channel: str


@pytest.fixture(scope="module")
def visits() -> list[Visit]:
    package = find_spec("retentioneering")
    assert package
    assert package.submodule_search_locations
    file = Path(package.submodule_search_locations[0]) / "datasets/ecom.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [
            Visit(
                datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC),
                row["user_id"],
                row["event"],
                row["acquisition_channel"],
            )
            for row in csv.DictReader(lines)
        ]


@pytest.fixture(scope="module")
def lake(visits: Sequence[Visit], tmp_path_factory: pytest.TempPathFactory) -> LakeStorage:
    storage = LakeStorage.in_folder(tmp_path_factory.mktemp("lake"))
    events = [
        Event(
            ORG,
            f"visit-{number}",
            visit.event,
            visit.user,
            f"{visit.time:%Y-%m-%dT%H:%M:%S}.000000Z",
            {"acquisition_channel": visit.channel} if visit.channel else {},
        )
        for number, visit in enumerate(visits)
    ]
    assert asyncio.run(DeltaTables(storage).append(ORG, events)) == EVENTS
    return storage


async def run(lake: LakeStorage, scan: Scan) -> Sequence[tuple[Any, ...]]:
    reader = DuckDBReader(lake)
    days = {"first_day": scan.first_day, "last_day": scan.last_day}
    return await reader.query(await reader.snapshot(ORG), scan.statement, **days)


def span_of(visits: Sequence[Visit], zone: str = "UTC") -> LocalRange:
    local = [visit.time.astimezone(ZoneInfo(zone)).date() for visit in visits]
    return LocalRange(min(local), max(local), ZoneInfo(zone))


def by_user(visits: Sequence[Visit]) -> dict[str, list[Visit]]:
    """Return each user's visits by time; at the same time, a step comes before those after it."""
    order = {name: position for position, name in enumerate(STEPS)}
    found: dict[str, list[Visit]] = defaultdict(list)
    for visit in sorted(visits, key=lambda one: (one.time, order.get(one.event, len(order)))):
        found[visit.user].append(visit)
    return found


def steps_reached(visits: Sequence[Visit]) -> int:
    """Return how many steps a user reached: try the funnel from each of its possible entries."""
    best = 0
    for start, entry in enumerate(visits):
        if entry.event == STEPS[0]:
            reached = 1
            for visit in visits[start + 1 :]:
                if reached == len(STEPS) or visit.time - entry.time > WINDOW:
                    break
                reached += visit.event == STEPS[reached]
            best = max(best, reached)
    return best


async def test_unique_users_per_channel_and_local_week(lake: LakeStorage, visits: Sequence[Visit]):
    span = span_of(visits, "America/New_York")
    breakdown = Breakdown(CHANNEL, 3)
    series = (Series(Step("product_view"), "unique_users"),)
    query = TrendQuery(Scope(span), series, "week", breakdown=breakdown)
    buckets = buckets_of(span, "week", "monday")
    rows = await run(lake, trend(query, 0, buckets))
    found = read_trend(rows, "unique_users", len(buckets.labels))

    viewed = [visit for visit in visits if visit.event == "product_view"]
    frequent = [name for name, _ in Counter(visit.channel for visit in viewed).most_common(3)]
    users: dict[tuple[str, date], set[str]] = defaultdict(set)
    for visit in viewed:
        local = visit.time.astimezone(span.zone).date()
        monday = local - timedelta(days=local.weekday())
        users[visit.channel if visit.channel in frequent else "other", monday].add(visit.user)
    shown = {read_group(CHANNEL, group).value: figures for group, figures in found.figures.items()}
    mondays = [label.date() - timedelta(days=label.weekday()) for label in buckets.labels]

    assert shown.keys() == {*frequent, "other"}
    for name, figures in shown.items():
        assert figures.values == [len(users[str(name), monday]) for monday in mondays], name
        everyone = set[str]().union(*(found for (key, _), found in users.items() if key == name))
        assert figures.total == len(everyone)


async def test_a_funnel_with_a_breakdown(lake: LakeStorage, visits: Sequence[Visit]):
    scope, breakdown = Scope(span_of(visits)), Breakdown(CHANNEL, 10)
    query = FunnelQuery(scope, tuple(map(Step, STEPS)), WINDOW, breakdown=breakdown)
    found = read_funnel(await run(lake, funnel(query)), len(STEPS))

    reached = {user: steps_reached(some) for user, some in by_user(visits).items()}
    expected = [sum(steps > index for steps in reached.values()) for index in range(len(STEPS))]
    assert [step.users for step in found.steps] == expected
    assert expected[-1] > 100
    channels = {
        user: next(visit.channel for visit in some if visit.event == STEPS[0])
        for user, some in by_user(visits).items()
        if reached[user]
    }
    groups = {
        str(read_group(CHANNEL, group).value): [step.users for step in steps]
        for group, steps in found.groups
    }
    assert groups == {
        channel: [
            sum(reached[user] > index for user, theirs in channels.items() if theirs == channel)
            for index in range(len(STEPS))
        ]
        for channel in set(channels.values())
    }


async def test_weekly_retention_of_first_time_visitors(lake: LakeStorage, visits: Sequence[Visit]):
    query = RetentionQuery(Scope(span_of(visits)), Step(None), Step("purchase"), "week", 6)
    buckets = retention_buckets(query)
    found = read_retention(await run(lake, retention(query, buckets)), query, buckets, NOW)

    first = {user: some[0].time for user, some in by_user(visits).items()}
    sizes: Counter[date] = Counter()
    returned: Counter[tuple[date, int]] = Counter()
    for user, some in by_user(visits).items():
        cohort = first[user].date() - timedelta(days=first[user].weekday())
        sizes[cohort] += 1
        periods = {
            (visit.time.date() - cohort).days // 7
            for visit in some
            if visit.event == "purchase" and visit.time >= first[user]
        }
        returned.update((cohort, period) for period in periods)
    assert sum(cohort.size for cohort in found) == len(first)
    for cohort in found:
        assert cohort.size == sizes[cohort.date]
        assert [cell.users for cell in cohort.cells] == [
            returned[cohort.date, period] for period in range(6)
        ]
    rates = pooled_rates(found, 6)
    assert rates[0] == sum(returned[monday, 0] for monday in sizes) / len(first)
    assert all(one.date < two.date for one, two in pairwise(found))
