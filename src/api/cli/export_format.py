"""The two file formats of exports, which `analytics import` can read."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO
from typing import Any

import orjson

COLUMNS = ("event_id", "org_id", "user_id", "event_type", "timestamp", "source", "received_at")


# Spreadsheets execute cells with these prefixes as formulas. Some spreadsheets ignore leading
# spaces and control characters, and some accept full-width signs (the last four prefixes).
_FORMULA_STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    " ",
    "\uff1d",
    "\uff0b",
    "\uff0d",
    "\uff20",
)


class Format(StrEnum):
    NDJSON = "ndjson"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Encoding:
    """A file format. Set `escapes_formulas` for a CSV file that will be opened in a spreadsheet."""

    format: Format
    escapes_formulas: bool = False

    def encode(self, events: Sequence[Mapping[str, Any]], *, header: bool) -> bytes:
        """Return one line per event.

        If `header` is true, CSV output begins with the column names.
        """
        if self.format is Format.NDJSON:
            return b"".join(orjson.dumps(event) + b"\n" for event in events)
        text = StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        if header:
            writer.writerow((*COLUMNS, "properties"))
        for event in events:
            properties = orjson.dumps(event["properties"]).decode()
            writer.writerow((*(self._cell(event.get(name)) for name in COLUMNS), properties))
        return text.getvalue().encode()

    def _cell(self, text: str | None) -> str | None:
        return escape_formula(text) if self.escapes_formulas and text else text


def escape_formula(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would execute as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
