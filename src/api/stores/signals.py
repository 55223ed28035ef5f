"""Find in changed documents which days need a fold and which rollups need a projection.

Every reader of the change feed uses this module. A malformed document doesn't block the documents
after it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from api.domain.rollups import DeadLetter, Rollup
from api.stores.protocol import Changes
from api.stores.records import dead_letter_from_document
from api.stores.rollup_documents import decode_rollup

type Document = Mapping[str, Any]


def read_signals(documents: Iterable[Document]) -> Changes:
    """Return the days that need a fold, and the rollups that need a projection. Ignore events."""
    days: set[tuple[str, str]] = set()
    rollups: list[Rollup] = []
    unreadable: list[DeadLetter] = []
    count = 0
    for document in documents:
        count += 1
        try:
            match document.get("type", "event"):  # in Cosmos DB, only events have no type
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


def _day_of(document: Document) -> tuple[str, str]:
    match document:
        case {"org_id": str(org_id), "day": str(day)}:
            return org_id, day
        case _:
            raise ValueError("its organisation or day is missing")
