"""Documents, transactions and queries of the `events` container."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from api.domain.events import DayBatch, Event, EventQuery, split_key
from api.domain.retention import leaves_at
from api.domain.rollups import Delta, Rollup, delta_of
from api.domain.user_hashes import UserKey
from api.stores.records import Document, decode_optional_fields, optional_fields
from api.stores.rollup_documents import DELTA_PREFIX, ROLLUP_ID, delta_document, rollup_document

type Parameters = list[dict[str, Any]]


def event_document(event: Event, batch: DayBatch) -> Document:
    """Return the document for an event in this batch.

    The document has no field `type`, because an indexed term costs 0.2 request units per write.
    """
    return {
        "id": event.key,
        "org_id": event.org_id,
        "day": event.day,
        "event_type": event.event_type,
        "user_id": event.user_id,
        "properties": event.properties,
        "ingest_id": batch.ingest_id,
        **optional_fields(event),
    }


def event_of(document: Mapping[str, Any]) -> Event:
    timestamp, event_id, source = split_key(document["id"])
    return Event(
        org_id=document["org_id"],
        event_id=event_id,
        event_type=document["event_type"],
        user_id=document["user_id"],
        timestamp=timestamp,
        source=source,
        properties=document["properties"],
        **decode_optional_fields(document),
    )


def append_operations(batch: DayBatch, key: UserKey, now: datetime) -> list[tuple[Any, ...]]:
    """Return the operations that write a batch in one transaction: its events and their delta.

    All events of a day expire at the same time, whenever they are written.
    """
    expiry: Document = {}
    if batch.frozen_from:
        expiry["ttl"] = max(1, int((leaves_at(batch.frozen_from) - now).total_seconds()))
    documents = [event_document(event, batch) | expiry for event in batch.events]
    documents.append(delta_document(delta_of(batch, key)))
    return [("create", (document,)) for document in documents]


def fold_operations(
    rollup: Rollup, version: str | None, deltas: Sequence[Delta], erased: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Return the operations of a fold: write the rollup, and delete deltas and erased events."""
    document = rollup_document(rollup)
    write = (
        ("create", (document,))
        if version is None
        else ("replace", (ROLLUP_ID, document), {"if_match_etag": version})
    )
    ids = [*(DELTA_PREFIX + delta.delta_id for delta in deltas), *erased]
    return [write, *(("delete", (item,)) for item in ids)]


def matching(query: EventQuery, low: str, high: str) -> tuple[str, Parameters]:
    """Return the WHERE clause for the query's organisation and events with low <= key < high."""
    values: dict[str, Any] = {"@org": query.org_id, "@low": low, "@high": high}
    clauses = ["c.org_id = @org", "c.id >= @low", "c.id < @high"]
    if query.user_id is not None:
        values["@user"] = query.user_id
        clauses.append("c.user_id = @user")
    if query.event_types:
        names = {f"@type{i}": name for i, name in enumerate(query.event_types)}
        values |= names
        clauses.append(f"c.event_type IN ({', '.join(names)})")
    return " AND ".join(clauses), parameters(**values)


def parameters(**values: object) -> Parameters:
    """Return query parameters in the SDK's format.

    The names of the keyword arguments are the query parameters' names without the @.
    """
    return [{"name": f"@{name.lstrip('@')}", "value": value} for name, value in values.items()]
