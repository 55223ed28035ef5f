"""The Lambda handlers of a reader of the change feed, and of work on a schedule.

A DynamoDB stream invokes the function to process changes. A schedule invokes the function to find
changes that the stream did not deliver.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from api.hosting.feed import Feed
from api.stores.dynamodb_items import changed_documents

type Event = dict[str, Any]
type Handler = Callable[[Event, Any], Any]

_loop = asyncio.new_event_loop()  # one per process, because the store's connections belong to it


def feed_handler(feed: Feed) -> Handler:
    """Return a handler for records of the stream and for the events of the schedule."""

    def handle(event: Event, _context: Any) -> None:  # noqa: ANN401 - the runtime's type
        if "Records" in event:
            _loop.run_until_complete(feed.apply(changed_documents(event["Records"])))
        else:
            _loop.run_until_complete(feed.sweep())

    return handle


def timer_handler(work: Callable[[], Awaitable[None]]) -> Handler:
    """Return a handler for the events of a schedule."""

    async def run() -> None:
        await work()

    def handle(_event: Event, _context: Any) -> None:  # noqa: ANN401 - the runtime's type
        _loop.run_until_complete(run())

    return handle
