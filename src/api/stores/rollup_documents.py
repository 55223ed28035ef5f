"""The documents of deltas and rollups, which are stored with the events of their day."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from api.domain.events import TRUSTED
from api.domain.ingest_context import context_in
from api.domain.rollups import DeadLetter, Delta, Rollup, check_delta, rollup_of
from api.stores.records import Document, dead_letter_from_document, decode_counts, encode_counts

ROLLUP_ID = "rollup"  # one document per day; sorts after all event keys, as deltas do
DELTA_PREFIX = "delta~"


def delta_document(delta: Delta) -> Document:
    return {
        "id": DELTA_PREFIX + delta.delta_id,
        "type": "delta",
        "org_id": delta.org_id,
        "day": delta.day,
        "counts": delta.counts,
        "users": b64encode(delta.users).decode(),
        "users_key": delta.users_key,
        "source": delta.source,
        **{name: day for name, day in _optional_days(delta).items() if day},
        **(delta.context.as_fields() if delta.context else {}),
    }


def _optional_days(delta: Delta) -> Document:
    return {"received_on": delta.received_on, "frozen_from": delta.frozen_from}


def delta_from(document: Mapping[str, Any]) -> Delta | DeadLetter:
    """Return the delta, or a dead letter if the document isn't a valid delta."""
    try:
        delta = Delta(
            org_id=document["org_id"],
            day=document["day"],
            delta_id=document["id"].removeprefix(DELTA_PREFIX),
            counts=document["counts"],
            users=b64decode(document["users"], validate=True),
            users_key=document.get("users_key", ""),
            source=document.get("source", TRUSTED),  # events from before sources count as trusted
            received_on=document.get("received_on", ""),
            frozen_from=document.get("frozen_from", ""),
            context=context_in(document),
        )
        return check_delta(delta)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return dead_letter_from_document(document, repr(error))


def rollup_document(rollup: Rollup) -> Document:
    context = rollup.context.as_fields() if rollup.context else {}
    own = {"id": ROLLUP_ID, "type": "rollup", "sketch": b64encode(rollup.sketch).decode()}
    return encode_counts(rollup) | own | context


def decode_rollup(document: Mapping[str, Any]) -> Rollup:
    """Decode a rollup. Raises KeyError, TypeError or ValueError for an invalid document."""
    return rollup_of(
        decode_counts(document),
        sketch=b64decode(document["sketch"]),
        context=context_in(document),
    )
