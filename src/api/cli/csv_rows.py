"""Read rows from a CSV file so that a stray quote affects only one row."""

import csv
import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedIOBase, TextIOWrapper
from typing import BinaryIO, cast

import orjson

from api.cli.errors import UnusableFile
from api.cli.rows import (
    LINE_BYTES_MAX,
    RejectedRow,
    Row,
    RowError,
    RowIds,
    add_members,
    dump,
    excerpt,
    make_row,
    parse_object,
)
from api.domain.times import parse_timestamp

EVENT_COLUMNS = ("event_id", "org_id", "user_id", "event_type", "timestamp")
REQUIRED_COLUMNS = {"user_id", "event_type", "timestamp"}
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # the first line of Excel's CSV files
_NAMES_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a CSV file and the format of its records."""

    columns: Sequence[str]
    delimiter: str
    skips_spaces: bool  # after each delimiter

    def parse(self, lines: Iterator[str]) -> list[str]:
        """Return the cells of the next record. Raises csv.Error."""
        return next(
            csv.reader(
                lines,
                delimiter=self.delimiter,
                skipinitialspace=self.skips_spaces,
                strict=True,
            ),
            list[str](),
        )


class CsvRows:
    """The rows of a CSV stream. If a record is invalid, only its first line is rejected.

    A quote that is closed too late, or never, could turn many lines into one cell. Therefore, a
    record that spans several lines is rejected if its closing quote is missing or misplaced, or if
    a line within the quote is a complete row.

    Raises UnusableFile if the header lacks columns that events require.
    """

    def __init__(self, stream: BufferedIOBase, name: str) -> None:
        # Invalid UTF-8 is decoded to lone surrogates, and the row that contains it is rejected.
        buffer = cast("BinaryIO", stream)
        self._text = TextIOWrapper(buffer, "utf-8-sig", errors="surrogateescape", newline="")
        self._name = name
        self._returned = deque[str]()
        self._line = 0  # the number of the last line that was read
        self._ids = RowIds()
        try:
            self._header = self._read_header()
        except UnusableFile:
            self._text.detach()
            raise
        self._timestamp = self._header.columns.index("timestamp")

    def __iter__(self) -> Iterator[Row | RejectedRow]:
        try:
            while line := self._take_line():
                if line.strip("\r\n"):
                    yield self._read_row(line)
        finally:
            self._text.detach()  # the caller closes the stream

    def _take_line(self) -> str:
        line = self._returned.popleft() if self._returned else self._text.readline(_LIMIT)
        rest = line
        while len(rest) == _LIMIT and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(_LIMIT)
        self._line += bool(line)
        return line

    def _return_lines(self, lines: Sequence[str]) -> None:
        self._returned.extendleft(reversed(lines))
        self._line -= len(lines)

    def _read_header(self) -> Header:
        delimiters = "".join(DELIMITERS)
        while (line := self._take_line()) and not line.strip():
            pass
        if separator := _SEPARATOR_LINE.fullmatch(line.strip("\r\n")):
            delimiters, line = separator[1], self._take_line()
        return find_header(line, delimiters, f"{self._name}, line {max(self._line, 1)}")

    def _read_row(self, line: str) -> Row | RejectedRow:
        number, taken = self._line, [line]
        try:
            cells = self._read_cells(taken)
        except (csv.Error, RowError) as error:
            self._return_lines(taken[1:])
            return RejectedRow(number, _in_words(error), excerpt(line.rstrip("\r\n")))
        try:
            return csv_row(number, self._header.columns, cells, self._ids)
        except RowError as error:
            return RejectedRow(number, str(error), excerpt("".join(taken).rstrip("\r\n")))

    def _read_cells(self, taken: list[str]) -> list[str]:
        if len(taken[0]) == _LIMIT:
            raise RowError(f"is longer than {LINE_BYTES_MAX:,} characters")
        cells = self._header.parse(self._record(taken))
        if len(cells) != len(self._header.columns):
            expected = len(self._header.columns)
            raise RowError(f"has {len(cells)} cells where the header has {expected}")
        return cells

    def _record(self, taken: list[str]) -> Iterator[str]:
        """Yield the lines that may belong to the record, and append them to `taken`."""
        yield taken[0]
        if self._is_row_behind_quote(taken[0]):
            return
        size = len(taken[0])
        while line := self._take_line():
            taken.append(line)
            size += len(line)
            if size >= _LIMIT or self._is_row(line):
                return
            yield line

    def _is_row(self, line: str) -> bool:
        """Return whether the line would be a row with a timestamp if it weren't inside a quote.

        The last line of a multi-line record can look like a row, but its closing quote comes before
        the timestamp.
        """
        try:
            cells = self._header.parse(iter((line,)))
            parse_timestamp(cells[self._timestamp])
        except (csv.Error, ValueError, IndexError):
            return False
        is_closing = any('"' in cell for cell in cells[: self._timestamp + 1])
        return len(cells) == len(self._header.columns) and not is_closing

    def _is_row_behind_quote(self, line: str) -> bool:
        """Return whether the line is a row with a timestamp that follows the line's last quote.

        Quotes are ignored for this check. Such a line is a complete record, even if its last quote
        isn't closed.
        """
        plain, _, quoted = line.rpartition('"')
        try:
            cells = self._header.parse(iter(((plain + quoted).replace('"', ""),)))
            parse_timestamp(cells[self._timestamp])
        except (csv.Error, ValueError, IndexError):
            return False
        return len(cells) == len(self._header.columns) and cells[self._timestamp] in quoted


_LIMIT = LINE_BYTES_MAX + 1


def find_header(line: str, delimiters: str, where: str) -> Header:
    """Return the header in this line, with the first delimiter that gives a valid header.

    Raises UnusableFile if no delimiter gives a valid header, or if columns are repeated.
    """
    if not line:
        return Header(("timestamp",), ",", skips_spaces=False)  # an empty file has no rows
    found = [_split(line, delimiter) for delimiter in delimiters]
    header = next((one for one in found if set(one.columns) >= REQUIRED_COLUMNS), None)
    if header is None:
        raise _no_header(max(found, key=lambda one: len(one.columns)), where)
    counts = Counter(name for name in header.columns if name)
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise UnusableFile(f"{where} names these columns more than once: {', '.join(repeated)}.")
    return header


def _split(line: str, delimiter: str) -> Header:
    plain = Header((), delimiter, skips_spaces=True)
    try:
        cells = plain.parse(iter((line,)))
    except csv.Error:
        cells = [line]
    skips_spaces = any(part.startswith(" ") for part in line.split(delimiter)[1:])
    return Header([_column(cell) for cell in cells], delimiter, skips_spaces)


def _column(name: str) -> str:
    """Return the name of a column, ignoring case and spaces in the names of event fields."""
    plain = name.strip()
    known = plain.casefold().replace(" ", "_")
    return known if known in (*EVENT_COLUMNS, "properties") else plain


def _no_header(header: Header, where: str) -> UnusableFile:
    missing = sorted(REQUIRED_COLUMNS - set(header.columns))
    column, is_ = ("column", "is") if len(missing) == 1 else ("columns", "are")
    delimiter = DELIMITERS.get(header.delimiter, repr(header.delimiter))
    shown = ", ".join(repr(name[:40]) for name in header.columns[:_NAMES_SHOWN_MAX])
    try:
        "".join(header.columns).encode()
    except UnicodeEncodeError:
        return UnusableFile(f"{where} is not UTF-8. Convert the file to UTF-8.")
    return UnusableFile(
        f"{where} is not a header of events: the {column} {', '.join(missing)} {is_} missing. The "
        f"columns with the delimiter {delimiter} are: {shown}. A CSV file of events begins "
        f"with a header line: {', '.join(EVENT_COLUMNS)}, properties. "
        "Any other column becomes a property."
    )


def _in_words(error: csv.Error | RowError) -> str:
    text = str(error)
    if isinstance(error, RowError):
        return text
    if "unexpected end" in text:
        return "opens a quote that is not closed"
    if "expected after" in text:
        return "has text after a closing quote; write a quote within quotes twice"
    return f"is not valid CSV: {text}"


def csv_row(line: int, columns: Sequence[str], cells: Sequence[str], ids: RowIds) -> Row:
    """Return the row for a CSV record.

    Unknown columns become properties of the event. Empty cells are omitted.
    """
    values = {name: cell for name, cell in zip(columns, cells, strict=True) if cell}
    if "" in values:
        raise RowError("has a value in a column without a name")
    event = csv_event(values, has_properties="properties" in columns)
    return make_row(line, event, values, ids)


def csv_event(values: Mapping[str, str], *, has_properties: bool) -> bytes:
    """Return the event that a row describes.

    In a file with the column `properties`, which is the format of `analytics export`, the columns
    `source` and `received_at` are fields of the event. In other files, these columns are properties
    of the event.
    """
    names = (*EVENT_COLUMNS, "source", "received_at") if has_properties else EVENT_COLUMNS
    event = {name: values[name] for name in names if name in values}
    extra = {n: v for n, v in values.items() if n not in (*names, "properties")}
    properties = values.get("properties", "{}").encode(errors="surrogateescape")
    parse_object(properties, "properties: ")
    return dump(event | {"properties": orjson.Fragment(add_members(properties, extra))})
