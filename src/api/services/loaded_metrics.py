"""Metrics whose values are loaded from a file instead of being counted from events."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from api.domain.metrics import Metric, MetricValue
from api.services.at_once import map_at_once
from api.services.organizations import put
from api.stores.protocol import Store
from api.stores.records import record_key

METRIC_IDS = {"first": "metric~", "last": "metric~\uffff"}
_VALUE_IDS = ({"last": "metric}\uffff"}, {"first": "metric\x7f"})  # ids outside METRIC_IDS


async def load_metric_values(
    store: Store, metrics: Sequence[Metric], values: Iterable[MetricValue]
) -> Counter[str]:
    """Store the metrics and their values.

    Return the numbers of new, changed and unchanged values.
    """
    by_metric = defaultdict[tuple[str, str], list[MetricValue]](list)
    for value in values:
        by_metric[value.org_id, value.name].append(value)
    for metric in metrics:
        await put(store, metric)
    counts = Counter[str]()
    for (org_id, name), group in by_metric.items():
        days = sorted(value.date for value in group)
        bounds = {"first": f"{name}:{days[0]}", "last": f"{name}:{days[-1]}"}
        stored = await store.find(MetricValue, org_id, **bounds)
        known = {value.date: value.value for value in stored}
        unlike = [value for value in group if known.get(value.date) != value.value]
        counts["unchanged"] += len(group) - len(unlike)
        counts["changed"] += sum(value.date in known for value in unlike)
        counts["new"] += sum(value.date not in known for value in unlike)
        await map_at_once(lambda value: put(store, value), unlike)
    return counts


async def delete_loaded_metrics(store: Store, org_id: str) -> None:
    """Delete all loaded metrics of an organisation. Safe to repeat."""
    for bounds in _VALUE_IDS:
        await _delete_all(store, await store.find(MetricValue, org_id, **bounds))
    await _delete_all(store, await store.find(Metric, org_id, **METRIC_IDS))


async def _delete_all(store: Store, records: Iterable[object]) -> None:
    await map_at_once(lambda one: store.delete(type(one), *record_key(one)), records)
