"""The emulator responds to any query with a page of results or with 400 and a message."""

from collections.abc import Generator
from pathlib import Path

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.lark import from_lark
from lark import Lark

import cosmos_emulator.query
from cosmos_emulator import Emulator
from tests.fuzz.amount import EXAMPLES, FUZZ

GRAMMAR = (Path(cosmos_emulator.query.__file__).parent / "grammar.lark").read_text()
NAMES = st.sampled_from(
    ["c", "id", "a", "b", "deep", "x", "COUNT", "SUM", "MIN", "LOWER", "ABS", "CONTAINS", "NaN"]
)
NUMBERS = st.sampled_from(["0", "1", "2", "7", "99999999999999999999"])
TERMINALS = {
    "NAME": NAMES,
    "PARAMETER": st.sampled_from(["@p", "@missing"]),
    "INTEGER": NUMBERS,
    "FLOAT": st.sampled_from(["1.5", ".5", "1e5", "1e999"]),
    "STRING": st.sampled_from(["'a'", '"id"', "'\\u0000'", "'\\ud83d'", "'%a_['", "''"]),
    "COMMENT": st.just("-- x\n"),
    "RANK": st.just("RANK"),
}
DOCUMENTS = [
    {"id": "1", "a": 1, "b": "a", "deep": {"x": [1, None]}},
    {"id": "2", "a": None, "b": True, "deep": {"x": {}}},
    {"id": "é😀", "a": 1e300, "b": [1, "a"]},
]
HEADERS = {"x-ms-documentdb-partitionkey": '["p"]', "x-ms-documentdb-isquery": "true"}


@pytest.fixture(scope="module")
def emulator() -> Generator[Emulator]:
    emulator = Emulator()
    emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
    container = {"id": "items", "partitionKey": {"paths": ["/pk"], "kind": "Hash", "version": 2}}
    emulator.handle("POST", "/dbs/db/colls", {}, orjson.dumps(container))
    for document in DOCUMENTS:
        body = orjson.dumps(document | {"pk": "p"})
        assert (
            emulator.handle(
                "POST",
                "/dbs/db/colls/items/docs",
                HEADERS | {"x-ms-documentdb-isquery": "false"},
                body,
            ).status
            == 201
        )
    yield emulator
    emulator.close()


def send_query(emulator: Emulator, body: bytes, **more: str) -> int:
    """Return the status of a query. It must be 200 with a page, or 400 with a message."""
    response = emulator.handle("POST", "/dbs/db/colls/items/docs", HEADERS | more, body)
    content = orjson.loads(response.body)
    if response.status == 200:
        assert len(content["Documents"]) == content["_count"]
    else:
        assert response.status == 400, content
        assert content["message"]
    return response.status


QUERIES = from_lark(Lark(GRAMMAR, start="query", parser="lalr"), start="query", explicit=TERMINALS)
ANY = settings(FUZZ, max_examples=max(400, EXAMPLES))


@settings(ANY, max_examples=15)  # drawing from a grammar is slow
@given(QUERIES, st.sampled_from(["1", "100"]))
@example("SELECT * FROM c OFFSET 0 LIMIT 99999999999999999999", "1")
@example("SELECT TOP 99999999999999999999 * FROM c", "1")
@example("SELECT * FROM c OFFSET 99999999999999999999 LIMIT 1", "1")
@example("SELECT * FROM c WHERE c.a = 99999999999999999999", "1")
def test_queries_drawn_from_the_grammar(emulator: Emulator, text: str, size: str):
    body = {"query": text, "parameters": [{"name": "@p", "value": 1}]}

    send_query(emulator, orjson.dumps(body), **{"x-ms-max-item-count": size})


@ANY
@given(st.text(max_size=60) | st.text("SELECT*FROMc WHERE.'\"\\()[]{}@?%0", max_size=60))
@example("SELECT " + "(" * 3000 + "1" + ")" * 3000 + " FROM c")
@example("SELECT * FROM c WHERE " + "NOT " * 5000 + "true")
def test_arbitrary_query_texts(emulator: Emulator, text: str):
    send_query(emulator, orjson.dumps({"query": text.encode(errors="replace").decode()}))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["query", "parameters", "name", "value", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@ANY
@given(JSON)
def test_arbitrary_request_bodies(emulator: Emulator, body: object):
    send_query(emulator, orjson.dumps(body))


@ANY
@given(
    JSON,
    st.sampled_from(["=", "<", "IN", "LIKE", "+", "||", "AND"]),
    st.sampled_from(["c.a", "c.b", "c.deep.x", "@p"]),
)
def test_arbitrary_parameters(emulator: Emulator, value: object, operator: str, left: str):
    right = "(@p)" if operator == "IN" else "@p"
    body = {
        "query": f"SELECT * FROM c WHERE {left} {operator} {right}",  # noqa: S608
        "parameters": [{"name": "@p", "value": value}],
    }

    send_query(emulator, orjson.dumps(body))


@ANY
@given(st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=40))
def test_arbitrary_continuation_tokens(emulator: Emulator, token: str):
    body = orjson.dumps({"query": "SELECT * FROM c ORDER BY c.a"})

    send_query(emulator, body, **{"x-ms-continuation": token})
