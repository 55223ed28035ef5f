"""Deltas and rollups as documents beside the events of their day, in every store."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from api.domain.origins import origin_in
from api.domain.rollups import Delta, Rejected, Rollup, check_delta
from api.stores.records import Document, encode_rollup, reject_document

ROLLUP_ID = "rollup"  # one a day; sorts behind all event keys, as deltas do
DELTA_PREFIX = "delta~"


def delta_document(delta: Delta) -> Document:
    return {
        "id": DELTA_PREFIX + delta.delta_id,
        "type": "delta",
        "org_id": delta.org_id,
        "day": delta.day,
        "counts": delta.counts,
        "users": b64encode(delta.users).decode(),
        "trusted_types": sorted(delta.trusted_types),
        **(delta.origin.as_fields() if delta.origin else {}),
    }


def delta_from(document: Mapping[str, Any]) -> Delta | Rejected:
    """The delta, or why the document is none."""
    try:
        delta = Delta(
            org_id=document["org_id"],
            day=document["day"],
            delta_id=document["id"].removeprefix(DELTA_PREFIX),
            counts=document["counts"],
            users=b64decode(document["users"], validate=True),
            # A delta from before events had a source has none: its events are stored as trusted.
            trusted_types=frozenset(document.get("trusted_types", document["counts"])),
            origin=origin_in(document),
        )
        return check_delta(delta)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return reject_document(document, repr(error))


def rollup_document(rollup: Rollup) -> Document:
    origin = rollup.origin.as_fields() if rollup.origin else {}
    return encode_rollup(rollup) | {"id": ROLLUP_ID, "type": "rollup"} | origin
