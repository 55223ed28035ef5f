"""Validation, expiry and serialisation of items."""

import orjson

from cosmos_emulator.containers import Container, is_ttl
from cosmos_emulator.errors import bad_request, too_large
from cosmos_emulator.partitions import Key
from cosmos_emulator.query.values import LEVELS_MAX, Json, is_object, is_too_deep

ITEM_BYTES_MAX = 2 * 1024 * 1024
INVALID_TTL = "The input ttl is invalid: it must be -1 or a positive integer."
TOO_DEEP = f"The item has more than {LEVELS_MAX} levels of nested arrays and objects."
ID_BYTES_MAX = 1_023
ID_FORBIDDEN = frozenset("/\\?#")
SYSTEM_PROPERTIES = ("_rid", "_self", "_etag", "_attachments", "_ts", "_lsn")


def check_document(document: Json, container: Container, key: Key) -> None:
    """Raise 400 if a document can't be stored under this partition key."""
    if not is_object(document):
        raise bad_request("The input content is invalid because it is not a JSON object.")
    check_id(document.get("id"))
    if "ttl" in document and not is_ttl(document["ttl"]):
        raise bad_request(INVALID_TTL)
    if not container.partition_key.matches(document, key):
        raise bad_request(
            "PartitionKey extracted from document doesn't match the one specified in the header.",
            substatus=1001,
        )


def check_id(identifier: Json) -> None:
    """Raise 400 unless an id has 1 to 1,023 bytes, no `/`, `\\`, `?` or `#`, and no final space."""
    if not isinstance(identifier, str) or not identifier:
        raise bad_request(
            "The input content is invalid because the required property - 'id; ' - is missing."
        )
    if len(identifier.encode()) > ID_BYTES_MAX:
        raise bad_request(
            "The input id is invalid. Ensure to provide a unique non-empty string less than '1024'"
            " characters."
        )
    if not ID_FORBIDDEN.isdisjoint(identifier) or identifier[-1] == " ":
        raise bad_request("The input id contains illegal characters.")


def expiry(document: dict[str, Json], default_ttl: int | None, written_at: int) -> int | None:
    """Return the expiry time of an item in seconds, or None. Raises 400 for an invalid `ttl`."""
    if default_ttl is None:
        return None
    ttl = document.get("ttl")
    if ttl is None:
        ttl = default_ttl
    if not is_ttl(ttl):  # in an item of a version that accepted any value
        raise bad_request(INVALID_TTL)
    return None if ttl == -1 else written_at + ttl


def serialise(document: dict[str, Json]) -> bytes:
    """Return a document as JSON without system properties.

    Raises 413 for more than 2 MB of JSON, and 400 for too many levels.
    """
    for name in SYSTEM_PROPERTIES:
        document.pop(name, None)
    try:
        text = orjson.dumps(document)
    except orjson.JSONEncodeError:  # more than 254 levels
        raise bad_request(TOO_DEEP) from None
    if text.count(b"[") + text.count(b"{") > LEVELS_MAX and is_too_deep(document):
        raise bad_request(TOO_DEEP)
    if len(text) > ITEM_BYTES_MAX:
        raise too_large()
    return text
