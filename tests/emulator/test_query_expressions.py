"""Every function and operator returns the value in its table. No item is read."""
# ruff: noqa: S608  the query texts are constants of the tests

import re
import sys
from itertools import chain
from math import cos, sin
from typing import Any

import pytest

from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.functions import AGGREGATES, GROUPS, UNSUPPORTED, spatial
from cosmos_emulator.query.functions.geojson import POSITIONS_MAX
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.values import serialise

from . import function_vectors as vectors
from .conftest import START
from .expression_vectors import OPERATORS, SUBQUERIES
from .spatial_vectors import SPATIAL, SQUARE

GIVEN = {"@name": "n", "@l": [1, 2, 3]}
EXAMPLES = vectors.GROUPS | {"spatial": SPATIAL}
CASES = [*chain(*EXAMPLES.values()), *OPERATORS, *SUBQUERIES]


def evaluate(expression: str) -> Any:
    """Return the value of an expression, or the number of the error that it raises."""
    try:
        statement = Statement.of(f"SELECT VALUE {expression}", GIVEN, now=START)
        return statement.projection()({}, statement.parameters)
    except QueryError as error:
        return error.code


def same(found: Any, expected: Any) -> bool:
    if found != found:  # noqa: PLR0124  NaN
        return expected != expected  # noqa: PLR0124
    return type(found) in (type(expected), int, float) and found == expected


@pytest.mark.parametrize(("expression", "expected"), CASES, ids=[text for text, _ in CASES])
def test_an_expression_has_the_expected_value(expression: str, expected: Any) -> None:
    found = evaluate(expression)

    assert same(found, expected), found


@pytest.mark.parametrize("expression", [text for text, _ in CASES])
def test_the_text_of_a_parsed_expression_has_the_same_value(expression: str) -> None:
    expected = evaluate(expression)
    if isinstance(expected, str) and expected.startswith("SC"):
        return
    query = Statement.of(f"SELECT VALUE {expression}", GIVEN).query

    assert "RAND" in expression or same(evaluate(str(query.value)), expected)


@pytest.mark.parametrize("group", GROUPS)
def test_every_function_has_examples(group: str) -> None:
    used = {name.upper() for text, _ in EXAMPLES[group] for name in re.findall(r"\w+", text)}

    assert GROUPS[group].keys() <= used


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_a_function_that_is_not_supported_is_named_in_the_error(name: str) -> None:
    with pytest.raises(QueryError, match=rf"'{name}' is not supported by the emulator\."):
        Statement.of(f"SELECT VALUE {name}(c.a, 'x') FROM c", {})


def test_no_name_is_both_supported_and_unsupported() -> None:
    assert not UNSUPPORTED & (set(chain(*GROUPS.values())) | AGGREGATES)


def test_numbers_that_are_not_finite_are_sent_as_strings() -> None:
    value = [float("nan"), {"a": float("-inf"), "b": None}, 1.5]

    assert serialise(value) == b'["NaN",{"a":"-Infinity","b":null},1.5]'


def test_distances_without_the_extra_name_the_package_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "geographiclib.geodesic", None)
    spatial._ellipsoid.cache_clear()
    statement = Statement.of(f"SELECT VALUE ST_AREA({SQUARE})", {})

    with pytest.raises(QueryError, match=r"install cosmos-emulator\[spatial\]"):
        statement.projection()({}, {})


def test_a_polygon_with_as_many_positions_as_permitted_is_valid() -> None:
    ring = [[cos(n / 652) * 90, sin(n / 652) * 90] for n in range(POSITIONS_MAX - 1)]
    polygon = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    statement = Statement.of("SELECT VALUE ST_ISVALIDDETAILED(@p)", {"@p": polygon})

    assert statement.projection()({}, statement.parameters) == {"valid": True}
