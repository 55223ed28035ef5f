"""Find in changed documents which days need a fold, which rollups a projection, and new events.

Every reader of the change feed uses this module. A malformed document doesn't block the documents
after it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from api.domain.events import Event
from api.domain.rollups import DeadLetter, Rollup
from api.domain.times import parse_timestamp
from api.stores.protocol import Changes, NewEvents
from api.stores.records import dead_letter_from_document
from api.stores.rollup_documents import decode_rollup

type Document = Mapping[str, Any]

_EVENT = "event"  # in Cosmos DB, events have no type


def read_signals(documents: Iterable[Document]) -> Changes:
    """Return the days that need a fold, and the rollups that need a projection. Ignore events."""
    days: set[tuple[str, str]] = set()
    rollups: list[Rollup] = []
    unreadable: list[DeadLetter] = []
    count = 0
    for document in documents:
        count += 1
        try:
            match document.get("type", _EVENT):
                case "delta":
                    days.add(_day_of(document))
                case "rollup":
                    rollups.append(decode_rollup(document))
                case "event":
                    pass
                case other:
                    raise ValueError(f"its type is {other!r}")  # noqa: TRY301 - handled below
        except (KeyError, TypeError, ValueError) as error:
            unreadable.append(dead_letter_from_document(document, repr(error)))
    return Changes(frozenset(days), rollups, unreadable, count=count)


def read_events(documents: Iterable[Document], event_of: Callable[[Any], Event]) -> NewEvents:
    """Return the events among these documents, converted by the store's `event_of`.

    Ignore documents of other types; `read_signals` finds those that are malformed.
    """
    events: list[Event] = []
    unreadable: list[DeadLetter] = []
    count = 0
    for document in documents:
        count += 1
        if document.get("type", _EVENT) != _EVENT:
            continue
        try:
            events.append(_checked(event_of(document)))
        except (KeyError, TypeError, ValueError) as error:
            unreadable.append(dead_letter_from_document(document, repr(error)))
    return NewEvents(events, unreadable, count=count)


def _checked(event: Event) -> Event:
    """Return the event. Raises ValueError if its fields could not be written to a table."""
    read: Any = event  # its fields come from a document, and may have any type
    texts = (read.org_id, read.event_id, read.event_type, read.user_id)
    if not all(isinstance(text, str) and text for text in texts):
        raise ValueError("a field of the event is missing or isn't text")
    if not isinstance(read.properties, Mapping):
        raise TypeError("the properties aren't an object")
    parse_timestamp(event.timestamp)
    return event


def _day_of(document: Document) -> tuple[str, str]:
    match document:
        case {"org_id": str(org_id), "day": str(day)}:
            return org_id, day
        case _:
            raise ValueError("its organisation or day is missing")
