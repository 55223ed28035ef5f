"""Every patch operation has the documented result. A rejected patch changes nothing."""

from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosHttpResponseError,
    CosmosResourceNotFoundError,
)

ITEM = {"id": "a", "pk": "p", "n": 1, "list": [1, 2, 3], "deep": {"x": {"y": 1}}}

WORKS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"op": "add", "path": "/new", "value": {"z": 1}}, {"new": {"z": 1}}),
    ({"op": "add", "path": "/list/1", "value": 9}, {"list": [1, 9, 2, 3]}),
    ({"op": "add", "path": "/list/-", "value": 9}, {"list": [1, 2, 3, 9]}),
    ({"op": "set", "path": "/n", "value": None}, {"n": None}),
    ({"op": "set", "path": "/list/0", "value": 9}, {"list": [9, 2, 3]}),
    ({"op": "set", "path": "/list/3", "value": 9}, {"list": [1, 2, 3, 9]}),
    ({"op": "replace", "path": "/deep/x/y", "value": 2}, {"deep": {"x": {"y": 2}}}),
    ({"op": "remove", "path": "/list/1"}, {"list": [1, 3]}),
    ({"op": "incr", "path": "/n", "value": 2}, {"n": 3}),
    ({"op": "incr", "path": "/n", "value": -0.5}, {"n": 0.5}),
    ({"op": "incr", "path": "/fresh", "value": 5}, {"fresh": 5}),
    ({"op": "move", "from": "/n", "path": "/deep/n"}, {"deep": {"x": {"y": 1}, "n": 1}}),
]
FAILS: list[dict[str, Any]] = [
    {"op": "replace", "path": "/missing", "value": 1},
    {"op": "remove", "path": "/missing"},
    {"op": "remove", "path": "/list/9"},
    {"op": "add", "path": "/list/9", "value": 1},
    {"op": "add", "path": "/list/x", "value": 1},
    {"op": "add", "path": "/n/x", "value": 1},
    {"op": "set", "path": "/missing/deeper", "value": 1},
    {"op": "incr", "path": "/list", "value": 1},
    {"op": "incr", "path": "/n", "value": "1"},
    {"op": "move", "from": "/missing", "path": "/n"},
    {"op": "set", "path": "no slash", "value": 1},
    {"op": "set", "path": "/id", "value": "b"},
    {"op": "set", "path": "/pk", "value": "q"},
    {"op": "unheard of", "path": "/n"},
]


def named(case: Any) -> str | None:
    return f"{case['op']} {case['path']}" if isinstance(case, dict) and "op" in case else None


@pytest.mark.parametrize(("operation", "changed"), WORKS, ids=named)
async def test_an_operation_has_the_documented_result(
    items: ContainerProxy, operation: dict[str, Any], changed: dict[str, Any]
) -> None:
    await items.create_item(ITEM)
    patched = await items.patch_item("a", "p", [operation])

    assert {name: patched.get(name) for name in changed} == changed
    assert await items.read_item("a", "p") == patched


@pytest.mark.parametrize("operation", FAILS, ids=named)
async def test_a_rejected_patch_changes_nothing(
    items: ContainerProxy, operation: dict[str, Any]
) -> None:
    before = await items.create_item(ITEM)
    first: dict[str, Any] = {"op": "set", "path": "/n", "value": 100}

    with pytest.raises(CosmosHttpResponseError) as refused:
        await items.patch_item("a", "p", [first, operation])
    assert refused.value.status_code == 400
    assert await items.read_item("a", "p") == before


async def test_a_patch_applies_only_if_its_condition_is_true(items: ContainerProxy) -> None:
    await items.create_item(ITEM)
    increment: list[dict[str, Any]] = [{"op": "incr", "path": "/n", "value": 1}]
    await items.patch_item("a", "p", increment, filter_predicate="from c where c.n = 1")

    with pytest.raises(CosmosAccessConditionFailedError):
        await items.patch_item("a", "p", increment, filter_predicate="from c where c.n = 1")
    with pytest.raises(CosmosHttpResponseError, match="SC1001"):
        await items.patch_item("a", "p", increment, filter_predicate="where where")
    assert (await items.read_item("a", "p"))["n"] == 2


async def test_a_patch_has_at_most_ten_operations(items: ContainerProxy) -> None:
    await items.create_item(ITEM)
    eleven: list[dict[str, Any]] = [{"op": "incr", "path": "/n", "value": 1}] * 11

    with pytest.raises(CosmosHttpResponseError, match="10"):
        await items.patch_item("a", "p", eleven)


async def test_a_patch_of_a_missing_item_is_404(items: ContainerProxy) -> None:
    with pytest.raises(CosmosResourceNotFoundError):
        await items.patch_item("a", "p", [{"op": "set", "path": "/n", "value": 1}])
