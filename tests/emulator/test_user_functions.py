"""Queries call user-defined functions in all clauses and partitions."""

from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from cosmos_emulator.scripts import engine

from .scripts import run


@pytest.fixture
async def priced(items: ContainerProxy) -> ContainerProxy:
    """Return a container with items in several partitions, and with a function `tax`."""
    for number in range(4):
        await items.create_item({"id": f"{number}", "pk": f"{number}", "n": number})
    body = "function tax(n) { if (n === undefined) return 'none'; if (n > 0) return n / 4; }"
    await items.scripts.create_user_defined_function({"id": "tax", "body": body})
    return items


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT VALUE c.id FROM c WHERE udf.tax(c.n) >= 0.5 ORDER BY c.n", ["2", "3"]),
        ("SELECT VALUE udf.tax(c.n) FROM c WHERE c.n > 0 ORDER BY c.n", [0.25, 0.5, 0.75]),
        ("SELECT VALUE udf.tax(c.missing) FROM c WHERE c.id = '0'", ["none"]),
        ("SELECT VALUE SUM(udf.tax(c.n)) FROM c", [1.5]),
        ("SELECT DISTINCT VALUE udf.tax(c.n) > 0 FROM c", [True]),
    ],
)
async def test_queries_call_functions_in_all_partitions(
    priced: ContainerProxy, query: Any, text: str, expected: list[Any]
) -> None:
    assert await query(priced, text) == expected


async def test_a_procedure_calls_a_function_in_a_query(priced: ContainerProxy) -> None:
    body = """() => __.queryDocuments(
        __.getSelfLink(),
        "SELECT VALUE udf.tax(c.n) FROM c",
        (_, found) => __.response.setBody(found),
    )"""

    assert await run(priced, body, key="2") == [0.5]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("function () { throw new Error('no tax'); }", "Error: no tax"),
        ("function (", "SyntaxError"),
        ("function () { const a = {}; a.a = a; return a; }", "circular"),
        ("function () { return getContext(); }", "getContext is not defined"),
    ],
)
async def test_a_failing_function_fails_the_query(
    priced: ContainerProxy, query: Any, body: str, message: str
) -> None:
    await priced.scripts.replace_user_defined_function("tax", {"id": "tax", "body": body})

    with pytest.raises(CosmosHttpResponseError, match=message) as failed:
        await query(priced, "SELECT VALUE udf.tax(c.n) FROM c", "1")
    assert failed.value.status_code == 400


async def test_an_unknown_function_is_rejected(priced: ContainerProxy, query: Any) -> None:
    with pytest.raises(CosmosHttpResponseError, match="SC2005"):
        await query(priced, "SELECT VALUE udf.Tax(c.n) FROM c", "1")
    operation = {"op": "set", "path": "/n", "value": 1}
    with pytest.raises(CosmosHttpResponseError, match="SC2005"):
        await priced.patch_item("1", "1", [operation], filter_predicate="FROM c WHERE udf.tax(c.n)")


async def test_the_least_recently_used_functions_are_forgotten(
    items: ContainerProxy, query: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FUNCTIONS_MAX", 1)
    await items.create_item({"id": "a", "pk": "p"})
    for name in "fg":
        await items.scripts.create_user_defined_function({"id": name, "body": f"() => '{name}'"})

    for _ in range(2):
        assert await query(items, "SELECT VALUE udf.f() || udf.g() FROM c", "p") == ["fg"]
