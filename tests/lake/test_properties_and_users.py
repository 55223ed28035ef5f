"""The lists for pickers: names and values of properties, and users."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.lake.queries.properties import PropertySummary, properties, read_properties
from api.lake.queries.users import (
    TypeSummary,
    UserSummary,
    last_properties,
    profile,
    read_profile,
    read_users,
    users,
)
from tests.lake.memory import NOON, MemoryLake, Row, after, lake_of

TODAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))


def summaries(lake: MemoryLake, *event_types: str) -> list[PropertySummary]:
    return read_properties(lake.run(properties(*TODAY, event_types)))


def test_properties_have_their_types_and_most_frequent_values_per_event_type():
    values: tuple[Any, ...] = ("pro", "pro", 1, 1.0, True, None, [1], {"a": 1})
    lake = lake_of([*(after(0, "A", plan=value) for value in values), after(0, "B", plan="free")])

    assert summaries(lake) == [
        PropertySummary(
            "A",
            "plan",
            ["array", "boolean", "number", "object", "string"],
            7,
            [("pro", 2), (1, 2), (True, 1)],
        ),
        PropertySummary("B", "plan", ["string"], 1, [("free", 1)]),
    ]
    assert summaries(lake, "B") == summaries(lake)[1:]


def test_only_the_range_and_short_values_are_listed():
    lake = lake_of([after(0, "A", text="x" * 200), after(-86_400, "A", old="y")])

    assert summaries(lake) == [PropertySummary("A", "text", ["string"], 1, [])]


def test_at_most_ten_values_and_200_names_are_listed():
    lake = lake_of(
        [
            *(after(0, "A", number=number) for number in range(30)),
            after(0, "B", **{f"name-{number}": 1 for number in range(250)}),
        ]
    )
    found = summaries(lake)

    assert len(found[0].values) == 10
    assert len(found) == 201


@pytest.mark.parametrize("name", ["", "'", '"', "a.b", "/", "~", "$", "é", "🙂", "\u2028"])
def test_names_and_values_may_have_any_characters(name: str):
    (found,) = summaries(lake_of([after(0, name, **{name: name})]))

    assert (found.event_type, found.name, found.values) == (name, name, [(name, 1)])


def page(lake: MemoryLake, **options: Any) -> list[UserSummary]:
    return read_users(lake.run(users(**{"search": None, "after": None, "limit": 10, **options})))


def test_users_are_listed_by_their_last_event():
    lake = lake_of(
        [after(0, "A", "u1"), after(9, "A", "u1"), after(5, "B", "u2"), after(9, "B", "u3")]
    )

    assert page(lake) == [
        UserSummary("u3", "2026-03-10T12:00:09.000000Z", "2026-03-10T12:00:09.000000Z", 1),
        UserSummary("u1", "2026-03-10T12:00:00.000000Z", "2026-03-10T12:00:09.000000Z", 2),
        UserSummary("u2", "2026-03-10T12:00:05.000000Z", "2026-03-10T12:00:05.000000Z", 1),
    ]


def test_pages_of_users_have_no_gaps_and_no_repetitions():
    lake = lake_of(after(number // 3, "A", f"u{number:02}") for number in range(20))
    found: list[UserSummary] = []
    while more := page(lake, limit=3, after=found[-1].position if found else None):
        found += more

    assert [user.user_id for user in found] == [user.user_id for user in page(lake, limit=50)]
    assert len(found) == 20


@pytest.mark.parametrize(
    ("search", "expected"),
    [("ada", ["Ada%1"]), ("%", ["Ada%1"]), ("_", []), ("1", ["Ada%1", "b1"])],
)
def test_a_search_is_part_of_the_id(search: str, expected: list[str]):
    lake = lake_of([after(0, "A", "Ada%1"), after(0, "A", "b1")])

    assert sorted(user.user_id for user in page(lake, search=search)) == expected


def test_the_last_properties_are_those_of_the_last_event():
    lake = lake_of(
        [after(0, "A", "u1", plan="free"), after(9, "A", "u1", plan="pro"), after(3, "A", "u2")]
    )
    lake.add([Row("A", "old", datetime(2020, 1, 1, tzinfo=UTC), {"plan": "none"})])
    scan = last_properties(page(lake, limit=2))

    assert dict(lake.run(scan)) == {"u1": '{"plan": "pro"}', "u2": "{}"}
    assert (scan.first_day, scan.last_day) == ("2026-03-10", "2026-03-10")


def test_a_profile_counts_the_events_per_type():
    lake = lake_of([after(0, "A"), after(5, "A"), after(7, "B"), after(0, "A", "other")])

    assert read_profile(lake.run(profile("u"))) == [
        TypeSummary("A", "2026-03-10T12:00:00.000000Z", "2026-03-10T12:00:05.000000Z", 2),
        TypeSummary("B", "2026-03-10T12:00:07.000000Z", "2026-03-10T12:00:07.000000Z", 1),
    ]
    assert read_profile(lake.run(profile("nobody"))) == []
