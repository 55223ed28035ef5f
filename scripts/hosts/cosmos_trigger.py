"""Deliver changes and timer events, as the Cosmos DB trigger and the timer trigger do.

Changes are delivered at least once and in order. A batch of changes for which the function fails is
delivered again until the function succeeds. Like the real trigger, this module stores its position
in the change feed in the leases container.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# Pyright's checks for unknown types are off here, because the SDK is partly untyped.
import asyncio
import sys
from typing import Any

from azure.core.exceptions import AzureError
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from api.settings import Settings
from api.stores.cosmos_feed import read_changes
from scripts.hosts.azure_app import FunctionApp, FunctionFailed
from scripts.hosts.azure_host import triggers

_PAUSE_SECONDS = 1.0
_RETRY_SECONDS = 5.0
_TIMER_SECONDS = 300.0
_SCHEDULE = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}


async def run_triggers(app: FunctionApp, settings: Settings) -> None:
    """Run the Cosmos DB and timer triggers of the app until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        for name, trigger in triggers(app):
            if trigger["type"] == "cosmosDBTrigger":
                tasks.create_task(_follow(app, name, trigger, settings))
            elif trigger["type"] == "timerTrigger":
                tasks.create_task(_tick(app, name))


async def _follow(app: FunctionApp, name: str, trigger: Any, settings: Settings) -> None:
    async with CosmosClient(settings.cosmos_endpoint, settings.cosmos_key) as client:
        database = client.get_database_client(trigger["databaseName"])
        container = database.get_container_client(trigger["containerName"])
        leases = database.get_container_client(trigger["leaseContainerName"])
        lease = await _lease(leases, f"functions_host~{name}")
        while True:
            try:
                documents, position = await read_changes(
                    container, lease["position"], limit=trigger["maxItemsPerInvocation"]
                )
                if documents:
                    await _deliver(app, name, documents)
                    lease["position"] = position
                    await leases.upsert_item(lease)
                else:
                    await asyncio.sleep(_PAUSE_SECONDS)
            except AzureError as error:
                print(f"{name}: the change feed is unavailable, retrying: {error}", file=sys.stderr)
                await asyncio.sleep(_RETRY_SECONDS)


async def _lease(leases: ContainerProxy, name: str) -> dict[str, Any]:
    try:
        return dict(await leases.read_item(name, name))
    except CosmosResourceNotFoundError:
        return {"id": name, "position": None}  # reads the feed from its beginning


async def _deliver(app: FunctionApp, name: str, documents: list[dict[str, Any]]) -> None:
    while True:
        try:
            await app.call(name, json=documents)
        except FunctionFailed as error:
            print(error, file=sys.stderr)
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            return


async def _tick(app: FunctionApp, name: str) -> None:
    while True:
        try:
            await app.call(name, json=_SCHEDULE)
        except FunctionFailed as error:
            print(error, file=sys.stderr)
        await asyncio.sleep(_TIMER_SECONDS)
