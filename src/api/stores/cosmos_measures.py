"""Metrics of Cosmos DB's responses: request charges and throttled requests."""

import re
from typing import Any

from api import telemetry

_CONTAINER = re.compile(r"/colls/([^/?]+)")
_TOO_MANY_REQUESTS = 429


def measure(response: Any) -> None:
    """Record the request charge of a response, and count the response if it was throttled.

    The SDK calls this method for every response, including responses after which the SDK retries
    the request.
    """
    http = response.http_response
    if charge := float(http.headers.get("x-ms-request-charge", 0)):
        container = _CONTAINER.search(response.http_request.url)
        telemetry.count_request_units(charge, container=container[1] if container else "")
    if http.status_code == _TOO_MANY_REQUESTS:
        telemetry.count_throttle("cosmos")
