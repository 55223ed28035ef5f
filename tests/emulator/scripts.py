"""Helpers to run scripts in tests."""

from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

COLLECTION = "const items = getContext().getCollection(), link = items.getSelfLink();"


async def run(items: ContainerProxy, body: str, *params: Any, key: Any = "p") -> Any:
    """Store a procedure under the name `s`, and execute it."""
    await items.scripts.create_stored_procedure({"id": "s", "body": body})
    return await items.scripts.execute_stored_procedure(
        "s", partition_key=key, parameters=list(params)
    )


async def failure(items: ContainerProxy, body: str, *params: Any) -> CosmosHttpResponseError:
    with pytest.raises(CosmosHttpResponseError) as failed:
        await run(items, body, *params)
    return failed.value


async def ids(items: ContainerProxy) -> list[str]:
    return [item["id"] async for item in items.read_all_items()]
