"""The Lambda handler for an HTTP API of AWS API Gateway, based on Mangum.

Mangum requires a current event loop, which Python no longer creates automatically. This module
creates an event loop for the lifetime of the process. Mangum's lifespan support is off, because it
would start and stop the app at every invocation.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from api.hosting.opening import OpeningApp
from api.problems import MEDIA_TYPE

type Event = dict[str, Any]
type Handler = Callable[[Event, Any], Any]

_USABLE = {
    "host": re.compile(r"[^:]+(:[0-9]{1,5})?"),
    "x-forwarded-port": re.compile(r"[0-9]{1,5}"),
}
_ND_JSON = "application/x-ndjson"
_loop = asyncio.new_event_loop()


def http_handler(app: OpeningApp) -> Handler:
    """Return a handler for API Gateway's payload format 2.0.

    The stage of the HTTP API must be `$default`, because other stages add their name to the path.
    """
    asyncio.set_event_loop(_loop)
    text = [*DEFAULT_TEXT_MIME_TYPES, MEDIA_TYPE, _ND_JSON]  # other types are sent as base64
    mangum = Mangum(app, lifespan="off", text_mime_types=text)

    def handle(event: Event, context: Any) -> Event:  # noqa: ANN401 - the runtime's type
        asyncio.set_event_loop(_loop)
        _drop_unusable_host(event.get("headers", {}))
        return mangum(event, context)

    return handle


def _drop_unusable_host(headers: dict[str, str]) -> None:
    """Remove headers with a host or a port that Mangum can't parse."""
    for name, pattern in _USABLE.items():
        if not pattern.fullmatch(headers.get(name, "")):
            headers.pop(name, None)
