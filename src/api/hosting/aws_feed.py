"""AWS Lambda at the stream of a DynamoDB table, and at a schedule that sweeps."""

import asyncio
from collections.abc import Callable
from typing import Any

from api.hosting.feed import RollupFeed
from api.settings import Settings
from api.stores.dynamodb_items import changed_documents

type Event = dict[str, Any]
type Handler = Callable[[Event, Any], Any]

_loop = asyncio.new_event_loop()  # one for the process: the store's connections live on it


def feed_handler(settings: Settings) -> Handler:
    """A handler for the stream of the table of events, and for a schedule that sweeps."""
    feed = RollupFeed(settings)

    def handle(event: Event, _context: Any) -> None:  # noqa: ANN401 - the runtime's own
        if "Records" in event:
            _loop.run_until_complete(feed.apply(changed_documents(event["Records"])))
        else:
            _loop.run_until_complete(feed.sweep())

    return handle
