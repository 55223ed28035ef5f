"""The statement of retention: the size of each cohort, and the users who returned per period."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice, takewhile
from typing import Any

from api.domain.calendars import (
    Buckets,
    LocalRange,
    buckets_of,
    starts_of_intervals,
    utc_days,
)
from api.domain.insights import Cell, Cohort, RetentionQuery
from api.domain.times import ONE_DAY
from api.lake.queries.filters import conjunction, matches, meets_all
from api.lake.queries.sql import Arguments, Scan, between, bucket

BEGINNING = "0001-01-01"  # the first UTC day that a timestamp can have


def retention_buckets(query: RetentionQuery) -> Buckets:
    """Return the intervals of all cohorts, followed by the later periods of the last cohort.

    The intervals are whole, also if the range begins or ends within one.
    """
    span, interval, week_start = query.scope.span, query.interval, query.week_start
    starts = starts_of_intervals(span.first, interval, week_start)
    first, *_ = takewhile(lambda start: start <= span.last, starts)
    *_, end = islice(starts, query.periods)  # one more interval, because zones can skip a day
    whole = buckets_of(LocalRange(first, end - ONE_DAY, span.zone), interval, week_start)
    cohorts = sum(edge < span.end for edge in whole.edges[:-1])
    size = cohorts + query.periods - 1
    return Buckets(whole.labels[:size], whole.edges[: size + 1])


def retention(query: RetentionQuery, buckets: Buckets) -> Scan:
    """Return the statement of retention.

    For cohorts of the kind `first_time`, it reads all days up to the end of the last period,
    because a user's first start event can be on any earlier day.
    """
    arguments = Arguments()
    with_ = [
        f"s AS MATERIALIZED ({_starts(arguments, query, buckets)})",
        f"r AS MATERIALIZED ({_returns(arguments, query, buckets)})",
        f"hits AS ({_hits(arguments, query)})",
    ]
    hits = "SELECT cohort, period, count(*) FROM hits GROUP BY ALL"
    if query.mode == "on_or_after":
        last = "SELECT user_id, cohort, max(period) AS period FROM hits GROUP BY ALL"
        hits = f"SELECT cohort, period, count(*) FROM ({last}) GROUP BY ALL"
    sql = (
        f"WITH {', '.join(with_)} {hits} "
        "UNION ALL SELECT cohort, NULL, count(*) FROM s GROUP BY ALL"
    )
    first, last = utc_days(query.scope.span.start, buckets.edges[-1])
    return arguments.scan(sql, (BEGINNING if query.cohorts == "first_time" else first, last))


def _starts(arguments: Arguments, query: RetentionQuery, buckets: Buckets) -> str:
    """Return the query for each user's first start event per cohort."""
    span = query.scope.span
    is_first = query.cohorts == "first_time"
    where = _where(arguments, query, between(arguments, None if is_first else span.start, span.end))
    if is_first:
        time = f'SELECT user_id, min(epoch_us("timestamp")) AS t FROM events WHERE {where}'
        cohort = bucket(arguments, buckets.edges, "t")
        since = f"t >= epoch_us({arguments.add(span.start)}::TIMESTAMPTZ)"
        return f"SELECT user_id, {cohort} AS cohort, t FROM ({time} GROUP BY user_id) WHERE {since}"
    cohort = bucket(arguments, buckets.edges, 'epoch_us("timestamp")')
    return (
        f'SELECT user_id, {cohort} AS cohort, min(epoch_us("timestamp")) AS t '
        f"FROM events WHERE {where} GROUP BY ALL"
    )


def _where(arguments: Arguments, query: RetentionQuery, times: str) -> str:
    everywhere = meets_all(arguments, query.scope.filters)
    return conjunction([times, matches(arguments, query.start), everywhere])


def _returns(arguments: Arguments, query: RetentionQuery, buckets: Buckets) -> str:
    """Return the query for each user's last return event per interval."""
    interval = bucket(arguments, buckets.edges, 'epoch_us("timestamp")')
    where = conjunction(
        [
            between(arguments, query.scope.span.start, buckets.edges[-1]),
            matches(arguments, query.returning),
            meets_all(arguments, query.scope.filters),
        ]
    )
    return (
        f'SELECT user_id, {interval} AS interval, max(epoch_us("timestamp")) AS t '
        f"FROM events WHERE {where} GROUP BY ALL"
    )


def _hits(arguments: Arguments, query: RetentionQuery) -> str:
    """Return the query for the periods of each user and cohort with a return event.

    In the period 0, the event must not be before the start event. A user of recurring cohorts is in
    many of them, so the join is on the interval, too.
    """
    periods = arguments.add(query.periods)
    if query.cohorts == "first_time":
        period = f"r.interval - s.cohort BETWEEN 0 AND {periods} - 1"
        join = (
            f"SELECT s.*, r.interval - s.cohort AS period, r.t AS latest FROM s JOIN r ON {period}"
        )
        join += " AND r.user_id = s.user_id"
    else:
        cells = f"SELECT s.*, unnest(range({periods})) AS period FROM s"
        join = (
            f"SELECT c.*, r.t AS latest FROM ({cells}) c JOIN r "
            "ON r.user_id = c.user_id AND r.interval = c.cohort + c.period"
        )
    return f"SELECT user_id, cohort, period FROM ({join}) WHERE period > 0 OR latest >= t"


def read_retention(
    rows: Sequence[tuple[Any, ...]], query: RetentionQuery, buckets: Buckets, now: datetime
) -> list[Cohort]:
    """Return all cohorts, of which each has one cell per period.

    `on_or_after` counts the users who returned in the period or in a later one of the table.
    """
    sizes: dict[int, int] = {}
    counts: dict[tuple[int, int], int] = {}
    for cohort, period, users in rows:
        if period is None:
            sizes[cohort] = users
        else:
            counts[cohort, period] = users
    number = len(buckets.labels) - query.periods + 1
    return [
        Cohort(
            buckets.labels[cohort].date(),
            sizes.get(cohort, 0),
            _cells(query, cohort, counts, [edge <= now for edge in buckets.edges]),
        )
        for cohort in range(number)
    ]


def _cells(
    query: RetentionQuery,
    cohort: int,
    counts: dict[tuple[int, int], int],
    has_passed: Sequence[bool],
) -> list[Cell]:
    users = [counts.get((cohort, period), 0) for period in range(query.periods)]
    if query.mode == "on_or_after":
        users = [sum(users[period:]) for period in range(query.periods)]
    return [
        Cell(period, count, has_passed[cohort + period + 1]) for period, count in enumerate(users)
    ]
