"""Events as bytes of a file, in the two formats that `analytics import` reads."""

import csv
from collections.abc import Mapping, Sequence
from enum import StrEnum
from io import StringIO
from typing import Any

import orjson

COLUMNS = ("event_id", "org_id", "user_id", "event_type", "timestamp", "source")


class Format(StrEnum):
    NDJSON = "ndjson"
    CSV = "csv"


def encode(events: Sequence[Mapping[str, Any]], format_: Format, *, header: bool) -> bytes:
    """One line per event; `header`: CSV begins with its column names."""
    if format_ is Format.NDJSON:
        return b"".join(orjson.dumps(event) + b"\n" for event in events)
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    if header:
        writer.writerow((*COLUMNS, "properties"))
    for event in events:
        properties = orjson.dumps(event["properties"]).decode()
        writer.writerow((*map(event.get, COLUMNS), properties))
    return text.getvalue().encode()
