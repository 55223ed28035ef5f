"""DOCUMENTID: https://learn.microsoft.com/azure/cosmos-db/nosql/query/documentid."""

import base64
import binascii

from cosmos_emulator.query.functions.function import Function, any_values
from cosmos_emulator.query.values import UNDEFINED, Value, is_object

ITEM_OFFSET = 8  # in a resource id, the item's number follows those of the database and container
ITEM_LENGTH = 16


def _document_id(item: Value) -> Value:
    """Return the number of an item, which is unique within its container."""
    rid = item.get("_rid") if is_object(item) else None
    try:
        raw = base64.b64decode(rid, b"+-") if isinstance(rid, str) else b""
    except binascii.Error:
        raw = b""
    return int.from_bytes(raw[ITEM_OFFSET:], "big") if len(raw) == ITEM_LENGTH else UNDEFINED


FUNCTIONS: dict[str, Function] = {"DOCUMENTID": any_values(_document_id)}
