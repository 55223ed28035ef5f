"""Daily metrics over a range, from the rollups and from loaded values."""

from collections import Counter
from collections.abc import Mapping, Sequence
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
from api.domain.rollups import Rollup
from api.domain.times import days_between
from api.errors import ApiError, FieldError
from api.stores.protocol import Store

_METRIC_IDS = {"first": "metric~", "last": "metric~\uffff"}


async def summarize_metrics(
    store: Store, org_id: str, *, first: date, last: date, names: Sequence[str]
) -> list[MetricSeries]:
    """The named metrics, or all that the organisation has; every day from first to last is present.

    Raises ApiError `unknown_metric` that lists the known names.
    """
    loaded = {metric.name: metric for metric in await store.find(Metric, org_id, **_METRIC_IDS)}
    wanted = list(dict.fromkeys(names)) or [*BUILT_IN, *loaded]
    _require_known(wanted, loaded)
    days = days_between(first, last)
    needs_rollups = any(name not in loaded for name in wanted)
    rollups = await _rollups(store, org_id, days) if needs_rollups else {}
    return [
        await _loaded(store, loaded[name], days)
        if name in loaded
        else _built_in(name, days, rollups)
        for name in wanted
    ]


async def list_event_types(
    store: Store, org_id: str, *, first: date, last: date
) -> list[tuple[str, int]]:
    """Event types seen in the range with their counts, most frequent first."""
    rollups = await _rollups(store, org_id, days_between(first, last))
    total: Counter[str] = Counter()
    for rollup in rollups.values():
        total.update(rollup.counts)
    return sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))


async def _rollups(store: Store, org_id: str, days: Sequence[date]) -> dict[str, Rollup]:
    found = await store.find(Rollup, org_id, first=days[0].isoformat(), last=days[-1].isoformat())
    return {rollup.day: rollup for rollup in found}


async def _loaded(store: Store, metric: Metric, days: Sequence[date]) -> MetricSeries:
    found = await store.find(
        MetricValue,
        metric.org_id,
        first=f"{metric.name}:{days[0]}",
        last=f"{metric.name}:{days[-1]}",
    )
    values = {reading.date: reading.value for reading in found}
    return series(metric.name, metric.kind, days, values)


def _built_in(name: str, days: Sequence[date], rollups: Mapping[str, Rollup]) -> MetricSeries:
    if name == ACTIVE_USERS:
        return _active_users(days, rollups)
    event_type = name.removeprefix(TYPE_PREFIX)
    counts = {
        day: sum(rollup.counts.values()) if name == EVENTS else rollup.counts.get(event_type, 0)
        for day, rollup in rollups.items()
    }
    return series(name, "count", days, counts)


def _active_users(days: Sequence[date], rollups: Mapping[str, Rollup]) -> MetricSeries:
    """Distinct users a day; the total is distinct over the whole range, never the sum of days."""
    from api.services.sketches import count_distinct  # noqa: PLC0415 - brings numpy

    counts = {day: count_distinct([rollup.sketch]) for day, rollup in rollups.items()}
    daily = [(day.isoformat(), counts.get(day.isoformat(), 0)) for day in days]
    total = count_distinct(rollup.sketch for rollup in rollups.values())
    return MetricSeries(ACTIVE_USERS, "unique", total, daily)


def _require_known(wanted: Sequence[str], loaded: Mapping[str, Metric]) -> None:
    known = [*BUILT_IN, *loaded]
    errors = [
        FieldError("/metrics", "unknown_metric", f"{name!r} is not one of the known metrics")
        for name in wanted
        if name not in known and not (name.startswith(TYPE_PREFIX) and name != TYPE_PREFIX)
    ]
    if errors:
        raise ApiError(
            "unknown_metric",
            f"Known metrics: {', '.join(known)}, and {TYPE_PREFIX}<event_type> for any event type.",
            errors=errors,
        )
