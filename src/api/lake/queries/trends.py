"""The statement of one series of a trend.

The statement first aggregates per bucket and key, which leaves few rows for most measures. For
percentiles, it keeps all numbers. To count distinct users, it keeps a row per user with a bit for
each bucket: 10,000,000 events of 500,000 users on 60 days need 150 MB, and a row per user and day
would need more than a query may use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.domain.calendars import Buckets
from api.domain.insights import EMPTY, Aggregate, Figures, Series, TrendQuery
from api.domain.times import start_of_day
from api.lake.queries.filters import conjunction, group_key, matches, meets_all, number
from api.lake.queries.groups import ALL, RowGroup, grouped, in_order, known, ranked
from api.lake.queries.sql import Arguments, Scan, as_number, between, bucket

_PERCENTILES: Mapping[Aggregate, str] = {
    "p50": "0.5",
    "p90": "0.9",
    "p95": "0.95",
    "p99": "0.99",
}
# aggregate -> its expression over the rows of `grouped`
_FINAL: Mapping[Aggregate, str] = {
    "total": "sum(n)::BIGINT",
    "sum": "fsum(sum)",
    "average": "fsum(sum) / nullif(sum(numbers), 0)",
    "min": "min(min)",
    "max": "max(max)",
    **{name: f"quantile_cont(number, {part})" for name, part in _PERCENTILES.items()},
}
_KEY = "kind", "grp", "bucket"  # of a row in a result


@dataclass(frozen=True, slots=True)
class TrendRows:
    """The figures of a series per group. Without a breakdown, the only group is `all`."""

    figures: Mapping[RowGroup, Figures]
    groups: Sequence[RowGroup]  # in the order in which they are shown

    @property
    def keys(self) -> list[str]:
        """Return the keys of the values that have a group of their own."""
        return [key for _, key in self.groups if key is not None]


def trend(
    query: TrendQuery, index: int, buckets: Buckets, keys: Sequence[str] | None = None
) -> Scan:
    """Return the statement of the series with this index.

    A breakdown has a group for each of the given keys, or for the most frequent ones of the
    buckets.
    """
    arguments, series = Arguments(), query.series[index]
    trends = _Trends(arguments, query, series, buckets, keys)
    match series.aggregate:
        case "unique_users":
            sql = trends.unique_users()
        case "per_user":
            sql = trends.per_user()
        case aggregate:
            sql = trends.measure(aggregate)
    return arguments.scan(sql, buckets.utc_days)


@dataclass(frozen=True, slots=True)
class _Trends:
    """The statements of a series. Their columns are kind, grp, bucket, value and weight.

    The rows without a bucket have the value of the whole range, and the number of its events.
    """

    arguments: Arguments
    query: TrendQuery
    series: Series
    buckets: Buckets
    keys: Sequence[str] | None

    def measure(self, aggregate: Aggregate) -> str:
        columns = f"{self._bucket} AS bucket, {', '.join(self._measures(aggregate))}"
        grouping = "" if aggregate in _PERCENTILES else " GROUP BY ALL"
        final = _FINAL[aggregate]
        return (
            f"WITH {self._grouped(columns, grouping)} "
            f"SELECT kind, grp, bucket, {final} AS value, NULL AS weight FROM grouped "
            f"GROUP BY ALL UNION ALL "
            f"SELECT kind, grp, NULL, {final}, sum(n)::BIGINT FROM grouped GROUP BY ALL"
        )

    def unique_users(self) -> str:
        count = len(self.buckets.labels)
        columns = (
            f"user_id, bitstring_agg(({self._bucket})::INTEGER, 0, {count - 1}) AS bits, "
            "count(*) AS n"
        )
        with_, users = self._grouped(columns, " GROUP BY ALL"), "grouped"
        if self.query.breakdown:  # users of several keys in the group `other` have several rows
            users = "users"
            with_ += (
                ", users AS MATERIALIZED (SELECT kind, grp, bit_or(bits) AS bits, sum(n) AS n "
                "FROM grouped GROUP BY kind, grp, user_id)"
            )
        return (
            f"WITH {with_} "
            "SELECT kind, grp, bucket, sum(get_bit(bits, bucket))::BIGINT AS value, "
            f"NULL AS weight FROM {users}, (SELECT unnest(range({count}))::INTEGER AS bucket) "
            "GROUP BY ALL UNION ALL "
            f"SELECT kind, grp, NULL, count(*), sum(n)::BIGINT FROM {users} GROUP BY ALL"
        )

    def per_user(self) -> str:
        same = " AND ".join(f"t.{name} IS NOT DISTINCT FROM u.{name}" for name in _KEY)
        return (
            "SELECT t.kind, t.grp, t.bucket, t.value / u.value, t.weight "
            f"FROM ({self.measure('total')}) t JOIN ({self.unique_users()}) u ON {same}"
        )

    @property
    def _bucket(self) -> str:
        return bucket(self.arguments, self.buckets.edges, 'epoch_us("timestamp")')

    def _grouped(self, columns: str, grouping: str) -> str:
        """Return the relation `grouped`: these columns of the events, and their group."""
        arguments, breakdown = self.arguments, self.query.breakdown
        where = conjunction(
            [
                _in_buckets(arguments, self.buckets),
                meets_all(arguments, self.query.scope.filters),
                matches(arguments, self.series.step),
            ]
        )
        rows = f"{columns} FROM events WHERE {where}{grouping}"
        if not breakdown:
            return f"grouped AS MATERIALIZED (SELECT '{ALL}' AS kind, NULL::VARCHAR AS grp, {rows})"
        key = group_key(arguments, breakdown.attribute)
        names = (
            ranked(arguments, "partial", "sum(n)", breakdown.limit)
            if self.keys is None
            else known(arguments, self.keys)
        )
        return (
            f"partial AS MATERIALIZED (SELECT {key} AS key, {rows}), ranking AS ({names}), "
            f"grouped AS ({grouped('partial', 'ranking')})"
        )

    def _measures(self, aggregate: Aggregate) -> list[str]:
        if self.series.attribute is None:
            return ["count(*) AS n"]
        value = number(self.arguments, self.series.attribute)
        if aggregate in _PERCENTILES:
            return ["1 AS n", f"{value} AS number"]
        return [
            "count(*) AS n",
            f"count({value}) AS numbers",
            f"fsum({value}) AS sum",
            f"min({value}) AS min",
            f"max({value}) AS max",
        ]


def _in_buckets(arguments: Arguments, buckets: Buckets) -> str:
    """Return the condition for the times of the buckets.

    Whole UTC days need none, because the statement then reads only the files of these days.
    """
    edges = buckets.edges[0], buckets.edges[-1]
    if all(edge == start_of_day(edge.date()) for edge in edges):
        return "TRUE"
    return between(arguments, *edges)


def read_trend(rows: Sequence[tuple[Any, ...]], aggregate: Aggregate, size: int) -> TrendRows:
    """Return the figures of the statement's rows, with a value for each of `size` buckets."""
    empty = EMPTY.get(aggregate)
    totals: dict[RowGroup, float | None] = {}
    values: dict[RowGroup, list[float | None]] = {}
    weights: dict[RowGroup, int] = {}
    for kind, key, index, value, weight in rows:
        kept = empty if value is None else as_number(value)
        if index is None:
            totals[kind, key] = kept
            weights[kind, key] = weight or 0
        else:
            values.setdefault((kind, key), [empty] * size)[index] = kept
    figures = {group: Figures(totals[group], values[group]) for group in totals if group in values}
    return TrendRows(figures, in_order({group: weights[group] for group in figures}))


def no_figures(aggregate: Aggregate, size: int) -> Figures:
    """Return the figures of a series or a group without events."""
    empty = EMPTY.get(aggregate)
    return Figures(empty, [empty] * size)
