"""The statements of funnels: users per step, and users who dropped off after a step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.domain.calendars import utc_days
from api.domain.insights import FunnelQuery, FunnelStep, share
from api.lake.queries.groups import ALL, RowGroup, grouped, in_order, ranked
from api.lake.queries.reached import reached
from api.lake.queries.sql import Arguments, Scan, format_micros

_SECOND = 1_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class FunnelRows:
    """The steps of a funnel for all users, and for each group of a breakdown."""

    steps: Sequence[FunnelStep]
    groups: Sequence[tuple[RowGroup, Sequence[FunnelStep]]]


@dataclass(frozen=True, slots=True)
class DroppedUser:
    """A user who reached a step, but not the next one, and the time they first reached it."""

    user_id: str
    reached_at: str


def funnel(query: FunnelQuery) -> Scan:
    """Return the statement of a funnel. A user belongs to the group of their first event."""
    arguments = Arguments()
    with_ = [*reached(arguments, query), *_users(query)]
    group, join, by = f"'{ALL}' AS kind, NULL::VARCHAR AS grp", "", ""
    selects = [_select(k, group, join, by) for k in range(1, len(query.steps) + 1)]
    if query.breakdown:
        ranking = ranked(arguments, "r1", "count(*)", query.breakdown.limit)
        with_ += [f"ranking AS ({ranking})", f"touched AS ({grouped('r1', 'ranking')})"]
        group, join, by = "kind, grp", " JOIN touched USING (user_id)", " GROUP BY kind, grp"
        selects += [_select(k, group, join, by) for k in range(1, len(query.steps) + 1)]
    return arguments.scan(f"WITH {', '.join(with_)} {' UNION ALL '.join(selects)}", _days(query))


def dropped(query: FunnelQuery, step: int, *, after: str | None, limit: int) -> Scan:
    """Return the statement for users whose last step is the one with this index, by user id."""
    arguments = Arguments()
    with_ = [*reached(arguments, query), *_users(query)]
    later = "" if after is None else f"WHERE user_id > {arguments.add(after)} "
    start = arguments.add(query.scope.span.start)
    sql = (
        f"WITH {', '.join(with_)} "
        f"SELECT user_id, epoch_us({start}::TIMESTAMPTZ) + t FROM r{step + 1} "
        f"ANTI JOIN r{step + 2} USING (user_id) {later}"
        f"ORDER BY user_id LIMIT {arguments.add(limit)}"
    )
    return arguments.scan(sql, _days(query))


def _users(query: FunnelQuery) -> list[str]:
    """Return the relations `r<k>` of the users who reached a step, each with their first event."""
    key = ", min({'t': t, 'key': key}).key AS key" if query.breakdown else ""
    first = f"SELECT user_id, min(t) AS t, NULL::BIGINT AS gap{key} FROM e1 GROUP BY user_id"
    later = "SELECT user_id, min(t) AS t, arg_min(gap, o) AS gap"
    return [
        f"r1 AS MATERIALIZED ({first})",
        *(
            f"r{k} AS MATERIALIZED ({later} FROM e{k} GROUP BY user_id)"
            for k in range(2, len(query.steps) + 1)
        ),
    ]


def _select(k: int, group: str, join: str, by: str) -> str:
    times = f"median(r{k}.gap), avg(r{k}.gap)"
    return f"SELECT {k} AS k, {group}, count(*), {times} FROM r{k}{join}{by}"


def _days(query: FunnelQuery) -> tuple[str, str]:
    span = query.scope.span
    return utc_days(span.start, span.end + query.window)


def read_dropped(rows: Sequence[tuple[Any, ...]]) -> list[DroppedUser]:
    return [DroppedUser(user_id, format_micros(reached_at)) for user_id, reached_at in rows]


def read_funnel(rows: Sequence[tuple[Any, ...]], size: int) -> FunnelRows:
    """Return the steps of the statement's rows."""
    found: dict[RowGroup, dict[int, tuple[Any, ...]]] = {}
    for k, kind, key, *figures in rows:
        found.setdefault((kind, key), {})[k] = tuple(figures)
    steps = {group: _steps(by_step, size) for group, by_step in found.items()}
    everyone = steps.pop((ALL, None))
    order = in_order({group: each[0].users for group, each in steps.items()})
    return FunnelRows(everyone, [(group, steps[group]) for group in order])


def _steps(by_step: dict[int, tuple[Any, ...]], size: int) -> list[FunnelStep]:
    steps: list[FunnelStep] = []
    for index in range(size):
        users, median, average = by_step.get(index + 1, (0, None, None))
        steps.append(
            FunnelStep(
                index=index,
                users=users,
                conversion_overall=share(users, steps[0].users if steps else users),
                conversion_previous=share(users, steps[-1].users if steps else users),
                median_seconds=None if median is None else median / _SECOND,
                average_seconds=None if average is None else average / _SECOND,
            )
        )
    return steps
