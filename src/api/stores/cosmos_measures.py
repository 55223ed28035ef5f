"""What every answer of Cosmos DB says of its price, and of a lack of capacity."""

import re
from typing import Any

from api import telemetry

_CONTAINER = re.compile(r"/colls/([^/?]+)")
_TOO_MANY_REQUESTS = 429


def measure(response: Any) -> None:
    """Count the answer, also one that the SDK goes on to try again."""
    answer = response.http_response
    if charge := float(answer.headers.get("x-ms-request-charge", 0)):
        container = _CONTAINER.search(response.http_request.url)
        telemetry.count_request_units(charge, container=container[1] if container else "")
    if answer.status_code == _TOO_MANY_REQUESTS:
        telemetry.count_throttle("cosmos")
