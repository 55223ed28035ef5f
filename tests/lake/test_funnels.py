"""Funnels count what a search through all chains of events counts."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.calendars import LocalRange
from api.domain.insight_filters import Condition, Field, Property
from api.domain.insights import Breakdown, FunnelQuery, Group, Scope, Step
from api.lake.queries.funnels import DroppedUser, dropped, funnel, read_dropped, read_funnel
from api.lake.queries.groups import read_group
from tests.fuzz.amount import FUZZ
from tests.lake.funnel_search import HALF_A_DAY, expected
from tests.lake.memory import NOON, MemoryLake, Row, after, lake_of, spelled

TODAY = LocalRange(date(2026, 3, 10), date(2026, 3, 10), ZoneInfo("UTC"))
A, B, C, ANY = Step("A"), Step("B"), Step("C"), Step(None)
GOLD = Step("A", (Condition(Property(("gold",)), "is", (True,)),))
ORDERS = ("ordered", "strict", "any")
MINUTE = timedelta(seconds=60)


def query(*steps: Step, order: str = "ordered", window: timedelta = MINUTE, **options):
    return FunnelQuery(Scope(TODAY), steps, window, order, **options)


def counts(lake: MemoryLake, wanted: FunnelQuery) -> list[int]:
    rows = read_funnel(lake.run(funnel(wanted)), len(wanted.steps))
    return [step.users for step in rows.steps]


VECTORS = [
    ("A0 A30 B45 C75", 3),
    ("A0 B10 A20 C65", 2),
    ("A0 B10 A20 B30 C65", 3),
    ("A0 B50 C100", 2),
    ("A0 A70 B80 C90", 3),
    ("A0 C10 B20 C30", 3),
    ("A0 B60 C60", 3),
    ("B0 A1", 1),
]


@pytest.mark.parametrize(("events", "depth"), VECTORS)
def test_any_entry_may_convert_within_the_inclusive_window(events: str, depth: int):
    found = counts(lake_of(spelled(events)), query(A, B, C))

    assert found == [1] * depth + [0] * (3 - depth)


@pytest.mark.parametrize(
    ("events", "depth"),
    [("A0 B1 C2", 3), ("A0 X1 B2", 1), ("A0 A1 B2 C3", 3), ("A0 B1 X2 C3", 2), ("A0 B60 C60", 3)],
)
def test_strict_steps_follow_each_other_immediately(events: str, depth: int):
    found = counts(lake_of(spelled(events)), query(A, B, C, order="strict"))

    assert found == [1] * depth + [0] * (3 - depth)


@pytest.mark.parametrize(
    ("events", "depth"),
    [("C0 B1 A2", 3), ("A0 A1", 1), ("C0 A60", 2), ("C0 A61", 1), ("B0 C50 A100", 2)],
)
def test_steps_in_any_order_are_within_one_window(events: str, depth: int):
    found = counts(lake_of(spelled(events)), query(A, B, C, order="any"))

    assert found == [1] * depth + [0] * (3 - depth)


@pytest.mark.parametrize("order", ORDERS)
def test_the_same_type_twice_needs_two_events(order: str):
    lake = lake_of([after(0, "A", "once"), after(0, "A", "twice"), after(0, "A", "twice")])

    assert counts(lake, query(A, A, order=order)) == [2, 1]


@pytest.mark.parametrize("order", ORDERS)
def test_one_event_fills_one_step(order: str):
    lake = lake_of([after(0, "A", "one"), after(0, "A", "two"), after(5, "B", "two")])

    assert counts(lake, query(A, ANY, order=order)) == [2, 1]
    assert counts(lake, query(ANY, A, order=order)) == [2, 1 if order == "any" else 0]


@pytest.mark.parametrize("order", ORDERS)
def test_entries_are_in_the_range_and_later_steps_may_be_after_it(order: str):
    last = HALF_A_DAY - 1
    lake = lake_of(
        [
            *(after(last, "A", "late"), after(last + 60, "B", "late")),
            *(after(last + 1, "A", "after the range"), after(last + 2, "B", "after the range")),
            *(after(-HALF_A_DAY - 1, "A", "before it"), after(-HALF_A_DAY, "B", "before it")),
        ]
    )

    assert counts(lake, query(A, B, order=order)) == ([2, 1] if order == "any" else [1, 1])


def test_a_scan_reads_the_days_of_the_range_and_of_the_window():
    span = LocalRange(date(2026, 3, 10), date(2026, 3, 11), ZoneInfo("America/New_York"))
    scan = funnel(FunnelQuery(Scope(span), (A, B), timedelta(days=2)))

    assert (scan.first_day, scan.last_day) == ("2026-03-10", "2026-03-14")


def test_conversions_and_times_are_from_step_to_step():
    lake = lake_of(
        [
            *(after(0, "A", "u1"), after(10, "B", "u1"), after(12, "C", "u1")),
            *(after(0, "A", "u2"), after(20, "B", "u2")),
            *(after(0, "A", "u3"), after(60, "B", "u3")),
            after(0, "A", "u4"),
        ]
    )
    first, second, third = read_funnel(lake.run(funnel(query(A, B, C))), 3).steps

    assert (first.conversion_overall, first.conversion_previous) == (1, 1)
    assert (second.conversion_overall, second.conversion_previous) == (0.75, 0.75)
    assert (third.conversion_overall, third.conversion_previous) == (0.25, 1 / 3)
    assert (first.median_seconds, first.average_seconds) == (None, None)
    assert (second.median_seconds, second.average_seconds) == (20, 30)
    assert (third.median_seconds, third.average_seconds) == (2, 2)


@pytest.mark.parametrize("order", ORDERS)
def test_an_empty_funnel_has_zeros(order: str):
    steps = read_funnel(lake_of([]).run(funnel(query(A, B, order=order))), 2).steps

    assert [step.users for step in steps] == [0, 0]
    assert {step.conversion_overall for step in steps} == {None}


@pytest.mark.parametrize("order", ORDERS)
def test_a_breakdown_is_by_the_first_event_of_the_first_step(order: str):
    lake = lake_of(
        [
            *(after(0, "A", "u1", plan="pro"), after(1, "A", "u1", plan="free")),
            after(2, "B", "u1", plan="free"),
            *(after(0, "A", "u2", plan="pro"), after(0, "A", "u3", plan=1)),
            *(after(0, "A", "u4", plan=1.0), after(0, "A", "u5", plan="1")),
            *(after(0, "A", "u6"), after(1, "B", "u6", plan="pro")),
        ]
    )
    breakdown = Breakdown(Property(("plan",)), 2)
    rows = read_funnel(lake.run(funnel(query(A, B, order=order, breakdown=breakdown))), 2)
    found = {
        read_group(breakdown.attribute, group): [step.users for step in steps]
        for group, steps in rows.groups
    }

    assert [step.users for step in rows.steps] == [6, 2]
    assert found == {
        Group("value", "pro"): [2, 1],
        Group("value", 1): [2, 0],
        Group("other", "other"): [1, 0],
        Group("none", "(none)"): [1, 1],
    }


def test_users_who_dropped_off_are_listed_in_pages():
    users = [f"u{number}" for number in range(5)]
    lake = lake_of([*(after(3, "A", user) for user in users), after(9, "B", "u2")])
    first, second = (
        read_dropped(lake.run(dropped(query(A, B), 0, after=start, limit=2)))
        for start in (None, "u1")
    )

    assert first == [
        DroppedUser("u0", "2026-03-10T12:00:03.000000Z"),
        DroppedUser("u1", "2026-03-10T12:00:03.000000Z"),
    ]
    assert [user.user_id for user in second] == ["u3", "u4"]


def test_filters_apply_to_all_steps_before_they_are_counted():
    lake = lake_of([after(0, "A", "u1"), after(1, "X", "u2"), after(1, "B", "u1")])
    scope = Scope(TODAY, (Condition(Field("user_id"), "is", ("u1",)),))

    assert counts(lake, FunnelQuery(scope, (ANY, B), MINUTE, "strict")) == [1, 1]


def test_numbers_and_booleans_are_different_steps_in_any_order():
    one = Step("A", (Condition(Property(("x",)), "is", (1,)),))
    true = Step("A", (Condition(Property(("x",)), "is", (True,)),))
    lake = lake_of([after(0, "A", x=1), after(1, "A", x=1)])

    assert counts(lake, query(one, true, order="any")) == [1, 0]


# -- comparisons with a search through all chains --

USERS = st.sampled_from(("u1", "u2"))
TIMES = st.integers(0, 12) | st.integers(HALF_A_DAY - 8, HALF_A_DAY + 12)
ROWS = st.lists(
    st.builds(
        lambda seconds, kind, user, gold: after(seconds, kind, user, gold=gold),
        TIMES,
        st.sampled_from("ABCX"),
        USERS,
        st.booleans(),
    ),
    max_size=9,
)
STEPS = st.lists(st.sampled_from((A, B, C, ANY, GOLD)), min_size=2, max_size=4)
WINDOWS = st.integers(0, 10)


@pytest.mark.parametrize("order", ORDERS)
@FUZZ
@given(ROWS, STEPS, WINDOWS)
def test_users_and_times_equal_a_search(
    order: str, rows: list[Row], steps: list[Step], window: int
):
    wanted = query(*steps, order=order, window=timedelta(seconds=window))
    found = read_funnel(lake_of(rows).run(funnel(wanted)), len(steps)).steps

    assert [(s.users, s.median_seconds, s.average_seconds) for s in found] == [
        pytest.approx(each) for each in expected(rows, steps, window, order)
    ]


@FUZZ
@given(ROWS, st.permutations((A, B, C)), WINDOWS)
def test_equal_times_connect_different_types_in_any_direction(
    rows: list[Row], steps: list[Step], window: int
):
    wanted = query(*steps, window=timedelta(seconds=window))
    depths = [0, 0, 0]
    for user in {row.user_id for row in rows}:
        own = [row for row in rows if row.user_id == user]
        times = [
            [(row.time - NOON).total_seconds() for row in own if row.event_type == step.event_type]
            for step in steps
        ]
        depths[0] += any(a < HALF_A_DAY for a in times[0])
        pairs = [(a, b) for a in times[0] for b in times[1] if a < HALF_A_DAY and a <= b]
        depths[1] += any(b - a <= window for a, b in pairs)
        depths[2] += any(b <= c <= a + window for a, b in pairs for c in times[2])

    assert counts(lake_of(rows), wanted) == depths


@pytest.mark.parametrize("order", ORDERS)
@FUZZ
@given(rows=ROWS, steps=STEPS, window=WINDOWS, data=st.data())
def test_every_user_of_a_step_continues_or_is_listed(
    order: str, rows: list[Row], steps: list[Step], window: int, data: st.DataObject
):
    wanted = query(*steps, order=order, window=timedelta(seconds=window))
    lake = lake_of(rows)
    users = counts(lake, wanted)
    index = data.draw(st.integers(0, len(steps) - 2))
    listed = read_dropped(lake.run(dropped(wanted, index, after=None, limit=100)))

    assert len(listed) == users[index] - users[index + 1]


@pytest.mark.parametrize("order", ORDERS)
def test_equal_times_connect_if_an_event_matches_two_steps(order: str):
    assert counts(lake_of([after(0, "X"), after(0, "B")]), query(ANY, B, order=order)) == [1, 1]
