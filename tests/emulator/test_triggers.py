"""Triggers run before and after the write that names them, in the same transaction."""

from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from .scripts import COLLECTION, ids


async def create_trigger(
    items: ContainerProxy, kind: str, body: str, operation: str = "All"
) -> None:
    await items.scripts.create_trigger(
        {"id": kind, "body": body, "triggerType": kind, "triggerOperation": operation}
    )


async def test_a_pre_trigger_changes_the_item(items: ContainerProxy) -> None:
    await create_trigger(
        items,
        "Pre",
        """function () {
            const request = getContext().getRequest(), item = request.getBody();
            request.setBody({...item, by: request.getOperationType()});
        }""",
    )
    options = {"pre_trigger_include": "Pre"}

    created = await items.create_item({"id": "a", "pk": "p"}, **options)
    upserted = await items.upsert_item({"id": "a", "pk": "p"}, **options)
    replaced = await items.replace_item("a", {"id": "a", "pk": "p"}, **options)
    assert [created["by"], upserted["by"], replaced["by"]] == ["Create", "Upsert", "Replace"]
    assert "by" not in await items.upsert_item({"id": "a", "pk": "p"})


async def test_a_post_trigger_writes_in_the_same_transaction(items: ContainerProxy) -> None:
    await create_trigger(
        items,
        "Post",
        f"""function () {{
            {COLLECTION}
            const item = getContext().getResponse().getBody();
            items.createDocument(link, {{id: "copy of " + item.id, pk: "p"}});
        }}""",
    )
    await items.create_item({"id": "a", "pk": "p"}, post_trigger_include=["Post"])
    charge = float(items.client_connection.last_response_headers["x-ms-request-charge"])

    assert await ids(items) == ["a", "copy of a"]
    assert charge > 9.9
    await items.delete_item("a", "p")
    with pytest.raises(CosmosHttpResponseError, match="already exists") as failed:
        await items.create_item({"id": "a", "pk": "p"}, post_trigger_include="Post")
    assert failed.value.status_code == 400
    assert await ids(items) == ["copy of a"]


async def test_a_pre_trigger_can_prevent_a_delete(items: ContainerProxy) -> None:
    await create_trigger(items, "Pre", "function () { throw new Error('kept'); }", "Delete")
    await items.create_item({"id": "a", "pk": "p"})

    with pytest.raises(CosmosHttpResponseError, match="kept"):
        await items.delete_item("a", "p", pre_trigger_include="Pre")
    assert await ids(items) == ["a"]


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"pre_trigger_include": "missing"}, 404),
        ({"post_trigger_include": "Pre"}, 400),
        ({"pre_trigger_include": ["Pre", "Pre"]}, 400),
        ({"pre_trigger_include": "Pre"}, 400),
    ],
)
async def test_a_trigger_that_does_not_apply_is_rejected(
    items: ContainerProxy, options: Any, status: int
) -> None:
    await create_trigger(items, "Pre", "() => {}", "Delete")

    with pytest.raises(CosmosHttpResponseError) as refused:
        await items.create_item({"id": "a", "pk": "p"}, **options)
    assert refused.value.status_code == status
