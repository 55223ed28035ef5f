"""`analytics import` reads or reports every row of any file."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from api.cli.errors import Failure
from api.cli.row_reader import RowReader
from api.cli.rows import RejectedRow, Row
from tests.cli.conftest import make_events
from tests.fuzz.amount import FUZZ

NAME = Path("events.csv")
COLUMNS = ("event_id", "user_id", "event_type", "timestamp", "note")
CELLS = st.text('ab ",;\n\r\t\0é😀\ud83d=', max_size=8)
QUOTES = st.lists(
    st.tuples(st.integers(0, 19), st.integers(0, 4), st.sampled_from(["start", "end"])),
    max_size=8,
)


def read(content: bytes) -> list[Row | RejectedRow]:
    with io.BytesIO(content) as file:
        return list(RowReader(file, NAME))


def table(count: int, first: int, note: str = "n") -> list[list[str]]:
    """Return rows of events. `first` is the index of the column that comes first."""
    rows = [
        [str((event | {"note": note})[name]) for name in COLUMNS] for event in make_events(count)
    ]
    return [[row[first], *row[:first], *row[first + 1 :]] for row in [list(COLUMNS), *rows]]


@FUZZ
@given(QUOTES, st.integers(0, 4))
@example([(3, 0, "start"), (4, 0, "end")], 0)
@example([(3, 4, "start"), (9, 4, "end")], 0)
@example([(3, 2, "start"), (3, 2, "start")], 1)
def test_every_row_is_read_or_reported_despite_stray_quotes(
    quotes: list[tuple[int, int, str]], first: int
):
    rows = table(20, first)
    for number, column, place in quotes:
        cell = rows[number + 1][column]
        rows[number + 1][column] = f'"{cell}' if place == "start" else f'{cell}"'
    found = read("\n".join(",".join(row) for row in rows).encode())

    assert [row.line for row in found] == list(range(2, 22))


@FUZZ
@given(st.lists(CELLS, min_size=1, max_size=6), st.sampled_from(",;\t|"), st.integers(0, 4))
def test_the_output_of_a_csv_writer_is_read_correctly(notes: list[str], delimiter: str, first: int):
    notes = [note.replace("\ud83d", "").replace("\0", "") for note in notes]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(table(1, first)[0])
    writer.writerows(table(1, first, note)[1] for note in notes)
    events = [
        json.loads(row.event) for row in read(text.getvalue().encode()) if isinstance(row, Row)
    ]

    assert [event["properties"].get("note", "") for event in events] == notes


@FUZZ
@given(
    st.binary(max_size=300),
    st.sampled_from([bytes, gzip.compress]),
    st.sampled_from([b"", b"{", b"user_id,event_type,timestamp\n"]),
)
@example(b"\x1f\x8b", bytes, b"")
@example(b'{"timestamp": 1, "a": ' + b"[" * 300 + b"]" * 300 + b"}", bytes, b"")
def test_any_bytes_give_rows_rejections_or_a_readable_error(
    content: bytes, pack: Callable[[bytes], bytes], head: bytes
):
    content = head + content
    try:
        lines = [row.line for row in read(pack(content))]
    except Failure as failure:
        found = failure.message
    else:
        found = str(NAME)
        assert lines == sorted(set(lines))

    assert str(NAME) in found


@FUZZ
@given(
    st.lists(st.dictionaries(CELLS, st.integers() | CELLS | st.floats(), max_size=3), max_size=8),
    st.data(),
)
def test_ids_do_not_depend_on_other_rows(events: list[dict[str, object]], data: st.DataObject):
    rows = [json.dumps({"timestamp": "t", **event}) for event in events]
    rows = [
        row for row in rows if "\\ud83d" not in row and "NaN" not in row and "Infinity" not in row
    ]

    def ids(lines: list[str]) -> list[tuple[str, str]]:
        found = [row for row in read("\n".join(lines).encode()) if isinstance(row, Row)]
        return sorted(
            (line, json.loads(row.event)["event_id"])
            for line, row in zip(lines, found, strict=True)
        )

    subset = sorted(data.draw(st.lists(st.sampled_from(rows), unique=True))) if rows else []
    from_all = [one for one in ids(rows) if one[0] in subset]
    from_subset = ids([row for row in rows if row in subset])

    assert from_subset == from_all
    assert len({one for _, one in from_subset}) == len(from_subset)
