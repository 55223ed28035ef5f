"""SQLite selects the same items as an evaluation of every item in Python."""
# ruff: noqa: S608  the query texts are constants of the tests

from collections.abc import Generator
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cosmos_emulator import Emulator
from cosmos_emulator.query.evaluate import compile_expression
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.subqueries import compile_query
from cosmos_emulator.query.values import UNDEFINED, encode, follow, serialise

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, -1e300, 2**53])
    | st.text("ab\0é~", max_size=3)
)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.sampled_from("ab"), SCALARS)
NAMES = st.sampled_from(["a", "b", "id", "deep.x", "free"])
DOCUMENTS = st.lists(
    st.fixed_dictionaries(
        {"id": st.text("abé~", min_size=1, max_size=3)},
        optional={"a": VALUES, "b": VALUES, "deep": VALUES | st.just({"x": 1}), "free": VALUES},
    ),
    max_size=12,
    unique_by=lambda document: document["id"],
)
OPERATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """Generate one condition on one property, with literals as constants."""
    path = f"c.{draw(NAMES)}"
    value, other = (orjson.dumps(draw(VALUES)).decode() for _ in range(2))
    templates = [
        f"{path} {draw(OPERATORS)} {value}",
        f"{value} {draw(OPERATORS)} {path}",
        f"{path} IN ({value}, {other})",
        f"{path} BETWEEN {value} AND {other}",
        f"STARTSWITH({path}, {value})",
        f"IS_DEFINED({path})",
        f"ARRAY_CONTAINS([{value}, {other}], {path})",
        f"NOT ({path} = {value})",
        f"({path} < {value} OR {path} = {other})",
        f"EXISTS(SELECT VALUE x FROM x IN {path} WHERE x {draw(OPERATORS)} {value})",
        f"ARRAY(SELECT VALUE x FROM x IN {path}) = {value}",
        f"(SELECT VALUE COUNT(1) FROM x IN {path}) > 1",
        f"{path}[0] {draw(OPERATORS)} {value}",
        f"{path} LIKE {value}",
        f"{path} & 1 = 1",
        f"{path} + {value} > {other}",
        f"IS_DEFINED({path}.a) AND NOT {path} = {value}",
    ]
    return draw(st.sampled_from(templates))


SELECTIONS = st.sampled_from([
    "SELECT VALUE c.id FROM c",
    "SELECT VALUE c.a FROM c",
    "SELECT DISTINCT VALUE c.b FROM c",
    "SELECT DISTINCT c.a, c.b FROM c",
    "SELECT c.id, x FROM c JOIN x IN c.a",
    "SELECT VALUE [x, y] FROM c JOIN x IN c.a JOIN y IN c.b",
    "SELECT VALUE x FROM c JOIN (SELECT VALUE t FROM t IN c.a WHERE t > 0) x",
    "SELECT VALUE COUNT(1) FROM c",
    "SELECT VALUE MAX(c.id) FROM c",
    "SELECT VALUE SUM(c.a) FROM c",
    "SELECT COUNT(c.a) AS n, MIN(c.b) AS low FROM c",
    "SELECT VALUE COUNT(1) FROM c JOIN x IN c.a",
])  # fmt: skip
QUERIES = st.lists(conditions(), max_size=3).map(" AND ".join)
ORDERS = st.sampled_from(["", " ORDER BY c.a", " ORDER BY c.b DESC", " ORDER BY c.free"])
CONTAINER = orjson.dumps(
    {
        "id": "items",
        "partitionKey": {"paths": ["/pk"], "kind": "Hash", "version": 2},
        "indexingPolicy": {
            "includedPaths": [{"path": p} for p in ("/*", "/a/?", "/b/?", "/deep/x/?")]
        },
    }
)


@pytest.fixture(scope="module")
def shared() -> Generator[Emulator]:
    emulator = Emulator()
    emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
    yield emulator
    emulator.close()


def run_query(emulator: Emulator, text: str, size: int) -> list[Any]:
    headers = {
        "x-ms-documentdb-partitionkey": '["p"]',
        "x-ms-documentdb-isquery": "true",
        "x-ms-max-item-count": str(size),
    }
    found = list[Any]()
    while True:
        body = orjson.dumps({"query": text})
        response = emulator.handle("POST", "/dbs/db/colls/items/docs", headers, body)
        assert response.status == 200, response.body
        found += orjson.loads(response.body)["Documents"]
        if "x-ms-continuation" not in response.headers:
            return found
        headers["x-ms-continuation"] = response.headers["x-ms-continuation"]


def evaluate_in_python(documents: list[dict[str, Any]], text: str) -> list[str]:
    query = Statement.of(text, {}).query
    test = compile_expression(query.where) if query.where else lambda *_: True
    found = [document for document in documents if test(document, {}) is True]
    if "ORDER BY c.free" in text:  # the indexing policy doesn't name it
        found = [document for document in found if "free" in document]
    for order in query.order_by:
        steps = getattr(order.expression, "steps", ())
        found.sort(key=lambda d: encode(follow(d, steps)) or b"", reverse=order.descending)
    return [document["id"] for document in found]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(DOCUMENTS, QUERIES, ORDERS, st.integers(1, 5))
@example([{"id": "a", "a": True}], "c.a = 1", "", 1)
@example([{"id": "a", "a": [1]}, {"id": "b", "a": "[1]"}], "c.a = '[1]'", "", 1)
@example([{"id": "a", "a": "x\0y"}, {"id": "b", "a": "x"}], "c.a = 'x'", "", 1)
@example([{"id": "a", "a": []}, {"id": "b", "a": {"x": 1}}], "c.a IN ([], {'x': 1})", "", 1)
@example([{"id": "a", "a": 1, "b": 1}, {"id": "b", "a": 2}], "c.a IN (2, c.b)", "", 1)
def test_sqlite_and_python_select_the_same_items(
    shared: Emulator, documents: list[dict[str, Any]], condition: str, order: str, size: int
) -> None:
    store(shared, documents)
    where = f" WHERE {condition}" if condition else ""
    text = f"SELECT VALUE c.id FROM c{where}{order}"
    found, expected = run_query(shared, text, size), evaluate_in_python(documents, text)

    assert sorted(found) == sorted(expected)
    if order:
        assert sort_keys(found, documents, text) == sort_keys(expected, documents, text)


def store(emulator: Emulator, documents: list[dict[str, Any]]) -> None:
    """Store documents in an empty container."""
    emulator.handle("DELETE", "/dbs/db/colls/items", {})
    emulator.handle("POST", "/dbs/db/colls", {}, CONTAINER)
    for document in documents:
        body = orjson.dumps(document | {"pk": "p"})
        headers = {"x-ms-documentdb-partitionkey": '["p"]'}
        assert emulator.handle("POST", "/dbs/db/colls/items/docs", headers, body).status == 201


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(DOCUMENTS, SELECTIONS, QUERIES, st.integers(1, 5))
def test_any_selection_has_the_same_results_as_a_naive_evaluation(
    shared: Emulator, documents: list[dict[str, Any]], select: str, condition: str, size: int
) -> None:
    store(shared, documents)
    text = f"{select} WHERE {condition}" if condition else select
    found, expected = run_query(shared, text, size), evaluate_naively(documents, text)

    assert sorted(map(orjson.dumps, found)) == sorted(map(serialise, expected))


def evaluate_naively(documents: list[dict[str, Any]], text: str) -> list[Any]:
    """Evaluate a query over a list of all documents, without SQLite and without pages."""
    over_list = text.replace(" FROM c", " FROM c IN (SELECT VALUE @all)", 1)
    statement = Statement.of(over_list, {"@all": documents})
    return list(compile_query(statement.query)({}, statement.parameters))


def sort_keys(found: list[str], documents: list[dict[str, Any]], text: str) -> list[bytes]:
    """Return the sort keys. Items with equal keys may be in any order."""
    steps: Any = getattr(Statement.of(text, {}).query.order_by[0].expression, "steps", ())
    by_id = {document["id"]: document for document in documents}
    return [encode(follow(by_id[name], steps)) or b"" for name in found]


def test_the_reference_evaluates_to_undefined() -> None:
    where = Statement.of("SELECT * FROM c WHERE c.x = 1", {}).query.where

    assert where is not None
    assert compile_expression(where)({}, {}) is UNDEFINED
