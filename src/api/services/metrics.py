"""Daily metrics of a date range, from rollups and from metric values loaded from files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from api.domain.metrics import (
    ACTIVE_USERS,
    BUILT_IN,
    EVENTS,
    TYPE_PREFIX,
    Metric,
    MetricSeries,
    MetricValue,
    series,
)
from api.domain.rollups import DayCounts, DayUsers, users_id
from api.domain.times import days_between
from api.domain.type_names import NAMED_MAX, OTHER
from api.errors import ApiError, FieldError
from api.stores.protocol import Store

_METRIC_IDS = {"first": "metric~", "last": "metric~\uffff"}


async def summarize_metrics(
    store: Store, org_id: str, *, first: date, last: date, names: Sequence[str]
) -> list[MetricSeries]:
    """Return the metrics with these names, or all metrics by default, with one value per day.

    Raises ApiError `unknown_metric`, whose message lists the known metrics.
    """
    loaded = {metric.name: metric for metric in await store.find(Metric, org_id, **_METRIC_IDS)}
    wanted = list(dict.fromkeys(names)) or [*BUILT_IN, *loaded]
    _require_known(wanted, loaded)
    days = days_between(first, last)
    built_in = [name for name in wanted if name not in loaded]
    counts = await _counts(store, org_id, days) if built_in else {}
    users = await _users(store, org_id, days) if ACTIVE_USERS in built_in else {}
    found: list[MetricSeries] = []
    for name in wanted:
        if name in loaded:
            found.append(await _loaded(store, loaded[name], days))
        elif name == ACTIVE_USERS:
            found.append(_active_users(days, counts, users))
        else:
            found.append(_count(name, days, counts))
    return found


async def list_event_types(
    store: Store, org_id: str, *, first: date, last: date
) -> list[tuple[str, int]]:
    """Return the event types of the range with their counts, most frequent first.

    If there are more types than the maximum, the rarest are combined as `(other)`.
    """
    total: Counter[str] = Counter()
    for day in (await _counts(store, org_id, days_between(first, last))).values():
        total.update(day.counts)
    other = total.pop(OTHER, 0)
    ranked = sorted((pair for pair in total.items() if pair[1]), key=lambda p: (-p[1], p[0]))
    other += sum(count for _, count in ranked[NAMED_MAX:])
    named = ranked[:NAMED_MAX] + ([(OTHER, other)] if other else [])
    return sorted(named, key=lambda pair: (-pair[1], pair[0]))


async def _counts(store: Store, org_id: str, days: Sequence[date]) -> dict[str, DayCounts]:
    first, last = days[0].isoformat(), days[-1].isoformat()
    return {day.day: day for day in await store.find(DayCounts, org_id, first=first, last=last)}


async def _users(store: Store, org_id: str, days: Sequence[date]) -> dict[str, DayUsers]:
    first, last = users_id(days[0].isoformat()), users_id(days[-1].isoformat())
    return {day.day: day for day in await store.find(DayUsers, org_id, first=first, last=last)}


async def _loaded(store: Store, metric: Metric, days: Sequence[date]) -> MetricSeries:
    found = await store.find(
        MetricValue,
        metric.org_id,
        first=f"{metric.name}:{days[0]}",
        last=f"{metric.name}:{days[-1]}",
    )
    values = {reading.date: reading.value for reading in found}
    found_series = series(metric.name, metric.kind, days, values)
    return replace(found_series, currency=metric.currency)


def _count(name: str, days: Sequence[date], counts: Mapping[str, DayCounts]) -> MetricSeries:
    event_type = name.removeprefix(TYPE_PREFIX)
    values = {
        day: sum(found.counts.values()) if name == EVENTS else found.counts.get(event_type, 0)
        for day, found in counts.items()
    }
    return series(name, "count", days, values)


def _active_users(
    days: Sequence[date], counts: Mapping[str, DayCounts], users: Mapping[str, DayUsers]
) -> MetricSeries:
    """Return the number of distinct users per day and, as the total, in the whole range.

    A day whose users are being rebuilt has no value. Sketches whose hashes were made with different
    secrets can't be merged, so a range with such sketches has no total.
    """
    from api.services.sketches import count_distinct, estimate  # noqa: PLC0415 - imports numpy

    whole = {
        day: found.sketch
        for day, found in users.items()
        if found.has_all_users and day in counts and counts[day].has_all_users
    }
    unknown = counts.keys() - whole.keys()
    daily = [
        (day, None if day in unknown else estimate(whole.get(day, b"")))
        for day in (day.isoformat() for day in days)
    ]
    is_one_key = len({users[day].users_key for day in whole}) <= 1
    total = count_distinct(whole.values()) if is_one_key and not unknown else None
    return MetricSeries(ACTIVE_USERS, "unique", total, daily)


def _require_known(wanted: Sequence[str], loaded: Mapping[str, Metric]) -> None:
    known = [*BUILT_IN, *loaded]
    errors = [
        FieldError("/metrics", "unknown_metric", f"has an unknown metric: {name}")
        for name in wanted
        if name not in known and not (name.startswith(TYPE_PREFIX) and name != TYPE_PREFIX)
    ]
    if errors:
        raise ApiError(
            "unknown_metric",
            f"Known metrics: {', '.join(known)}, and {TYPE_PREFIX}<event_type> for any event type.",
            errors=errors,
        )
