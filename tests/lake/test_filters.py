"""Filters select the same events as a plain Python check, for any names and values."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.insight_filters import (
    OPERATORS,
    AllOf,
    AnyOf,
    Condition,
    Field,
    Filter,
    Property,
    Scalar,
    condition_fault,
    count_filters,
    parse_property,
)
from api.lake.queries.filters import meets
from api.lake.queries.sql import Arguments, Scan
from tests.fuzz.amount import FUZZ
from tests.lake.memory import NOON, MemoryLake, Row, lake_of

HOSTILE = (
    *("", "'", '"', "\\", "a.b", "a[0]", "$", "$.a", "$['a']", "/", "//", "~", "~1", "*", "#", "0"),
    *(
        "-",
        "../../etc/passwd",
        "'; DROP TABLE events; --",
        "$p0",
        ":p0",
        "?",
        "%",
        "_",
        ".*",
        "a|b",
    ),
    *("(?i)a", "é", "e\u0301", "😀", "\u2028", "\x7f", "null", "true", "\t\n", "{}", "[1]", "NaN"),
)
NAMES = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
SCALARS = (
    st.booleans()
    | st.sampled_from([0, 1, -1, 1.0, -0.0, 0.5, 100, 1e2, 1e300, 5e-324, 2**53 - 1, -(2**53) + 1])
    | st.sampled_from((*HOSTILE, "1", "1.0", "true", "pro"))
)
VALUES = st.recursive(
    st.none() | SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
PROPERTIES = st.dictionaries(NAMES, VALUES, max_size=3)
ATTRIBUTES = st.builds(Property, st.lists(NAMES, min_size=1, max_size=2).map(tuple)) | st.builds(
    Field, st.sampled_from(("user_id", "event_type"))
)
CONDITIONS = st.builds(
    Condition,
    ATTRIBUTES,
    st.sampled_from(OPERATORS),
    st.lists(SCALARS, max_size=2).map(tuple),
).filter(lambda condition: condition_fault(condition, "") is None)
FILTERS = st.recursive(
    CONDITIONS,
    lambda inner: st.builds(
        lambda kind, filters: kind(tuple(filters)),
        st.sampled_from((AllOf, AnyOf)),
        st.lists(inner, max_size=3),
    ),
    max_leaves=5,
)


def selects(lake: MemoryLake, wanted: Filter) -> list[int]:
    """Return the indexes of the events that meet a filter."""
    arguments = Arguments()
    sql = f"SELECT event_id FROM events WHERE {meets(arguments, wanted)}"
    rows = lake.run(arguments.scan(sql, ("2026-03-10", "2026-03-10")))
    return sorted(int(event_id[1:]) - 1 for (event_id,) in rows)


def value_of(row: Row, attribute: Property | Field) -> Any:
    if isinstance(attribute, Field):
        return row.user_id if attribute.name == "user_id" else row.event_type
    value: Any = row.properties
    for name in attribute.path:
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            is_index = name.isascii() and name.isdigit() and str(int(name)) == name
            value = value[int(name)] if is_index and int(name) < len(value) else None
        else:
            return None
    return value


def kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def equal(left: Any, right: Scalar) -> bool:
    return kind(left) == kind(right) and left == right


def is_met(row: Row, wanted: Filter) -> bool:
    """Check a filter in plain Python."""
    if isinstance(wanted, AllOf):
        return all(is_met(row, each) for each in wanted.filters)
    if isinstance(wanted, AnyOf):
        return any(is_met(row, each) for each in wanted.filters)
    value, values = value_of(row, wanted.attribute), wanted.values
    comparable = [each for each in values if kind(each) == kind(value)]
    checks = {
        "is": lambda: any(equal(value, each) for each in values),
        "contains": lambda: isinstance(value, str) and any(str(each) in value for each in values),
        "gt": lambda: any(value > each for each in comparable),
        "gte": lambda: any(value >= each for each in comparable),
        "lt": lambda: any(value < each for each in comparable),
        "lte": lambda: any(value <= each for each in comparable),
        "between": lambda: len(comparable) == 2 and values[0] <= value <= values[1],
        "is_set": lambda: value is not None,
    }
    name = {"is_not": "is", "not_contains": "contains", "is_not_set": "is_set"}.get(wanted.operator)
    return not checks[name]() if name else checks[wanted.operator]()


@FUZZ
@given(st.lists(st.builds(Row, NAMES, NAMES, st.just(NOON), PROPERTIES), max_size=8), FILTERS)
def test_any_filter_selects_what_a_plain_check_selects(rows: list[Row], wanted: Filter):
    lake = lake_of(rows)
    expected = [index for index, row in enumerate(rows) if is_met(row, wanted)]
    assert selects(lake, wanted) == expected


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_a_name(name: str):
    rows = [Row("t", properties={name: {name: "yes"}}), Row("t", properties={f"{name}x": "yes"})]
    nested = Condition(Property((name, name)), "is", ("yes",))
    lake = lake_of(rows)
    assert selects(lake, nested) == [0]
    assert selects(lake, Condition(Property((name,)), "is_not_set")) == [1]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_only_a_value(value: str):
    rows = [Row("t", properties={"a": value}), Row("t", properties={"a": f"{value}{value}x"})]
    lake = lake_of(rows)
    assert selects(lake, Condition(Property(("a",)), "is", (value,))) == [0]
    assert selects(lake, Condition(Property(("a",)), "contains", (value,))) == [0, 1]


def test_values_of_different_types_are_never_equal():
    values = [1, 1.0, "1", True, "true", None, [1], {"a": 1}]
    lake = lake_of([Row("t", properties={"a": value}) for value in values])
    found = {
        repr(value): selects(lake, Condition(Property(("a",)), "is", (value,)))
        for value in (1, 1.0, "1", True, "true")
    }

    assert found == {"1": [0, 1], "1.0": [0, 1], "'1'": [2], "True": [3], "'true'": [4]}


def test_a_missing_property_meets_the_negated_operators_only():
    rows = [Row("t"), Row("t", properties={"a": None}), Row("t", properties={"a": "x"})]
    attribute = Property(("a",))
    lake = lake_of(rows)
    assert selects(lake, Condition(attribute, "is_not", ("x",))) == [0, 1]
    assert selects(lake, Condition(attribute, "not_contains", ("x",))) == [0, 1]
    assert selects(lake, Condition(attribute, "is_not_set")) == [0, 1]
    assert selects(lake, Condition(attribute, "is_set")) == [2]


def test_escapes_in_the_stored_json_don_t_matter():
    lake = lake_of([])
    stored = r'{"caf\u00e9": "\u00e9\/\ud83d\ude00", "n": 1e2}'
    lake.add_columns(times=[NOON], types=["t"], users=["u"], properties=[stored])
    assert selects(lake, Condition(Property(("café",)), "is", ("é/😀",))) == [0]
    assert selects(lake, Condition(Property(("n",)), "is", (100,))) == [0]


def test_ten_nested_levels_of_filters_and_of_properties_work():
    path = tuple("abcdefghij")
    properties: Any = "deep"
    for name in reversed(path):
        properties = {name: properties}
    wanted: Filter = Condition(Property(path), "is", ("deep",))
    for level in range(10):
        wanted = (AllOf if level % 2 else AnyOf)((wanted,))
    lake = lake_of([Row("t", properties=properties), Row("t")])
    assert selects(lake, wanted) == [0]


def test_no_text_of_a_query_is_part_of_the_sql():
    arguments = Arguments()
    secret = "needle"
    conditions = [
        Condition(Property((secret,)), "is", (secret, 4711)),
        Condition(Property((secret,)), "contains", (secret,)),
        Condition(Property((secret,)), "between", (4711, 4712)),
        Condition(Field("user_id"), "gte", (secret,)),
    ]
    sql = meets(arguments, AllOf(tuple(conditions)))

    assert secret not in sql
    assert "471" not in sql


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("plan", ("plan",)),
        ("a.b", ("a.b",)),
        ("", ("",)),
        ("/cart/total", ("cart", "total")),
        ("/a~1b/c~0d", ("a/b", "c~d")),
        ("/~01", ("~1",)),
        ("/", ("",)),
    ],
)
def test_a_property_is_a_key_or_a_json_pointer(text: str, path: tuple[str, ...]):
    assert parse_property(text).path == path


@pytest.mark.parametrize("text", ["/a~", "/~2", "/a~1~", "x" * 513, "/a" * 17])
def test_invalid_properties_are_refused(text: str):
    with pytest.raises(ValueError, match="must"):
        parse_property(text)


@FUZZ
@given(st.lists(NAMES, min_size=1, max_size=4).map(tuple))
def test_a_pointer_leads_back_to_its_path(path: tuple[str, ...]):
    assert parse_property(Property(path).pointer).path == path


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        (Condition(Property(("a",)), "is"), "/f/values"),
        (Condition(Property(("a",)), "is", ("x",) * 101), "/f/values"),
        (Condition(Property(("a",)), "gt", (1, 2)), "/f/values"),
        (Condition(Property(("a",)), "gt", (True,)), "/f/values/0"),
        (Condition(Property(("a",)), "between", (1,)), "/f/values"),
        (Condition(Property(("a",)), "between", (1, "2")), "/f/values"),
        (Condition(Property(("a",)), "contains", ("x", 1)), "/f/values/1"),
        (Condition(Property(("a",)), "is_set", ("x",)), "/f/values"),
        (Condition(Property(("a",)), "is", ("x" * 1025,)), "/f/values/0"),
        (Condition(Field("user_id"), "is", (1,)), "/f/values/0"),
    ],
)
def test_values_that_don_t_fit_the_operator_are_refused(condition: Condition, pointer: str):
    fault = condition_fault(condition, "/f")

    assert fault is not None
    assert fault.pointer == pointer


def test_groups_and_conditions_are_counted():
    leaf = Condition(Property(("a",)), "is_set")

    assert count_filters([leaf, AllOf((leaf, AnyOf((leaf, leaf))))]) == 6


def test_equal_values_of_different_types_have_their_own_parameters():
    arguments = Arguments()
    names = [arguments.add(value) for value in (1, 1.0, True, "1", 1)]
    scan: Scan = arguments.scan("", ("", ""))

    assert len(set(names)) == 4
    assert json.dumps(list(scan.statement.parameters.values())) == '[1, 1.0, true, "1"]'
