"""AWS Lambda at the stream of a DynamoDB table, and at a schedule that sweeps."""

import asyncio
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from api.hosting.feed import RollupFeed
from api.settings import Settings

type Event = dict[str, Any]
type Handler = Callable[[Event, Any], Any]

_loop = asyncio.new_event_loop()  # one for the process: the store's connections live on it


def feed_handler(settings: Settings) -> Handler:
    """A handler for the stream of the table of events, and for a schedule that sweeps."""
    feed = RollupFeed(settings)

    def handle(event: Event, _context: Any) -> None:  # noqa: ANN401 - the runtime's own
        if "Records" in event:
            _loop.run_until_complete(feed.apply(_documents(event)))
        else:
            _loop.run_until_complete(feed.sweep())

    return handle


def _documents(event: Event) -> list[dict[str, Any]]:
    """The items as they are now; a deleted one has no new image."""
    images = [record["dynamodb"].get("NewImage") for record in event["Records"]]
    return [{name: plain(value) for name, value in image.items()} for image in images if image]


def plain(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    """A value in DynamoDB's notation, `{"N": "1"}`, as Python has it; without boto3."""
    [(kind, content)] = value.items()
    match kind:
        case "M":
            return {name: plain(member) for name, member in content.items()}
        case "L":
            return [plain(member) for member in content]
        case "N":
            return float(content) if "." in content or "e" in content.lower() else int(content)
        case "B":
            return b64decode(content)
        case "NULL":
            return None
        case _:
            return content
