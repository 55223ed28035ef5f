"""Reads events from CSV or NDJSON, plain or gzipped, row by row; bad rows become rejections.

A JSON event goes out with the very text that came in, so that no number changes on the way.
"""

import csv
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from hashlib import sha256
from io import BufferedReader, TextIOWrapper
from pathlib import Path
from typing import Any, cast

import orjson

from api.cli.errors import Failure

GZIP_MAGIC = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
LINE_BYTES_MAX = 1024 * 1024  # an event may have 32 KiB: what is longer is no line of events
RAW_CHARACTERS_MAX = 1000  # of a rejected row, for the report
type Stream = BufferedReader | GzipFile

EVENT_COLUMNS = ("event_id", "org_id", "user_id", "event_type", "timestamp")


@dataclass(frozen=True, slots=True)
class Row:
    """One event to send: `event` is JSON, `line` is where it starts in the file, from 1."""

    line: int
    org_id: str | None
    event: bytes


@dataclass(frozen=True, slots=True)
class Rejected:
    line: int
    reason: str
    row: str


class RowError(ValueError):
    """Why a row cannot be sent."""


class RowReader:
    """The rows of a file, lazily; `position` and `size` are in bytes of the file on disk."""

    def __init__(self, path: Path) -> None:
        self.size = path.stat().st_size
        self._path = path
        self._file: BufferedReader | None = None

    @property
    def position(self) -> int:
        return self._file.tell() if self._file else self.size

    def __iter__(self) -> Iterator[Row | Rejected]:
        """Raises Failure for a file that is neither CSV nor NDJSON, or whose gzip is damaged."""
        with self._path.open("rb") as self._file:
            try:
                yield from self._read(self._file)
            except (EOFError, BadGzipFile, zlib.error) as error:
                raise Failure(f"{self._path} is damaged gzip: {error}") from error
        self._file = None

    def _read(self, file: BufferedReader) -> Iterator[Row | Rejected]:
        packed = file.peek(2).startswith(GZIP_MAGIC)
        stream = GzipFile(fileobj=file) if packed else file
        start = stream.peek(64).removeprefix(BOM).lstrip()[:1]
        if start == b"[":
            raise Failure(
                f"{self._path} is a JSON array. Write one event per line, for instance with "
                f"`jq -c '.[]' {self._path}`."
            )
        return read_ndjson(stream) if start in (b"{", b"") else read_csv(stream)


def read_ndjson(stream: Stream) -> Iterator[Row | Rejected]:
    for number, line in enumerate(lines(stream), 1):
        if not (text := line.removeprefix(BOM if number == 1 else b"").strip()):
            continue
        try:
            yield make_row(number, text, parse_object(text))
        except RowError as error:
            yield Rejected(number, str(error), text[:RAW_CHARACTERS_MAX].decode(errors="replace"))


def lines(stream: Stream) -> Iterator[bytes]:
    """Lines of any length in bounded memory: of an endless one, a piece that is too long."""
    while line := stream.readline(LINE_BYTES_MAX + 1):
        rest = line
        while len(rest) > LINE_BYTES_MAX and not rest.endswith(b"\n"):
            rest = stream.readline(LINE_BYTES_MAX + 1)
        yield line


def read_csv(stream: Stream) -> Iterator[Row | Rejected]:
    # Bytes that are no UTF-8 survive as lone surrogates and are refused with their row.
    with TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="") as text:
        reader = csv.reader(text, strict=True)
        header = next(reader, list[str]())
        while True:
            line, cells = reader.line_num + 1, list[str]()
            try:
                if (cells := next(reader, None)) is None:
                    return
                if cells:
                    yield csv_row(line, header, cells)
            except (csv.Error, RowError) as error:
                raw = ",".join(cells or ())[:RAW_CHARACTERS_MAX]
                yield Rejected(line, str(error), raw.encode(errors="replace").decode())


def csv_row(line: int, header: list[str], cells: list[str]) -> Row:
    """The row of a CSV record: columns that no event has become properties; empty cells nothing."""
    if len(cells) != len(header):
        raise RowError(f"has {len(cells)} cells where the header has {len(header)}")
    values = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
    return make_row(line, csv_event(values, has_properties="properties" in header), values)


def csv_event(values: Mapping[str, str], *, has_properties: bool) -> bytes:
    """Return the event of a row. `source` is a field of the event only beside `properties`.

    That is how `analytics export` writes it. In other files it is a property, such as a campaign.
    """
    names = (*EVENT_COLUMNS, "source") if has_properties else EVENT_COLUMNS
    event = {name: values[name] for name in names if name in values}
    extra = {n: v for n, v in values.items() if n not in (*names, "properties")}
    properties = values.get("properties", "{}").encode(errors="surrogateescape")
    parse_object(properties, "properties: ")
    return dump(event | {"properties": orjson.Fragment(add_members(properties, extra))})


def make_row(line: int, event: bytes, fields: Mapping[str, Any]) -> Row:
    """Check what the import itself relies on; the rest is for the API to judge."""
    org_id = fields.get("org_id")
    if org_id is not None and not (isinstance(org_id, str) and org_id):
        raise RowError("org_id must be text")
    if not fields.get("timestamp"):
        raise RowError("has no timestamp: say when it happened, as 2026-01-31T09:30:00Z")
    if fields.get("event_id") is None:
        event = add_members(event, {"event_id": derive_event_id(line, event)})
    return Row(line, org_id, event)


def derive_event_id(line: int, event: bytes) -> str:
    """The same for the same row on the same line, so that a second import adds nothing."""
    return f"row-{sha256(b'%d\n%b' % (line, event)).hexdigest()[:32]}"


def parse_object(text: bytes, prefix: str = "") -> dict[str, Any]:
    if len(text) > LINE_BYTES_MAX:
        raise RowError(f"{prefix}is longer than {LINE_BYTES_MAX:,} bytes")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RowError(f"{prefix}is not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise RowError(f"{prefix}is not a JSON object")
    return cast("dict[str, Any]", value)


def add_members(json_object: bytes, members: Mapping[str, object]) -> bytes:
    """The text of an object with members added behind its own; the last of a name wins."""
    if not members:
        return json_object
    head = json_object.rstrip()[:-1].rstrip()
    return head + (b"" if head.endswith(b"{") else b",") + dump(members)[1:]


def dump(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise RowError("is not valid UTF-8") from error
