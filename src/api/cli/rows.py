"""Rows of a file: events to send, and rejected rows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

import orjson

LINE_BYTES_MAX = 1024 * 1024  # an event may have 32 KiB, so longer lines are invalid
RAW_CHARACTERS_MAX = 1000  # of a rejected row in the report


@dataclass(frozen=True, slots=True)
class Row:
    """An event to send.

    `event` is the JSON of the event. `line` is the number of the line where the event starts,
    counted from 1.
    """

    line: int
    org_id: str | None
    event: bytes


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is rejected, with the reason."""

    line: int
    reason: str
    row: str


class RowError(ValueError):
    """The reason why a row can't be sent."""


class RowIds:
    """Ids for rows without one, derived from the content and the number of earlier identical rows.

    A row keeps its id if other rows are removed or added, so importing a corrected file stores no
    event twice. For each row that has no id, about 100 bytes stay in memory.
    """

    def __init__(self) -> None:
        self._seen = Counter[bytes]()

    def derive(self, event: bytes) -> str:
        """Return the id of the next row with this content."""
        content = sha256(_canonical(event)).digest()
        occurrence = self._seen[content[:8]] = self._seen[content[:8]] + 1
        return f"row-{sha256(b'%d\n%b' % (occurrence, content)).hexdigest()[:32]}"


def _canonical(event: bytes) -> bytes:
    try:
        return orjson.dumps(orjson.loads(event), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # nested deeper than any event the API stores
        return event


def make_row(line: int, event: bytes, fields: Mapping[str, Any], ids: RowIds) -> Row:
    """Return the row. Check only the fields that the import uses; the API validates the others."""
    org_id = fields.get("org_id")
    if org_id is not None and not (isinstance(org_id, str) and org_id):
        raise RowError("org_id must be a string")
    if not fields.get("timestamp"):
        raise RowError("has no timestamp, such as 2026-01-31T09:30:00Z")
    if fields.get("event_id") is None:
        event = add_members(event, {"event_id": ids.derive(event)})
    return Row(line, org_id, event)


def parse_object(text: bytes, prefix: str = "") -> dict[str, Any]:
    """Return the JSON object in the text.

    Raises RowError with a message that begins with the prefix.
    """
    if len(text) > LINE_BYTES_MAX:
        raise RowError(f"{prefix}is longer than {LINE_BYTES_MAX:,} bytes")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RowError(f"{prefix}is not valid JSON at column {error.colno}") from error
    if not isinstance(value, dict):
        raise RowError(f"{prefix}is not a JSON object")
    return cast("dict[str, Any]", value)


def add_members(json_object: bytes, members: Mapping[str, object]) -> bytes:
    """Return the object's text with members appended.

    An appended member overrides an earlier member of the same name.
    """
    if not members:
        return json_object
    head = json_object.rstrip()[:-1].rstrip()
    return head + (b"" if head.endswith(b"{") else b",") + dump(members)[1:]


def dump(value: object) -> bytes:
    """Return the value as JSON. Raises RowError for text that is not valid UTF-8."""
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise RowError("is not valid UTF-8") from error


def excerpt(text: str) -> str:
    """Return the beginning of a rejected row, for the report."""
    return text[:RAW_CHARACTERS_MAX].encode(errors="replace").decode()
