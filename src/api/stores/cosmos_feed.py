"""The change feed of a container, read a page per feed range and resumable from any point.

There is a token per range: the SDK can't resume a single token with a range that it hasn't reached
("Missing token"), and it reaches the next range only when the previous one is exhausted.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# Off here because the SDK leaves parts of its surface untyped.
import json
from collections.abc import Mapping
from typing import Any

from azure.cosmos.aio import ContainerProxy

from api.stores.records import Document


async def read_changes(
    container: ContainerProxy, checkpoint: str | None, *, limit: int
) -> tuple[list[Document], str]:
    """Return the documents after the checkpoint (None: the beginning), and a new checkpoint."""
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
    answered: list[Mapping[str, Any]] = []  # the SDK puts its token into them after the hook
    feed = container.query_items_change_feed(
        max_item_count=limit,
        response_hook=lambda headers, _: answered.append(headers),
        **start,
    )
    documents: list[Document] = []
    async for page in feed.by_page():
        documents = [document async for document in page]
        break
    return documents, answered[-1]["etag"]
