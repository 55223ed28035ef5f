"""Read a container's change feed from any checkpoint, one page per feed range.

A checkpoint has one continuation token per feed range. The SDK's own token covers the whole
container, but the SDK reads one feed range to its end before it starts the next. The SDK can't
resume from this token until it has read every range (the error is "Missing token").
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# Some Pyright checks are off in this module, because parts of Azure's SDK have no type hints.
import json
from collections.abc import Mapping
from typing import Any

from azure.cosmos.aio import ContainerProxy

from api.stores.records import Document


async def read_changes(
    container: ContainerProxy, checkpoint: str | None, *, limit: int
) -> tuple[list[Document], str]:
    """Return the documents after the checkpoint, and a new checkpoint.

    Without a checkpoint, read from the beginning of the feed.
    """
    positions: list[dict[str, Any]] = (
        json.loads(checkpoint)
        if checkpoint
        else [{"feed_range": feed_range} async for feed_range in container.read_feed_ranges()]
    )
    documents: list[Document] = []
    following: list[dict[str, Any]] = []
    for position in positions:
        page, continuation = await _read_page(container, position, limit)
        documents += page
        following.append({"continuation": continuation})
    return documents, json.dumps(following)


async def _read_page(
    container: ContainerProxy, position: dict[str, Any], limit: int
) -> tuple[list[Document], str]:
    resumed = "continuation" in position
    start: dict[str, Any] = position if resumed else position | {"start_time": "Beginning"}
    response_headers: list[Mapping[str, Any]] = []  # the SDK adds its token after the hook
    feed = container.query_items_change_feed(
        max_item_count=limit,
        response_hook=lambda headers, _: response_headers.append(headers),
        **start,
    )
    documents: list[Document] = []
    async for page in feed.by_page():
        documents = [document async for document in page]
        break
    return documents, response_headers[-1]["etag"]
