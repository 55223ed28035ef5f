"""Identity of events, and their division into transactions."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from api.domain.events import (
    BATCH_BYTES_MAX,
    EVENTS_PER_BATCH_MAX,
    PUBLIC,
    TRUSTED,
    Draft,
    Event,
    EventResult,
    Receipt,
    day_batches,
    plan,
    split_key,
)
from api.domain.rollups import delta_of, user_hashes
from api.domain.user_hashes import UserKeys

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
RECEIPT = Receipt("k", NOON, "marker", TRUSTED)


def a_draft(event_id: str | None = None, moment: datetime | None = None) -> Draft:
    return Draft("page_viewed", "u", event_id, moment, {}, size=100)


def an_event(number: int, day: int = 1, user: str = "u") -> Event:
    return Event("org", f"e{number:05}", "t", user, f"2026-03-{day:02}T00:00:00.000000Z", {})


def test_a_plan_keeps_the_order_and_earlier_rejections():
    rejected = EventResult(1, None, "rejected")
    planned = plan([a_draft("a", NOON), rejected, a_draft("a", NOON)], org_id="o", receipt=RECEIPT)

    assert isinstance(planned[0], Event)
    assert planned[1:] == [rejected, EventResult(2, "a", "duplicate")]


def test_missing_ids_and_times_come_from_the_receipt():
    (event,) = plan([a_draft()], org_id="o", receipt=RECEIPT)

    assert isinstance(event, Event)
    assert event.timestamp == "2026-03-10T12:00:00.000000Z"
    assert plan([a_draft()], org_id="o", receipt=RECEIPT) == [event]


@given(
    st.lists(
        st.tuples(st.integers(0, 9999), st.integers(1, 5), st.integers(1, 40_000)), max_size=300
    )
)
def test_batches_contain_one_day_fit_a_transaction_and_lose_nothing(rows):
    pairs = [(an_event(number, day), size) for number, day, size in rows]
    batches = list(day_batches(pairs, org_id="org", ingest_id="c"))
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
    (batch,) = day_batches([(e, 1) for e in events], org_id="org", ingest_id=None)
    delta = delta_of(batch, UserKeys(bytes(32)).of("org"))

    assert delta.counts == {"t": 10}
    assert len(set(user_hashes(delta.users))) == 3
    assert delta.delta_id == events[0].key


IDS = st.text("0123456789.-_:abzABZ", min_size=1, max_size=8)
TIMES = st.sampled_from([f"2026-03-10T12:00:00.00000{n}Z" for n in range(3)])


@given(st.lists(st.tuples(TIMES, IDS, st.sampled_from([TRUSTED, PUBLIC])), unique=True))
def test_keys_contain_and_sort_by_time_id_and_source(identities):
    events = [Event("org", event_id, "t", "u", time, {}, s) for time, event_id, s in identities]
    events.sort(key=lambda event: event.key)

    ordered = sorted(identities, key=lambda one: (one[0], one[1], one[2] == PUBLIC))
    assert [split_key(event.key) for event in events] == ordered


def test_the_key_of_a_trusted_event_has_the_format_without_a_source():
    assert an_event(1).key == "2026-03-01T00:00:00.000000Z~e00001"


def test_events_of_two_sources_are_written_in_separate_batches():
    events = [an_event(1), replace(an_event(2), event_type="p", source=PUBLIC), an_event(3)]
    key = UserKeys(bytes(32)).of("org")
    batches = day_batches([(e, 1) for e in events], org_id="org", ingest_id=None)
    deltas = [delta_of(batch, key) for batch in batches]

    assert [(delta.source, delta.counts) for delta in deltas] == [
        ("public", {"p": 1}),
        ("trusted", {"t": 2}),
    ]
