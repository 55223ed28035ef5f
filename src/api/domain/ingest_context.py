"""Ingest metadata in deltas and rollups: when events were stored, and the trace context.

Ingest metadata is used only for telemetry. Documents without ingest metadata are processed like all
other documents.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.domain.times import format_timestamp, parse_timestamp


@dataclass(frozen=True, slots=True)
class IngestContext:
    """The time of the attempt that stored the events, and the W3C `traceparent` of its span."""

    received_at: datetime
    traceparent: str | None = None

    def as_fields(self) -> dict[str, str]:
        """Return the fields to store in a document."""
        fields = {"received_at": format_timestamp(self.received_at)}
        return fields | ({"traceparent": self.traceparent} if self.traceparent else {})


def context_in(document: Mapping[str, Any]) -> IngestContext | None:
    """Return the context stored in a document, or None if it is missing or malformed."""
    match document:
        case {"received_at": str(received_at)}:
            traceparent = document.get("traceparent")
            try:
                return IngestContext(
                    parse_timestamp(received_at),
                    traceparent if isinstance(traceparent, str) else None,
                )
            except ValueError:
                return None
        case _:
            return None


def oldest(contexts: Iterable[IngestContext | None]) -> datetime | None:
    """Return the earliest time in these contexts."""
    return min((context.received_at for context in contexts if context), default=None)
