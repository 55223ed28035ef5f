"""Queries can use the computed properties of a container like stored properties."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from .conftest import MakeContainer

type Query = Callable[..., Awaitable[list[Any]]]

COMPUTED = [
    {"name": "cp_lower", "query": "SELECT VALUE LOWER(c.name) FROM c"},
    {"name": "cp_parts", "query": "SELECT VALUE {n: LENGTH(p.name)} FROM products p"},
]
QUERIES: list[tuple[str, list[Any]]] = [
    ("SELECT VALUE c.cp_lower FROM c", ["bike", "ant", "cat"]),
    ("SELECT c.id, c.cp_parts.n FROM c WHERE c.cp_lower = 'ant'", [{"id": "2", "n": 3}]),
    ("SELECT VALUE x.id FROM x WHERE x['cp_lower'] LIKE '%t'", ["2", "3"]),
    ("SELECT VALUE c.id FROM c ORDER BY c.cp_lower", ["2", "1", "3"]),
    ("SELECT VALUE c.cp_lower FROM c ORDER BY c.cp_lower DESC", ["cat", "bike", "ant"]),
    ("SELECT c.cp_parts.n, COUNT(1) AS c FROM c GROUP BY c.cp_parts.n", [
        {"n": 3, "c": 2}, {"n": 4, "c": 1},
    ]),
    ("SELECT VALUE (SELECT VALUE c.cp_lower) FROM c WHERE c.id = '1'", ["bike"]),
]  # fmt: skip


@pytest.fixture
async def products(make_container: MakeContainer) -> ContainerProxy:
    container = await make_container(computed_properties=COMPUTED)
    for number, name in enumerate(["Bike", "ANT", "Cat"], 1):
        await container.create_item({"id": f"{number}", "pk": "p", "name": name})
    return container


@pytest.mark.parametrize(("text", "expected"), QUERIES)
async def test_a_query_uses_computed_properties(
    products: ContainerProxy, query: Query, text: str, expected: list[Any]
) -> None:
    assert await query(products, text, "p") == expected


async def test_computed_properties_order_the_results_of_several_partitions(
    products: ContainerProxy, query: Query
) -> None:
    await products.create_item({"id": "4", "pk": "q", "name": "Bee"})
    text = "SELECT VALUE x.cp_parts.n FROM x ORDER BY x.cp_lower DESC"

    assert await query(products, text) == [3, 4, 3, 3]


async def test_a_wildcard_does_not_contain_computed_properties(
    products: ContainerProxy, query: Query
) -> None:
    [item] = await query(products, "SELECT * FROM c WHERE c.cp_lower = 'cat'", "p")

    assert "cp_lower" not in item
    assert (await products.read())["computedProperties"] == COMPUTED


INVALID = [
    [{"name": "id", "query": "SELECT VALUE 1 FROM c"}],
    [{"name": "a", "query": "SELECT VALUE c.x FROM c"}] * 2,
    [{"name": "a", "query": "SELECT c.x FROM c"}],
    [{"name": "a", "query": "SELECT VALUE 1"}],
    [{"name": "a", "query": "SELECT VALUE c.x FROM c WHERE true"}],
    [{"name": "a", "query": "SELECT VALUE t FROM c JOIN t IN c.tags"}],
    [{"name": "a", "query": "SELECT VALUE (SELECT VALUE 1) FROM c"}],
    [{"name": "a", "query": "SELECT VALUE COUNT(1) FROM c"}],
    [{"name": "a", "query": "SELECT VALUE RAND() FROM c"}],
    [{"name": "a", "query": "SELECT VALUE GetCurrentTicks() FROM c"}],
    [{"name": "a", "query": "SELECT VALUE c.x FRM c"}],
    [{"name": "a"}],
    [{"name": f"p{n}", "query": "SELECT VALUE c.x FROM c"} for n in range(21)],
]


@pytest.mark.parametrize("computed", INVALID)
async def test_an_invalid_computed_property_is_rejected(
    make_container: MakeContainer, computed: list[dict[str, str]]
) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused:
        await make_container(computed_properties=computed)

    assert refused.value.status_code == 400


async def test_computed_properties_must_be_a_list(make_container: MakeContainer) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused:
        await make_container(computed_properties={"name": "a", "query": "SELECT VALUE 1 FROM c"})

    assert refused.value.status_code == 400
    assert "One of the specified inputs is invalid" in refused.value.message
