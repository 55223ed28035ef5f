"""Traces and metrics of folds and projections, on every store."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from api.domain.events import DayBatch
from api.domain.ingest_context import IngestContext
from api.domain.rollups import Checkpoint, DeadLetter
from api.services.rollups import FEED_READER, apply_changes, catch_up
from api.stores.protocol import Changes, Store
from tests.contract.samples import ORG, event

DAY = "2026-03-01"
SPAN = "b7ad6b7169203331"
TRACES = [f"{n:032x}" for n in range(1, 200)]


def ago(seconds: float) -> datetime:
    return datetime.now(tz=UTC) - timedelta(seconds=seconds)


async def write(store: Store, number: int, trace: str | None, seconds: float = 0) -> None:
    context = IngestContext(ago(seconds), f"00-{trace}-{SPAN}-01" if trace else None)
    await store.append(DayBatch(ORG, DAY, [event(number)], None, context))


def trace_of(span) -> str:
    return f"{span.context.trace_id:032x}"


async def test_deltas_of_one_trace_are_folded_and_projected_in_that_trace(
    any_store: Store, measured
):
    await write(any_store, 1, TRACES[0])
    await write(any_store, 2, TRACES[0])
    await catch_up(any_store)
    [fold], [projection] = measured.spans("analytics.fold"), measured.spans("analytics.project")

    assert trace_of(fold) == trace_of(projection) == TRACES[0]
    assert f"{fold.parent.span_id:016x}" == SPAN
    assert projection.parent.span_id == fold.context.span_id
    assert not fold.links


async def test_a_fold_of_several_traces_starts_a_new_trace_with_links(any_store, measured):
    for number in range(3):
        await write(any_store, number, TRACES[number])
    await write(any_store, 3, None)
    await catch_up(any_store)
    [fold], [projection] = measured.spans("analytics.fold"), measured.spans("analytics.project")

    assert {f"{link.context.trace_id:032x}" for link in fold.links} == set(TRACES[:3])
    assert trace_of(fold) not in TRACES
    assert projection.parent.span_id == fold.context.span_id


async def test_the_lag_is_measured_from_the_oldest_event(any_store: Store, measured, caplog):
    caplog.set_level(logging.INFO, "api.services.projections")
    for number, seconds in enumerate((10, 90, 30)):
        await write(any_store, number, None, seconds)
    await catch_up(any_store)
    lags = measured.points("analytics.rollup.lag")

    [line] = [r.fields for r in caplog.records if r.message == "rollup projected"]

    assert 90 <= lags["fold",] <= lags["projection",] < 120
    assert line == {
        "org_id": ORG,
        "day": DAY,
        "lag_seconds": pytest.approx(lags["projection",], abs=0.001),
    }


async def test_a_projection_that_changes_nothing_has_no_lag(any_store: Store, measured):
    await write(any_store, 1, None, 60)
    await catch_up(any_store)
    first = measured.points("analytics.rollup.lag")
    await any_store.delete(Checkpoint, FEED_READER)
    await catch_up(any_store)  # reads all changes again

    assert len(measured.spans("analytics.project")) > 1
    assert measured.points("analytics.rollup.lag") == first


@pytest.mark.parametrize(
    "context",
    [
        None,
        IngestContext(ago(0), None),
        IngestContext(ago(0), "nonsense"),
        IngestContext(ago(0), "00-" + "0" * 32 + "-" + SPAN + "-01"),
    ],
)
async def test_events_with_an_invalid_trace_context_are_counted(
    any_store: Store, measured, context
):
    await any_store.append(DayBatch(ORG, DAY, [event(1)], None, context))
    await catch_up(any_store)
    pending = await any_store.pending(ORG, DAY, limit=9)

    assert sum(pending.rollup.counts.values()) == 1
    assert measured.spans("analytics.fold")[0].parent is None


async def test_a_dead_letter_is_counted_once(any_store: Store, measured):
    document = {"type": "delta", "id": "delta~x", "org_id": ORG, "day": DAY}
    unreadable = DeadLetter(ORG, DAY, "delta~x", "why", document)
    for _ in range(2):
        await apply_changes(any_store, Changes(frozenset(), [], [unreadable]))

    assert measured.points("analytics.dead_letters") == {(): 1}
