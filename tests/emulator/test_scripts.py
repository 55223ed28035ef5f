"""Stored procedures, triggers and functions are stored, but refused when they should run."""

from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceNotFoundError

from cosmos_emulator import Emulator

BODY = "function () {}"
TRIGGER = {"id": "t", "body": BODY, "triggerType": "Pre", "triggerOperation": "All"}


async def test_scripts_are_stored(items: ContainerProxy) -> None:
    scripts = items.scripts
    await scripts.create_stored_procedure({"id": "s", "body": BODY})
    await scripts.create_trigger(TRIGGER)
    await scripts.create_user_defined_function({"id": "f", "body": BODY})
    await scripts.replace_stored_procedure("s", {"id": "s2", "body": BODY})

    assert [found["id"] async for found in scripts.list_stored_procedures()] == ["s2"]
    assert (await scripts.get_trigger("t"))["triggerType"] == "Pre"
    query = scripts.query_user_defined_functions("SELECT VALUE f.body FROM f")
    assert [found async for found in query] == [BODY]
    await scripts.delete_trigger("t")
    with pytest.raises(CosmosResourceNotFoundError):
        await scripts.get_trigger("t")


async def test_scripts_are_not_executed(items: ContainerProxy) -> None:
    await items.scripts.create_stored_procedure({"id": "s", "body": BODY})
    await items.scripts.create_trigger(TRIGGER)

    with pytest.raises(CosmosHttpResponseError, match="executing Javascript") as refused:
        await items.scripts.execute_stored_procedure("s", partition_key="p")
    assert refused.value.status_code == 400
    with pytest.raises(CosmosHttpResponseError, match="executing Javascript"):
        await items.create_item({"id": "a", "pk": "p"}, pre_trigger_include="t")
    with pytest.raises(CosmosResourceNotFoundError):
        await items.scripts.execute_stored_procedure("missing", partition_key="p")


@pytest.mark.parametrize(
    "body", [{"id": "t"}, {"id": "t", "body": BODY, "triggerType": "Never"}, {"body": BODY}]
)
async def test_an_invalid_trigger_is_rejected(items: ContainerProxy, body: Any) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused:
        await items.scripts.create_trigger(body)

    assert refused.value.status_code == 400


async def test_the_feed_of_conflicts_is_empty(emulator: Emulator, items: ContainerProxy) -> None:
    assert [conflict async for conflict in items.list_conflicts()] == []
    assert [conflict async for conflict in items.query_conflicts("SELECT * FROM c")] == []
    assert emulator.handle("GET", "/dbs/db/colls/items/conflicts/a", {}).status == 404
