"""Conversion of events, deltas and rollups to items of the table `events`, and back."""

from typing import Any

import orjson

from api.domain.events import DayBatch, Event, split_key
from api.domain.retention import leaves_at
from api.domain.rollups import Rollup, delta_of
from api.domain.user_hashes import UserKey
from api.stores.dynamodb_attributes import Attributes, from_attributes
from api.stores.dynamodb_tables import UNFOLDED_INDEX
from api.stores.records import Document, decode_optional_fields, optional_fields
from api.stores.rollup_documents import delta_document, rollup_document


def partition(org_id: str, day: str) -> str:
    return f"{org_id}#{day}"


def org_and_day(pk: str) -> tuple[str, str]:
    org_id, _, day = pk.rpartition("#")
    return org_id, day


def ttl_of(batch: DayBatch) -> int | None:
    """Return the time, in seconds since 1970, at which the events expire, or None for never."""
    return int(leaves_at(batch.frozen_from).timestamp()) if batch.frozen_from else None


def append_items(batch: DayBatch, key: UserKey) -> list[Document]:
    """Return the items that a batch writes in one transaction: its events and their delta."""
    delta = _keyed(delta_document(delta_of(batch, key)))
    events = [_event_item(event, batch) for event in batch.events]
    return [*events, delta | {UNFOLDED_INDEX: delta["pk"]}]


def rollup_item(rollup: Rollup, version: str) -> Document:
    return _keyed(rollup_document(rollup)) | {"version": version}


def event_of(item: Document) -> Event:
    timestamp, event_id, source = split_key(item["sk"])
    return Event(
        org_id=org_and_day(item["pk"])[0],
        event_id=event_id,
        event_type=item["event_type"],
        user_id=item["user_id"],
        timestamp=timestamp,
        source=source,
        properties=orjson.loads(item["properties"]),
        **decode_optional_fields(item),
    )


def document_of(item: Document) -> Document:
    """Return the document of a delta or rollup, in the format that all stores share."""
    return item | {"id": item["sk"]}


def changed_documents(records: list[dict[str, Any]]) -> list[Document]:
    """Return the documents that these stream records created or changed. Skip deletions."""
    images: list[Attributes | None] = [record["dynamodb"].get("NewImage") for record in records]
    return [document_of(from_attributes(image)) for image in images if image]


def _event_item(event: Event, batch: DayBatch) -> Document:
    return {
        "pk": partition(event.org_id, event.day),
        "sk": event.key,
        "type": "event",
        "event_type": event.event_type,
        "user_id": event.user_id,
        "properties": orjson.dumps(event.properties).decode(),
        "ingest_id": batch.ingest_id,
        "ttl": ttl_of(batch),
        **optional_fields(event),
    }


def _keyed(document: Document) -> Document:
    sk = document.pop("id")
    return {"pk": partition(document["org_id"], document["day"]), "sk": sk, **document}
