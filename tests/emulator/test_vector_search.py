"""ORDER BY VectorDistance returns the most similar items first, from one or more partitions."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy

from .conftest import MakeContainer

type Query = Callable[..., Awaitable[list[Any]]]

VECTORS = {"near": [1, 0.1], "far": [0, 1], "opposite": [-1, 0], "long": [10, 0]}
TEXT = (
    "SELECT TOP 3 VALUE c.id FROM c"
    " ORDER BY VectorDistance(c.v, [1, 0], false, {{'distanceFunction': '{}'}})"
)


async def filled(make_container: MakeContainer, function: str) -> ContainerProxy:
    embedding = {"path": "/v", "dataType": "float32", "dimensions": 2}
    policy = {"vectorEmbeddings": [embedding | {"distanceFunction": function}]}
    container = await make_container("vectors", "/pk", vector_embedding_policy=policy)
    for number, (name, vector) in enumerate(VECTORS.items()):
        await container.create_item({"id": name, "pk": f"{number}", "v": vector})
    await container.create_item({"id": "none", "pk": "p"})
    return container


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("cosine", ["long", "near", "far"]),
        ("dotproduct", ["long", "near", "far"]),
        ("euclidean", ["near", "far", "opposite"]),
    ],
)
async def test_the_most_similar_items_come_first(
    make_container: MakeContainer, query: Query, function: str, expected: list[str]
) -> None:
    container = await filled(make_container, "cosine")
    by_policy = "SELECT TOP 3 VALUE c.id FROM c ORDER BY VectorDistance(c.v, @v)"

    assert await query(container, TEXT.format(function)) == expected
    if function == "cosine":
        assert await query(container, by_policy, v=[1, 0]) == expected


async def test_the_policy_chooses_the_distance_function(
    make_container: MakeContainer, query: Query
) -> None:
    container = await filled(make_container, "euclidean")
    text = (
        "SELECT TOP 1 c.id, VectorDistance(c.v, @v) AS distance FROM c"
        " ORDER BY VectorDistance(c.v, @v)"
    )

    assert await query(container, text, v=[10, 0]) == [{"id": "long", "distance": 0}]
    assert await query(container, text, "0", v=[1, 0.1]) == [{"id": "near", "distance": 0}]
