"""Filters and durations as a person writes them in a terminal."""

from typing import Any

import pytest

from api.cli.query_filters import parse_duration, parse_filter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plan is pro", {"property": "plan", "operator": "is", "values": ["pro"]}),
        ("plan is pro, team", {"property": "plan", "operator": "is", "values": ["pro", "team"]}),
        ("plan is not pro", {"property": "plan", "operator": "is_not", "values": ["pro"]}),
        ("plan is_not pro", {"property": "plan", "operator": "is_not", "values": ["pro"]}),
        ("plan is set", {"property": "plan", "operator": "is_set"}),
        ("plan is not set", {"property": "plan", "operator": "is_not_set"}),
        ('plan is "set"', {"property": "plan", "operator": "is", "values": ["set"]}),
        ("plan = pro", {"property": "plan", "operator": "is", "values": ["pro"]}),
        ("plan != pro", {"property": "plan", "operator": "is_not", "values": ["pro"]}),
        ("seats >= 5", {"property": "seats", "operator": "gte", "values": [5]}),
        ("seats between 1, 2.5", {"property": "seats", "operator": "between", "values": [1, 2.5]}),
        ("trial is true", {"property": "trial", "operator": "is", "values": [True]}),
        ('zip is "7", 007, 7', {"property": "zip", "operator": "is", "values": ["7", "007", 7]}),
        ("note is null", {"property": "note", "operator": "is", "values": ["null"]}),
        ("a contains b c", {"property": "a", "operator": "contains", "values": ["b c"]}),
        ('a contains "b, c"', {"property": "a", "operator": "contains", "values": ["b, c"]}),
        ("a not contains b", {"property": "a", "operator": "not_contains", "values": ["b"]}),
        ('"utm source" is x', {"property": "utm source", "operator": "is", "values": ["x"]}),
        ("/cart/total > 1", {"property": "/cart/total", "operator": "gt", "values": [1]}),
        ("user_id is u1", {"field": "user_id", "operator": "is", "values": ["u1"]}),
        ("event_type is a", {"field": "event_type", "operator": "is", "values": ["a"]}),
        ("/user_id is u1", {"property": "/user_id", "operator": "is", "values": ["u1"]}),
    ],
)
def test_a_filter_is_a_name_an_operator_and_values(text: str, expected: dict[str, Any]):
    assert parse_filter(text) == expected


@pytest.mark.parametrize("text", ["", "plan", "plan pro", "plan likes pro", "plan ispro", "is pro"])
def test_other_text_is_not_a_filter(text: str):
    with pytest.raises(ValueError, match="is not a filter"):
        parse_filter(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("30m", 1800), ("12 h", 43_200), ("14d", 1_209_600)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "14", "d", "1.5d", "-1d", "14 days", "\u0661d"])
def test_other_text_is_not_a_duration(text: str):
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)
