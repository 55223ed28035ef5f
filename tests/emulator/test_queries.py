"""The semantics of queries, in tables of queries and their expected results."""
# ruff: noqa: S608  the query texts are constants of the tests

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from .conftest import MakeContainer

type Query = Callable[..., Awaitable[list[Any]]]

STORED: list[dict[str, Any]] = [
    {"id": "1", "n": 1, "s": "apple", "b": True, "tags": ["x", "y"], "deep": {"plan": "pro"}},
    {"id": "2", "n": 2.5, "s": "Banana", "b": False, "tags": [], "a b": 1},
    {"id": "3", "n": -3, "s": "cherry", "b": None, "tags": [{"k": 1, "v": 2}], "other": 1},
    {"id": "4", "n": "1", "s": 5, "b": 1, "deep": {"plan": None}},
    {"id": "5", "s": "", "n": None, "tags": "x", "deep": [10, 20]},
    {"id": "6", "n": [1], "s": "a'b\"c\\d", "b": {"x": 1}},
    {"id": "7"},
]

WHERE = [
    ("c.n = 1", "1"),
    ("1 = c.n", "1"),
    ("c.n = 1.0", "1"),
    ("c.n = '1'", "4"),
    ("c.n != 1", "23"),
    ("c.n <> 1", "23"),
    ("NOT (c.n = 1)", "23"),
    ("c.n > 0", "12"),
    ("c.n >= 1 AND c.n < 2.5", "1"),
    ("0 < c.n", "12"),
    ("c.n < 0", "3"),
    ("c.n = null", "5"),
    ("c.n >= null", "5"),
    ("c.b = true", "1"),
    ("c.b != true", "2"),
    ("c.b > false", "1"),
    ("c.b", "1"),
    ("NOT c.b", "2"),
    ("c.n = undefined", ""),
    ("IS_DEFINED(c.n)", "123456"),
    ("NOT IS_DEFINED(c.n)", "7"),
    ("IS_NULL(c.n)", "5"),
    ("IS_NUMBER(c.n)", "123"),
    ("IS_STRING(c.s) AND IS_BOOL(c.b)", "12"),
    ("IS_ARRAY(c.deep)", "5"),
    ("IS_OBJECT(c.deep)", "14"),
    ("c.s IN ('apple', 'cherry', 'none')", "13"),
    ("c.n IN (1, 2.5, '1')", "124"),
    ("c.n NOT IN (1, 2)", "23"),
    ("c.s BETWEEN 'a' AND 'c'", "16"),
    ("c.n BETWEEN -3 AND 1", "13"),
    ("c.n NOT BETWEEN -3 AND 1", "2"),
    ("c.n = 1 OR c.s = 'cherry'", "13"),
    ("c.missing = 1 OR c.n = 1", "1"),
    ("c.missing = 1 AND c.n = 1", ""),
    ("NOT (c.missing = 1 AND c.n = 1)", "23"),
    ("STARTSWITH(c.s, 'ch')", "3"),
    ("STARTSWITH(c.s, 'b')", ""),
    ("STARTSWITH(c.s, 'b', true)", "2"),
    ("ENDSWITH(c.s, 'e')", "1"),
    ("CONTAINS(c.s, 'an')", "2"),
    ("CONTAINS(c.s, 'AN', true)", "2"),
    ("STRINGEQUALS(c.s, 'APPLE', true)", "1"),
    ("RegexMatch(c.s, '^[a-c].*y$')", "3"),
    ("RegexMatch(c.s, '(')", ""),
    ("c.s LIKE '%rr_'", "3"),
    ("c.s LIKE '[ab]pple'", "1"),
    ("c.s NOT LIKE '%e%'", "256"),
    ("ARRAY_CONTAINS(c.tags, 'x')", "1"),
    ("ARRAY_CONTAINS(c.tags, {'k': 1})", ""),
    ("ARRAY_CONTAINS(c.tags, {'k': 1}, true)", "3"),
    ("ARRAY_CONTAINS(['1', '3'], c.id)", "13"),
    ("ARRAY_LENGTH(c.tags) = 0", "2"),
    ("c.tags = ['x', 'y']", "1"),
    ("c.deep = {'plan': 'pro'}", "1"),
    ("c.deep.plan = 'pro'", "1"),
    ("c.deep.plan = null", "4"),
    ('c["deep"]["plan"] = "pro"', "1"),
    ('c["a b"] = 1', "2"),
    ("c.deep[1] = 20", "5"),
    ("c.n + 1 = 2", "1"),
    ("c.n * 2 - 1 = 4", "2"),
    ("c.n / 2 = 0.5", "1"),
    ("c.n % 2 = -1", "3"),
    ("-c.n = 3", "3"),
    ("c.n / 0 = 1", ""),
    ("c.s || '!' = 'apple!'", "1"),
    ("(c.missing ?? 'x') = 'x' AND c.id < '3'", "12"),
    ("(c.n > 1 ? 'big' : 'small') = 'big'", "2"),
    ("LOWER(c.s) = 'banana'", "2"),
    ("LENGTH(c.s) = 0", "5"),
    ("SUBSTRING(c.s, 1, 2) = 'pp'", "1"),
    ("LEFT(c.s, 2) = 'ap' OR RIGHT(c.s, 2) = 'ry'", "13"),
    ("INDEX_OF(c.s, 'n') = 2", "2"),
    ("REPLACE(c.s, 'p', '') = 'ale'", "1"),
    ("CONCAT(c.s, c.id) = 'apple1'", "1"),
    ("REVERSE(TRIM(' ab ')) = 'ba' AND c.id = '1'", "1"),
    ("ToString(c.n) = '1'", "14"),
    ("ABS(c.n) = 3", "3"),
    ("ROUND(c.n) = 3 AND FLOOR(c.n) = 2 AND CEILING(c.n) = 3", "2"),
    ("POWER(c.n, 2) = 9 AND SQRT(9) = 3", "3"),
    ("POWER(c.n, 0.5) > 0", "12"),
    ("SQRT(c.n) > 0", "12"),
    ("IS_PRIMITIVE(c.b)", "1234"),
    (r"c.s = 'a\'b" + r'"c\\d' + "'", "6"),
    (r'c.s = "a' + r"'b\"c\\d" + '"', "6"),
    ("c.id > '5' -- a comment", "67"),
    ("true", "1234567"),
    ("false", ""),
    ("'text'", ""),
]

PAIRS = [{"id": "1", "t": "x"}, {"id": "1", "t": "y"}]
TUPLES = ["xx", "xy", "yx", "yy"]
COUNTS = [{"id": "1", "n": 2}, {"id": "3", "n": 1}]
LISTS = [{"id": "1", "l": ["x", "y"]}]
SELECT = [
    ("SELECT c.id FROM c WHERE c.id = '1'", [{"id": "1"}]),
    ("SELECT c.id AS name, c.deep.plan FROM c WHERE c.id = '1'", [{"name": "1", "plan": "pro"}]),
    ("SELECT c.id, c.missing FROM c WHERE c.id = '1'", [{"id": "1"}]),
    ("SELECT VALUE c.n FROM c WHERE c.id IN ('1', '7')", [1]),
    ("SELECT VALUE {'n': c.n, 'l': [c.s, c.x]} FROM c WHERE c.n = 1", [{"n": 1, "l": ["apple"]}]),
    ("SELECT c.n + 1, c.deep FROM c WHERE c.id = '1'", [{"$1": 2, "deep": {"plan": "pro"}}]),
    ('SELECT c["a b"] FROM c WHERE c.id = "2"', [{"a b": 1}]),
    ("SELECT VALUE r.id FROM root r WHERE r.id = '1'", ["1"]),
    ("SELECT VALUE i.id FROM items AS i WHERE i.id = '1'", ["1"]),
    ("select value c.id from c where c.id = '1'", ["1"]),
    ("SELECT TOP 2 VALUE c.id FROM c ORDER BY c.id", ["1", "2"]),
    ("SELECT TOP 0 VALUE c.id FROM c", []),
    ("SELECT VALUE c.id FROM c ORDER BY c.id DESC OFFSET 2 LIMIT 3", ["5", "4", "3"]),
    ("SELECT VALUE c.id FROM c ORDER BY c.id OFFSET 6 LIMIT 3", ["7"]),
    ("SELECT VALUE c.id FROM c WHERE c.n > 0 ORDER BY c.n DESC OFFSET 1 LIMIT 1", ["1"]),
    ("SELECT DISTINCT VALUE c.pk FROM c", ["p"]),
    ("SELECT DISTINCT VALUE IS_DEFINED(c.tags) FROM c", [False, True]),
    ("SELECT DISTINCT c.pk FROM c", [{"pk": "p"}]),
    ("SELECT VALUE COUNT(1) FROM c", [7]),
    ("SELECT TOP 0 VALUE COUNT(1) FROM c", []),
    ("SELECT TOP 1 VALUE MAX(c.id) FROM c", ["7"]),
    ("SELECT VALUE COUNT(c) FROM c WHERE c.id > '3'", [4]),
    ("SELECT VALUE COUNT(c.tags) FROM c", [4]),
    ("SELECT VALUE COUNT(undefined) FROM c", [0]),
    ("SELECT VALUE SUM(c.n) FROM c WHERE IS_NUMBER(c.n)", [0.5]),
    ("SELECT VALUE SUM(c.n) FROM c", []),
    ("SELECT VALUE AVG(c.n) FROM c WHERE c.id IN ('1', '3')", [-1]),
    ("SELECT VALUE AVG(c.n) FROM c WHERE c.id = 'none'", []),
    ("SELECT VALUE MIN(c.n) FROM c WHERE IS_NUMBER(c.n)", [-3]),
    ("SELECT VALUE MAX(c.s) FROM c", ["cherry"]),
    ("SELECT VALUE MAX(c.tags) FROM c", []),
    ("SELECT VALUE MIN(c.id) FROM c WHERE c.id > '2'", ["3"]),
    ("SELECT VALUE MAX(c.id) FROM c WHERE c.id < '0'", []),
    ("SELECT COUNT(1) AS n, MAX(c.id) AS last FROM c", [{"n": 7, "last": "7"}]),
    ("SELECT VALUE COUNT(1) + 1 FROM c", [8]),
    (
        "SELECT IS_STRING(c.s) AS text, COUNT(1) AS n FROM c GROUP BY IS_STRING(c.s)",
        [{"text": False, "n": 2}, {"text": True, "n": 5}],
    ),
    ("SELECT VALUE COUNT(1) FROM c GROUP BY c.id", [1, 1, 1, 1, 1, 1, 1]),
    ("SELECT c.pk FROM c GROUP BY c.pk", [{"pk": "p"}]),
    ("SELECT VALUE COUNTIF(c.n > 0) FROM c", [2]),
    ("SELECT VALUE MAKELIST(c.n) FROM c WHERE c.id < '4'", [[1, 2.5, -3]]),
    ("SELECT VALUE MAKESET(IS_DEFINED(c.tags)) FROM c", [[True, False]]),
    ("SELECT VALUE 1", [1]),
    ("SELECT 1 AS a, 'b' AS c", [{"a": 1, "c": "b"}]),
    ("SELECT VALUE 1 WHERE false", []),
    ("SELECT TOP 1 VALUE 1", [1]),
    ("SELECT VALUE COUNT(1)", [1]),
    ("SELECT VALUE 1 FROM c WHERE c.id = '1'", [1]),
    ("SELECT c.id, t FROM c JOIN t IN c.tags WHERE c.id = '1'", PAIRS),
    ("SELECT VALUE t FROM c JOIN t IN c.tags", ["x", "y", {"k": 1, "v": 2}]),
    ("SELECT VALUE t FROM c JOIN t IN c.tags WHERE IS_STRING(t) AND c.n = 1", ["x", "y"]),
    ("SELECT VALUE t.v FROM c JOIN t IN c.tags", [2]),
    ("SELECT VALUE CONCAT(t, u) FROM c JOIN t IN c.tags JOIN u IN c.tags WHERE c.id = '1'", TUPLES),
    ("SELECT VALUE t FROM c JOIN (SELECT VALUE x FROM x IN c.tags WHERE x = 'y') t", ["y"]),
    ("SELECT VALUE COUNT(1) FROM c JOIN (SELECT VALUE x FROM x IN c.tags)", [3]),
    ("SELECT TOP 2 VALUE t FROM c JOIN t IN c.tags", ["x", "y"]),
    ("SELECT VALUE t FROM c JOIN t IN c.tags OFFSET 1 LIMIT 1", ["y"]),
    ("SELECT VALUE t FROM c JOIN t IN c.tags ORDER BY c.id DESC", [{"k": 1, "v": 2}, "x", "y"]),
    ("SELECT DISTINCT VALUE c.id FROM c JOIN t IN c.tags", ["1", "3"]),
    ("SELECT c.id, COUNT(1) AS n FROM c JOIN t IN c.tags GROUP BY c.id", COUNTS),
    ("SELECT * FROM t IN c.tags", ["x", "y", {"k": 1, "v": 2}]),
    ("SELECT VALUE d FROM d IN c.deep", [10, 20]),
    ("SELECT VALUE plan FROM c.deep.plan", ["pro", None]),
    ("SELECT VALUE p FROM c.deep['plan'] AS p", ["pro", None]),
    ("SELECT VALUE d FROM c.deep[1] d", [20]),
    ("SELECT VALUE s.n FROM (SELECT c.n, c.id FROM c) s WHERE s.id = '1'", [1]),
    ("SELECT c.id, ARRAY(SELECT VALUE t FROM t IN c.tags) AS l FROM c WHERE c.id = '1'", LISTS),
    ("SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t = 'x')", ["1"]),
    ("SELECT VALUE (SELECT VALUE COUNT(1) FROM c.tags) FROM c WHERE c.id = '1'", [1]),
    ("SELECT VALUE (SELECT VALUE COUNT(1) FROM t IN c.tags) FROM c WHERE c.id = '1'", [2]),
    ("SELECT VALUE (SELECT VALUE c FROM c IN c.tags WHERE c = 'x') FROM c WHERE c.id = '1'", ["x"]),
    ("SELECT VALUE c.id FROM c WHERE c['n'] = 1", ["1"]),
    ("SELECT VALUE c.id FROM c WHERE c['n'] & 1 = 1 AND c.n > 0", ["1"]),
    ("SELECT VALUE c.other FROM c OFFSET 1 LIMIT 1", []),
    ("SELECT TOP 1 VALUE c.other FROM c", [1]),
]  # fmt: skip


@pytest.fixture
async def stored(make_container: MakeContainer, request: pytest.FixtureRequest) -> ContainerProxy:
    """Store the items of STORED. If the parameter is True, SQLite indexes their properties."""
    indexed = [{"path": f"/{name}/?"} for name in ("n", "s", "b", "deep/plan", '"a b"')]
    paths = indexed if getattr(request, "param", False) else []
    policy = {"includedPaths": [{"path": "/*"}, *paths], "excludedPaths": []}
    container = await make_container(indexing_policy=policy)
    for item in STORED:
        await container.create_item(item | {"pk": "p"})
    return container


both = pytest.mark.parametrize("stored", [False, True], ids=["read", "indexed"], indirect=True)


@both
@pytest.mark.parametrize(("condition", "found"), WHERE, ids=[where for where, _ in WHERE])
async def test_a_condition_selects_the_expected_items(
    stored: ContainerProxy, query: Query, condition: str, found: str
) -> None:
    result = await query(stored, f"SELECT VALUE c.id FROM c WHERE {condition}", "p")

    assert "".join(sorted(result)) == found


@both
@pytest.mark.parametrize(("text", "expected"), SELECT, ids=[text for text, _ in SELECT])
async def test_a_query_returns_the_expected_results(
    stored: ContainerProxy, query: Query, text: str, expected: list[Any]
) -> None:
    assert await query(stored, text, "p") == expected


@pytest.mark.parametrize(
    ("stored", "ids"), [(False, "531246"), (True, "7531246")], indirect=["stored"]
)
async def test_items_without_the_ordering_property_need_an_index_of_that_property(
    stored: ContainerProxy, query: Query, ids: str
) -> None:
    text = "SELECT VALUE c.id FROM c ORDER BY c.n"

    assert await query(stored, text, "p") == list(ids)
    assert await query(stored, f"{text} DESC", "p") == list(reversed(ids))


@both
async def test_parameters_are_values_and_never_sql(stored: ContainerProxy, query: Query) -> None:
    text = "SELECT VALUE c.id FROM c WHERE c.s = @s"

    assert await query(stored, text, "p", s="a'b\"c\\d") == ["6"]
    assert await query(stored, text, "p", s="x' OR true --") == []
    assert await query(stored, "SELECT VALUE c.id FROM c WHERE c.n = @n", "p", n=True) == []


@both
async def test_a_parameter_may_be_a_list(stored: ContainerProxy, query: Query) -> None:
    contains = "SELECT VALUE c.id FROM c WHERE ARRAY_CONTAINS(@list, c.{})"

    assert await query(stored, contains.format("id"), "p", list=["3", "1", "9", 1]) == ["1", "3"]
    assert await query(stored, contains.format("n"), "p", list=[1, "1", None, [1]]) == list("1456")
    assert await query(stored, contains.format("n"), "p", list=[]) == []
    assert await query(stored, contains.format("id"), "p", list="no list") == []
    many = [f"{n}" for n in range(2, 40_000)]
    assert await query(stored, contains.format("id"), "p", list=many) == list("234567")


async def test_a_parameter_may_be_a_property_name_or_a_count(
    stored: ContainerProxy, query: Query
) -> None:
    text = "SELECT TOP @n VALUE c[@name] FROM c WHERE IS_STRING(c[@name])"

    assert await query(stored, text, "p", name="s", n=2) == ["apple", "Banana"]
    text = "SELECT VALUE c.id FROM c WHERE c[@name].plan = 'pro' ORDER BY c[@order]"
    assert await query(stored, text, "p", name="deep", order="id") == ["1"]
    assert await query(stored, text, "p", name=1, order="id") == []
    text = "SELECT VALUE c.id FROM c ORDER BY c.id OFFSET @skip LIMIT @n"
    assert await query(stored, text, "p", skip=1, n=2) == ["2", "3"]


async def test_a_deeply_nested_query_is_rejected(stored: ContainerProxy, query: Query) -> None:
    text = f"SELECT * FROM c WHERE {'(' * 5000}true{')' * 5000}"
    negated = f"SELECT * FROM c WHERE {'NOT ' * 5000}true"

    assert len(await query(stored, text, "p")) == 7
    with pytest.raises(CosmosHttpResponseError) as refused:
        await query(stored, negated, "p")
    assert refused.value.status_code == 400


async def test_an_order_by_requires_an_index(events: ContainerProxy, query: Query) -> None:
    with pytest.raises(CosmosHttpResponseError, match="excluded"):
        await query(events, "SELECT * FROM c ORDER BY c.properties.x", ["o", "1"])
    assert await query(events, "SELECT * FROM c ORDER BY c.user_id", ["o", "1"]) == []


COMPOSITE = [[{"path": "/a", "order": "ascending"}, {"path": "/b", "order": "descending"}]]


async def test_an_order_by_of_two_properties_requires_a_composite_index(
    make_container: MakeContainer, query: Query
) -> None:
    policy = {"includedPaths": [{"path": "/*"}], "compositeIndexes": COMPOSITE}
    container = await make_container(indexing_policy=policy)
    for number, (a, b) in enumerate([(1, 1), (0, 1), (1, 2), (0, 2), (None, 3)]):
        await container.create_item({"id": f"{number}", "pk": "p", "a": a, "b": b})
    select = "SELECT VALUE c.id FROM c ORDER BY "

    assert await query(container, select + "c.a, c.b DESC", "p") == list("43120")
    assert await query(container, select + "c.a DESC, c.b", "p") == list("02134")
    with pytest.raises(CosmosHttpResponseError, match="composite"):
        await query(container, select + "c.a, c.b", "p")
