"""What makes events the same, and how they are cut into transactions."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from api.domain.events import (
    BATCH_BYTES_MAX,
    EVENTS_PER_BATCH_MAX,
    Draft,
    Event,
    EventResult,
    Source,
    day_batches,
    plan,
)
from api.domain.rollups import delta_of, user_hashes

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SOURCE = Source("k", NOON, "marker")


def a_draft(event_id: str | None = None, moment: datetime | None = None) -> Draft:
    return Draft("page_viewed", "u", event_id, moment, {}, size=100)


def an_event(number: int, day: int = 1, user: str = "u") -> Event:
    return Event("org", f"e{number:05}", "t", user, f"2026-03-{day:02}T00:00:00.000000Z", {})


def test_a_plan_keeps_the_order_and_what_was_rejected_before():
    rejected = EventResult(1, None, "rejected")
    planned = plan([a_draft("a", NOON), rejected, a_draft("a", NOON)], org_id="o", source=SOURCE)

    assert isinstance(planned[0], Event)
    assert planned[1:] == [rejected, EventResult(2, "a", "duplicate")]


def test_what_is_missing_comes_from_the_source():
    (event,) = plan([a_draft()], org_id="o", source=SOURCE)

    assert isinstance(event, Event)
    assert event.timestamp == "2026-03-10T12:00:00.000000Z"
    assert plan([a_draft()], org_id="o", source=SOURCE) == [event]


@given(
    st.lists(
        st.tuples(st.integers(0, 9999), st.integers(1, 5), st.integers(1, 40_000)), max_size=300
    )
)
def test_batches_hold_one_day_fit_a_transaction_and_lose_nothing(rows):
    pairs = [(an_event(number, day), size) for number, day, size in rows]
    batches = list(day_batches(pairs, org_id="org", claim="c"))
    sizes = {}
    for event, size in pairs:
        sizes.setdefault(event.key, []).append(size)

    assert sorted(e.key for b in batches for e in b.events) == sorted(e.key for e, _ in pairs)
    for batch in batches:
        assert {event.day for event in batch.events} == {batch.day}
        assert 1 <= len(batch.events) <= EVENTS_PER_BATCH_MAX
        assert sum(min(sizes[event.key]) for event in batch.events) <= BATCH_BYTES_MAX


def test_a_delta_counts_types_and_hashes_each_user_once():
    events = [an_event(n, user=f"u{n % 3}") for n in range(10)]
    (batch,) = day_batches([(e, 1) for e in events], org_id="org", claim=None)
    delta = delta_of(batch)

    assert delta.counts == {"t": 10}
    assert len(set(user_hashes(delta.users))) == 3
    assert delta.delta_id == events[0].key
