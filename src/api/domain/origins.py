"""Where what waits to be folded comes from: when it was received, and in which trace.

For measuring alone: nothing is decided by it, and a document without it is as good.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.domain.times import format_timestamp, parse_timestamp


@dataclass(frozen=True, slots=True)
class Origin:
    """`traceparent` is the W3C header of the span to go on from."""

    received_at: datetime
    traceparent: str | None = None

    def as_fields(self) -> dict[str, str]:
        """What a document holds of it."""
        fields = {"received_at": format_timestamp(self.received_at)}
        return fields | ({"traceparent": self.traceparent} if self.traceparent else {})


def origin_in(document: Mapping[str, Any]) -> Origin | None:
    """The origin that a document names, if it names one that makes sense."""
    match document:
        case {"received_at": str(received_at)}:
            traceparent = document.get("traceparent")
            try:
                return Origin(
                    parse_timestamp(received_at),
                    traceparent if isinstance(traceparent, str) else None,
                )
            except ValueError:
                return None
        case _:
            return None


def oldest(origins: Iterable[Origin | None]) -> datetime | None:
    """When the first of them was received."""
    return min((origin.received_at for origin in origins if origin), default=None)
