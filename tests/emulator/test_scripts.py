"""Stored procedures, triggers and user-defined functions are stored, and need an engine."""

import subprocess
import sys
from typing import Any

import pytest
from azure.cosmos import CosmosClient, PartitionKey
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceNotFoundError

from cosmos_emulator import Emulator
from cosmos_emulator.scripts import engine
from cosmos_emulator.transports import Transport

from .scripts import COLLECTION, failure

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


async def test_without_the_engine_the_message_names_the_extra(
    items: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.SHARED.close()
    monkeypatch.setitem(sys.modules, engine.PACKAGE, None)
    failed = await failure(items, BODY)

    assert failed.status_code == 400
    assert "executing Javascript" in failed.message
    assert "install cosmos-emulator[scripts]" in failed.message


def test_the_sync_client_runs_scripts() -> None:
    emulator = Emulator()
    client = CosmosClient(emulator.endpoint, emulator.key, transport=Transport(emulator))
    database = client.create_database("db")
    items = database.create_container("items", PartitionKey("/pk"))
    items.scripts.create_stored_procedure(
        {"id": "s", "body": f"(item) => {{ {COLLECTION} items.createDocument(link, item); }}"}
    )
    items.scripts.create_trigger(
        {**TRIGGER, "body": "() => __.request.setBody({...__.request.getBody(), n: 1})"}
    )
    items.scripts.create_user_defined_function({"id": "f", "body": "(n) => n + 1"})
    items.scripts.execute_stored_procedure("s", "p", params=[{"id": "a", "pk": "p"}])
    items.create_item({"id": "b", "pk": "p"}, pre_trigger_include="t")
    found = items.query_items(
        "SELECT VALUE udf.f(c.n) FROM c WHERE udf.f(c.n) > 1", enable_cross_partition_query=True
    )

    assert list(found) == [2]
    emulator.close()


FORK = """
import os
from cosmos_emulator.scripts.engine import SHARED, Deadline

with SHARED.session() as session:
    assert SHARED.apply("() => 1", [], 5) == {"value": 1}
    forked = os.fork()
    if forked == 0:
        assert SHARED.apply("() => 2", [], 5) == {"value": 2}
    else:
        assert os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == 0
        assert session.call("take", None, Deadline(5))["operations"] == []
        assert SHARED.apply("() => 1", [], 5) == {"value": 1}
"""


def test_a_forked_process_starts_its_own_engine() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", FORK], check=False)  # noqa: S603

    assert done.returncode == 0
