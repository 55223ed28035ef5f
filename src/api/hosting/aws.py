"""AWS Lambda: an HTTP API of API Gateway through Mangum, and the stream of a DynamoDB table.

Mangum runs on the thread's current event loop, which Python no longer makes by itself; ours lives
as long as the process. Its own start-up would start *and stop* the app at every invocation: off.
"""

import asyncio
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from api.hosting.feed import RollupFeed
from api.hosting.opening import OpeningApp
from api.problems import MEDIA_TYPE
from api.settings import Settings

type Event = dict[str, Any]
type Handler = Callable[[Event, Any], Any]

_loop = asyncio.new_event_loop()


def http_handler(app: OpeningApp) -> Handler:
    """A handler for payload format 2.0. Only the stage `$default` leaves the path as it is."""
    asyncio.set_event_loop(_loop)
    text = [*DEFAULT_TEXT_MIME_TYPES, MEDIA_TYPE]  # what is not listed goes out as base64
    mangum = Mangum(app, lifespan="off", text_mime_types=text)

    def handle(event: Event, context: Any) -> Event:  # noqa: ANN401 - the runtime's own
        asyncio.set_event_loop(_loop)
        return mangum(event, context)

    return handle


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
