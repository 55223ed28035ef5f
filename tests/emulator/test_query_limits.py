"""A hostile query fails with 400 and a reason, within bounded time and memory."""
# ruff: noqa: S608  the query texts are constants of the tests

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from cosmos_emulator import Emulator
from cosmos_emulator.query import limits

type Query = Callable[..., Awaitable[list[Any]]]

HEADERS = {"x-ms-documentdb-isquery": "true", "x-ms-documentdb-partitionkey": '["p"]'}
MANY = 7_000
LIST = "IN (SELECT VALUE @list)"


def nested(levels: int) -> str:
    """Return an expression with subqueries that double an array at each level."""
    text = "[1]"
    for level in range(levels):
        text = (
            f"(SELECT VALUE ARRAY_CONCAT(x{level}, x{level}) FROM (SELECT VALUE {text}) x{level})"
        )
    return text


def doubled(levels: int) -> str:
    text = "[1]"
    for level in range(levels):
        name = f"x{level}"
        copies = ", ".join([name] * 40)
        text = f"(SELECT VALUE [{copies}] FROM (SELECT VALUE {text}) {name})"
    return text


HOSTILE = {
    "parentheses": (f"{'(' * MANY}1{')' * MANY}", None),
    "negations": (f"{'NOT ' * MANY}true", "levels"),
    "signs": (f"{'- ' * MANY}@p", "levels"),
    "arrays": (f"{'[' * MANY}{']' * MANY}", "levels"),
    "objects": ("{'a':" * MANY + "1" + "}" * MANY, "levels"),
    "calls": (f"{'ABS(' * MANY}1{')' * MANY}", "levels"),
    "sums": ("1" + "+1" * MANY, "levels"),
    "properties": ("{}" + ".a" * MANY, "levels"),
    "subqueries": ("(SELECT VALUE " * 1_000 + "1" + ")" * 1_000, "levels"),
    "IN list": (f"1 IN ({','.join('1' * MANY)})", "IN list"),
    "ANDs": (" AND ".join(["true"] * MANY), "AND conditions"),
    "ORs": (" OR ".join(["false"] * MANY), "OR conditions"),
    "length": (f"'{'a' * limits.QUERY_LENGTH_MAX}'", "characters in a query"),
    "words": (f"[{','.join('1' * 100_000)}]", "words in a query"),
    "digits": ("9" * 1_000, None),
    "replicated": ("REPLICATE(REPLICATE('a', 10000), 10000)", None),
    "replaced": ("REPLACE(@long, 'a', @long)", "computed string"),
    "joined": ("STRINGJOIN([@long, @long, @long], @long)", "computed string"),
    "concatenated": ("@long || @long || @long", "computed string"),
    "doubling": (nested(19), "levels"),
    "repeated": (doubled(5), "exceeds"),
    "pattern": ("REGEXMATCH(@text, '^(a+)+$')", "seconds"),
    "alternatives": ("REGEXMATCH(@text, '(a|aa)+$')", "seconds"),
    "long pattern": ("REGEXMATCH('a', @long)", "characters in a pattern"),
    "repetitions": ("REGEXMATCH('aaa', 'a{10000000}')", "repetitions in a pattern"),
    "nested repetitions": ("REGEXMATCH('a', '((a{1,100}){,100}){100}')", "repetitions"),
    "LIKE": (f"@text LIKE '{'%a' * 200}%b'", "seconds"),
    "joins": (
        f"(SELECT VALUE COUNT(1) FROM a {LIST} JOIN b {LIST} JOIN c {LIST} JOIN d {LIST})",
        "seconds",
    ),
    "many joins": (
        "(SELECT VALUE 1 FROM (SELECT VALUE 1) x" + " JOIN (SELECT VALUE 1)" * 20 + ")",
        "JOINs",
    ),
}
GIVEN = {
    "@p": 1,
    "@long": "a" * 2_000_000,
    "@text": "a" * 5_000 + "!",
    "@list": list(range(1_000)),
}


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECONDS_MAX", 0.05)


def send(emulator: Emulator, text: str) -> tuple[int, str]:
    parameters = [{"name": name, "value": value} for name, value in GIVEN.items() if name in text]
    body = json.dumps({"query": text, "parameters": parameters})
    response = emulator.handle("POST", "/dbs/db/colls/items/docs", HEADERS, body)
    return response.status, response.body.decode()[:1_000]


@pytest.mark.usefixtures("items", "_short")
@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_query_fails_with_a_reason(emulator: Emulator, case: str) -> None:
    expression, reason = HOSTILE[case]
    status, body = send(emulator, f"SELECT VALUE {expression}")

    if reason is None:
        assert status == 200
    else:
        assert status == 400
        assert "The query exceeds the maximum of" in body
        assert reason in body


async def test_a_syntax_error_names_its_position(items: ContainerProxy, query: Query) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused:
        await query(items, "SELECT * FROM c WHERE c.a == 1", "p")

    assert r"\"location\":{\"start\":27,\"end\":28}" in str(refused.value.message)


async def test_a_query_with_as_many_conditions_as_permitted(
    items: ContainerProxy, query: Query
) -> None:
    await items.create_item({"id": "1", "pk": "p", "n": 1_999})
    either = " OR ".join(f"c.n = {n}" for n in range(limits.CONDITIONS_MAX))
    listed = ", ".join(f"{n}" for n in range(limits.OPTIONS_MAX))

    assert await query(items, f"SELECT VALUE c.id FROM c WHERE {either}", "p") == ["1"]
    assert await query(items, f"SELECT VALUE c.id FROM c WHERE c.n IN ({listed})", "p") == ["1"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT VALUE c.id FROM c WHERE c.id LIKE '_'",
        "SELECT VALUE t FROM c JOIN t IN c.tags WHERE t LIKE '_'",
        "SELECT DISTINCT VALUE c.id FROM c WHERE RegexMatch(c.id, '.')",
    ],
)
async def test_the_time_of_a_page_grows_with_the_items_it_reads(
    items: ContainerProxy, query: Query, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    for number in range(3):
        await items.create_item(
            {"id": f"{number}", "pk": "p", "tags": ["0", "1", "2"][number:][:1]}
        )
    monkeypatch.setattr(limits, "SECONDS_MAX", 0)
    monkeypatch.setattr(limits, "SECONDS_PER_ITEM", 1_000)

    assert await query(items, text, "p") == ["0", "1", "2"]


@pytest.mark.usefixtures("items")
def test_a_string_without_an_end_is_a_syntax_error(emulator: Emulator) -> None:
    status, body = send(emulator, "SELECT VALUE '" + "\\'" * 200_000)

    assert (status, "Syntax error" in body) == (400, True)
