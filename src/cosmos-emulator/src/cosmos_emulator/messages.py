"""The HTTP requests and responses that routes, handlers and interceptors use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from urllib.parse import unquote, urlsplit

import orjson

from cosmos_emulator.commits import Group
from cosmos_emulator.errors import bad_request
from cosmos_emulator.query.values import Json

_READS = ("read_", "list_", "query", "change_feed")  # the beginnings of operations' names


@dataclass
class Request:
    """One HTTP request. Header names are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    operation: str = ""  # the route's name, such as "create_item"
    group: Group | None = None  # the open group of writes that the response may show

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """Return the percent-decoded segments of the request path."""
        return _segments(self.url)

    def _segment(self, index: int) -> str:
        return self.segments[index] if len(self.segments) > index else ""

    @property
    def database(self) -> str:
        return self._segment(1)

    @property
    def container(self) -> str:
        return self._segment(3)

    @property
    def item(self) -> str:
        return self._segment(5)

    def header(self, name: str) -> str:
        """Return the value of a header, or an empty string if it is missing."""
        return self.headers.get(name, "")

    def flag(self, name: str) -> bool:
        """Return whether a header has the value `True`."""
        return self.header(name).lower() == "true"

    @property
    def is_read(self) -> bool:
        """Return whether the operation only reads, so that the read-only key permits it."""
        return self.operation.startswith(_READS)

    @property
    def minimal(self) -> bool:
        """Return whether the caller requests a response without a body."""
        return self.header("prefer") == "return=minimal"

    def json(self) -> Json:
        """Return the parsed JSON of the body.

        Raises 400 for invalid JSON, including NaN and infinities.
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise bad_request(f"The request body is not valid JSON: {error}") from None


@lru_cache(maxsize=512)  # clients send many requests to the same path
def _segments(url: str) -> tuple[str, ...]:
    path = urlsplit(url).path.strip("/")
    return tuple(unquote(segment) for segment in path.split("/")) if path else ()


@dataclass
class Response:
    """One HTTP response."""

    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    latency_ms: int = 0  # after which the transport delivers the response
    is_lost: bool = False  # the transport breaks the connection instead of delivering it
    group: Group | None = None  # of writes that must be on disk before the response is sent
