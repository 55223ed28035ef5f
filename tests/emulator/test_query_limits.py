"""A hostile query fails with 400 and a reason, within bounded time and memory."""
# ruff: noqa: S608  the query texts are constants of the tests

import json
from collections.abc import Awaitable, Callable, Generator
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


JOINED = " ".join(f"JOIN x{n} IN c.a" for n in range(1, 13))
LOCATED = {
    "IN list": (f"SELECT VALUE 1 IN ({','.join(map(str, range(MANY)))}) FROM c", "6000"),
    "AND": (
        f"SELECT * FROM c WHERE {' AND '.join(f'c.n > {n}' for n in range(MANY))}",
        "c.n > 2000",
    ),
    "JOINs": (f"SELECT VALUE 1 FROM c {JOINED}", "x11 IN c.a"),
    "words": (f"SELECT VALUE [-{','.join(['1'] * 24_998)},22,3]", "22"),
    "length": (f"SELECT VALUE '{'a' * (limits.QUERY_LENGTH_MAX - 14)}'", "'"),
    "nested": (f"SELECT VALUE {'[' * 95}[-@p.a + 7]{']' * 95}", "-@p.a + 7"),
    "path": (f"SELECT VALUE c{'.a' * 110} FROM c", f"c{'.a' * 100}"),
    "string": (r"SELECT VALUE [1, '\x', 2]", r"'\x'"),
    "escape": ("SELECT VALUE 'a' LIKE 'b' ESCAPE 'cd' OR true", "'a' LIKE 'b' ESCAPE 'cd'"),
}


@pytest.mark.usefixtures("items")
@pytest.mark.parametrize("case", LOCATED)
def test_an_exceeded_limit_of_the_text_names_its_position(emulator: Emulator, case: str) -> None:
    text, part = LOCATED[case]
    status, body = send(emulator, text)
    errors = json.loads(
        json.loads(json.loads(body)["message"].partition("\r\n")[0][9:])["Errors"][0]
    )
    location = errors["errors"][0]["location"]

    assert status == 400
    assert text[location["start"] : location["end"]] == part


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


WRAPPERS = [
    ("(", ")"),
    ("NOT ", ""),
    ("- ", ""),
    ("[", "]"),
    ("{'a':", "}"),
    ("ABS(", ")"),
    ("LOWER(", ")"),
    ("(SELECT VALUE ", ")"),
    ("ARRAY(SELECT VALUE x FROM x IN ", ")"),
    ("EXISTS(SELECT VALUE ", ")"),
    ("", " + 1"),
    ("", " || 'x'"),
    ("", ".a"),
    ("", "[0]"),
    ("", " IN (1, 2)"),
    ("", " ?? 1"),
    ("true ? ", " : 2"),
    ("REPLICATE(", ", 9)"),
    ("ARRAY_CONCAT([1], ", ")"),
    ("'a' LIKE ", ""),
    ("REGEXMATCH('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', ", ")"),
]
ATOMS = ["1", "@p", "'(a+)+$'", "c.id", "c", "[]", "1e999", "'%a%a%a%a%b'", "NaN", "udf.f(1)"]
TOKENS = (
    [part for wrapper in WRAPPERS for part in wrapper if part] + ATOMS + ["SELECT", "FROM c", ","]
)


@st.composite
def hostile(draw: st.DrawFn) -> str:
    """Generate an expression with many nested and repeated parts."""
    before, after = "", ""
    for _ in range(draw(st.integers(1, 4))):
        left, right = draw(st.sampled_from(WRAPPERS))
        count = draw(st.sampled_from([1, 2, 5, 20, 95, 150, 400, 3_000]))
        before, after = before + left * count, right * count + after
    atom = draw(st.sampled_from(ATOMS))
    copies = draw(st.sampled_from([1, 1, 1, 3, 50, 2_500]))
    operator = draw(st.sampled_from([" AND ", " OR ", ", ", " + ", " = "]))
    return before + operator.join([atom] * copies) + after


@pytest.fixture(scope="module")
def shared() -> Generator[Emulator]:
    emulator = Emulator()
    emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
    emulator.handle(
        "POST", "/dbs/db/colls", {}, b'{"id": "items", "partitionKey": {"paths": ["/pk"]}}'
    )
    emulator.handle("POST", "/dbs/db/colls/items/docs", HEADERS, b'{"id": "a", "pk": "p"}')
    yield emulator
    emulator.close()


def check_hostile(emulator: Emulator, text: str) -> None:
    """Send a query, and fail if the emulator raises an exception instead of responding."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "SECONDS_MAX", 0.05)
        for clause in (f"SELECT VALUE {text} FROM c", f"SELECT * FROM c WHERE {text}"):
            status, body = send(emulator, clause)
            assert status in (200, 400), body
            assert status == 200 or "message" in body


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(hostile(), st.lists(st.sampled_from(TOKENS), max_size=12).map(" ".join)))
def test_no_query_crashes_the_emulator(shared: Emulator, text: str) -> None:
    check_hostile(shared, text)


@pytest.mark.full
@settings(
    max_examples=3_000,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.one_of(hostile(), st.lists(st.sampled_from(TOKENS), max_size=40).map(" ".join)))
def test_no_query_of_thousands_crashes_the_emulator(shared: Emulator, text: str) -> None:
    check_hostile(shared, text)
