"""The statement of one series of a trend.

The statement first aggregates per bucket and key, which leaves few rows for most measures. To count
distinct users, the statement keeps the users of each bucket; for percentiles, it keeps all numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.domain.calendars import Buckets
from api.domain.insights import EMPTY, Aggregate, Figures, Series, TrendQuery
from api.lake.queries.filters import conjunction, group_key, matches, meets_all, number
from api.lake.queries.groups import ALL, RowGroup, grouped, in_order, known, ranked
from api.lake.queries.sql import Arguments, Scan, as_number, between, bucket

_PERCENTILES: Mapping[Aggregate, str] = {
    "p50": "0.5",
    "p90": "0.9",
    "p95": "0.95",
    "p99": "0.99",
}
# aggregate -> its expression over the rows of `partial`
_FINAL: Mapping[Aggregate, str] = {
    "total": "sum(n)::BIGINT",
    "unique_users": "count(DISTINCT user_id)",
    "per_user": "sum(n) / count(DISTINCT user_id)",
    "sum": "fsum(sum)",
    "average": "fsum(sum) / nullif(sum(numbers), 0)",
    "min": "min(min)",
    "max": "max(max)",
    **{name: f"quantile_cont(number, {part})" for name, part in _PERCENTILES.items()},
}
_PER_USER: tuple[Aggregate, ...] = ("unique_users", "per_user")


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
    arguments = Arguments()
    series, breakdown = query.series[index], query.breakdown
    with_ = [f"partial AS MATERIALIZED ({_partial(arguments, query, series, buckets)})"]
    source, group = "partial", f"'{ALL}' AS kind, NULL::VARCHAR AS grp"
    if breakdown:
        names = (
            ranked(arguments, "partial", "sum(n)", breakdown.limit)
            if keys is None
            else known(arguments, keys)
        )
        with_ += [f"ranking AS ({names})", f"grouped AS ({grouped('partial', 'ranking')})"]
        source, group = "grouped", "kind, grp"
    final = _FINAL[series.aggregate]
    sql = (
        f"WITH {', '.join(with_)} "
        f"SELECT {group}, bucket, {final}, NULL FROM {source} GROUP BY ALL UNION ALL "
        f"SELECT {group}, NULL, {final}, sum(n)::BIGINT FROM {source} GROUP BY ALL"
    )
    return arguments.scan(sql, buckets.utc_days)


def _partial(arguments: Arguments, query: TrendQuery, series: Series, buckets: Buckets) -> str:
    columns = [bucket(arguments, buckets.edges, 'epoch_us("timestamp")') + " AS bucket"]
    if query.breakdown:
        columns.append(f"{group_key(arguments, query.breakdown.attribute)} AS key")
    if series.aggregate in _PER_USER:
        columns.append("user_id")
    columns += _measures(arguments, series)
    conditions = [
        between(arguments, buckets.edges[0], buckets.edges[-1]),
        meets_all(arguments, query.scope.filters),
        matches(arguments, series.step),
    ]
    grouping = "" if series.aggregate in _PERCENTILES else " GROUP BY ALL"
    return f"SELECT {', '.join(columns)} FROM events WHERE {conjunction(conditions)}{grouping}"


def _measures(arguments: Arguments, series: Series) -> list[str]:
    if series.attribute is None:
        return ["count(*) AS n"]
    value = number(arguments, series.attribute)
    if series.aggregate in _PERCENTILES:
        return ["1 AS n", f"{value} AS number"]
    return [
        "count(*) AS n",
        f"count({value}) AS numbers",
        f"fsum({value}) AS sum",
        f"min({value}) AS min",
        f"max({value}) AS max",
    ]


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
