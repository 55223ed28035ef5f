"""A proxy between Lambda functions and DynamoDB that can throttle operations as AWS does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from scripts.hosts.asgi import read_request, respond

_THROTTLED = (
    b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",'
    b'"message":"slow down"}'
)
_JSON = [("content-type", "application/x-amz-json-1.0")]


class DynamoDBFront:
    """An ASGI app that forwards requests to the server at `endpoint`."""

    def __init__(self, endpoint: str) -> None:
        self._client = httpx2.AsyncClient(base_url=endpoint, timeout=30)
        self._throttled = ""
        self.refused = 0

    @contextmanager
    def throttling(self, operation: str) -> Iterator[None]:
        """Throttle this operation inside the `with` block."""
        self._throttled, self.refused = f"DynamoDB_20120810.{operation}", 0
        try:
            yield
        finally:
            self._throttled = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = await read_request(scope, receive)
        if request.headers.get("x-amz-target") == self._throttled:
            self.refused += 1
            await respond(send, 400, _THROTTLED, _JSON)
            return
        headers = {k: v for k, v in request.headers.items() if k not in ("connection", "host")}
        forwarded = await self._client.post(request.path, content=request.body, headers=headers)
        await respond(send, forwarded.status_code, forwarded.content, _JSON)

    async def close(self) -> None:
        await self._client.aclose()
