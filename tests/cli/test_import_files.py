"""`analytics import` reads files from spreadsheets, shells and other systems."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from api.cli.row_reader import RowReader
from api.cli.rows import RejectedRow, Row
from tests.cli.conftest import Run, make_events
from tests.cli.fake_api import FakeApi
from tests.cli.test_import import read_rejected

COLUMNS = ("event_id", "org_id", "user_id", "event_type", "timestamp")


def csv_text(count: int, *, header: str = "", delimiter: str = ",", note: str = "") -> str:
    """Return a CSV file of events, optionally with a note in each row."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    columns = (*COLUMNS, "note") if note else COLUMNS
    for event in make_events(count):
        writer.writerow([{**event, "note": note}[name] for name in columns])
    return (header or delimiter.join(columns)) + "\n" + text.getvalue()


def rows_of(tmp_path: Path, content: bytes) -> list[Row | RejectedRow]:
    file = tmp_path / "events.csv"
    file.write_bytes(content)
    with file.open("rb") as opened:
        return list(RowReader(opened, file))


def reported(rows: list[Row | RejectedRow]) -> list[int]:
    return [row.line for row in rows if isinstance(row, RejectedRow)]


def stored(rows: list[Row | RejectedRow]) -> list[str]:
    return [json.loads(row.event)["event_id"] for row in rows if isinstance(row, Row)]


class TestStrayQuotes:
    """Every row is either stored or reported with its line number."""

    @pytest.mark.parametrize("note", ["plain", 'with "quotes" and, commas'])
    def test_an_unclosed_quote_rejects_only_its_row(self, tmp_path: Path, note: str):
        lines = csv_text(6000, note=note).splitlines()
        lines[1816] = lines[1816].replace("page_viewed", '"page_viewed')
        rows = rows_of(tmp_path, "\n".join(lines).encode())

        assert reported(rows) == [1817]
        assert stored(rows) == [f"e{n:06}" for n in range(6000) if n != 1815]

    def test_a_quote_closed_by_a_later_row_rejects_only_the_first_row(self, tmp_path: Path):
        lines = csv_text(50, note="55").splitlines()
        lines[10] = lines[10].removesuffix("55") + '"55'
        lines[20] += '"'
        rows = rows_of(tmp_path, "\n".join(lines).encode())

        assert reported(rows) == [11]
        assert stored(rows) == [f"e{n:06}" for n in range(50) if n != 9]

    def test_an_unclosed_quote_in_the_last_row_is_reported(self, tmp_path: Path):
        rows = rows_of(tmp_path, csv_text(3, note="n").encode() + b'e9,org_acme,u,"t,2026')

        assert reported(rows) == [5]
        assert len(stored(rows)) == 3

    @pytest.mark.parametrize("column", ["first", "last"])
    def test_text_over_several_lines_is_one_cell(self, tmp_path: Path, column: str):
        note = 'one\nline, and\n\n"another", 2026-11-01T00:00:00Z,\nlast'
        rows = rows_of(tmp_path, csv_text(3, note=note).encode())
        if column == "first":
            cells = list(csv.reader(csv_text(3, note=note).splitlines(keepends=True)))
            text = io.StringIO()
            csv.writer(text).writerows([row[-1:] + row[:-1] for row in cells])
            rows = rows_of(tmp_path, text.getvalue().encode())

        assert reported(rows) == []
        events = [json.loads(row.event) for row in rows if isinstance(row, Row)]
        assert [event["properties"]["note"] for event in events] == [note] * 3

    def test_lines_after_a_row_of_wrong_length_are_read_separately(self, tmp_path: Path):
        good = csv_text(2).splitlines()
        bad = 'e9,org_acme,u,t,2026-11-01T00:00:00Z,"more\ncells"'
        rows = rows_of(tmp_path, "\n".join([good[0], good[1], bad, good[2]]).encode())

        assert reported(rows) == [3, 4]
        assert stored(rows) == ["e000000", "e000001"]

    def test_a_cell_over_a_mebibyte_is_rejected(self, tmp_path: Path):
        text = csv_text(1) + 'e9,org_acme,u,"' + "x" * 100 + "\n" + "y,z\n" * 400_000
        rows = rows_of(tmp_path, text.encode())

        assert reported(rows) == list(range(3, 400_004))


class TestRowsWithoutIds:
    def without_ids(self, count: int) -> list[str]:
        events = [{k: v for k, v in e.items() if k != "event_id"} for e in make_events(count)]
        return [json.dumps(event) for event in events]

    def test_importing_a_corrected_file_adds_only_missing_events(
        self, api: FakeApi, run: Run, tmp_path: Path
    ):
        file = tmp_path / "events.ndjson"
        lines = self.without_ids(50)
        file.write_text("\n".join([*lines[:5], "{bad", *lines[5:]]))
        first = run("import", file, "--url", api.url)
        file.write_text("\n".join(lines))
        second = run("import", file, "--url", api.url)

        assert (first.exit_code, second.exit_code) == (1, 0)
        assert "created 0, duplicates 50" in second.stdout

    def test_importing_a_shifted_log_file_adds_only_new_events(
        self, api: FakeApi, run: Run, tmp_path: Path
    ):
        file = tmp_path / "events.ndjson"
        lines = self.without_ids(60)
        file.write_text("\n".join(lines[:50]))
        run("import", file, "--url", api.url)
        file.write_text("\n".join(lines[10:]))
        second = run("import", file, "--url", api.url)

        assert "created 10, duplicates 40" in second.stdout

    def test_equal_rows_are_separate_events(self, api: FakeApi, run: Run, tmp_path: Path):
        file = tmp_path / "events.csv"
        head, row = csv_text(1).replace("e000000", "").splitlines()
        file.write_text(f"{head}\n{row}\n{row}\n{row}")
        first = run("import", file, "--url", api.url)
        file.write_text(f"{head}\n{row}\n{row}")
        second = run("import", file, "--url", api.url)

        assert "created 3, duplicates 0" in first.stdout
        assert "created 0, duplicates 2" in second.stdout

    def test_a_journal_of_an_incompatible_version_is_refused(
        self, api: FakeApi, run: Run, tmp_path: Path
    ):
        file = tmp_path / "events.ndjson"
        file.write_text("\n".join(self.without_ids(300)))
        api.faults.extend([None, *["drop"] * 100])
        run("import", file, "--url", api.url, "--patience", 0.1)
        journal = file.with_name("events.ndjson.journal")
        journal.write_bytes(journal.read_bytes().replace(b'"format":2', b'"format":1'))
        api.faults.clear()
        result = run("import", file, "--url", api.url)

        assert result.exit_code == 2
        assert "delete the journal to start over" in " ".join(result.stderr.split())


class TestPipes:
    """Input that can be read only once is imported completely; the report has a fixed name."""

    def start(self, *arguments: object, **options: object) -> "subprocess.Popen[bytes]":
        code = "from api.cli import app; app()"
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", code, "import", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **options,  # pyright: ignore[reportArgumentType, reportCallIssue]
        )

    @pytest.mark.parametrize("name", ["/dev/stdin", "-"])
    def test_standard_input(self, api: FakeApi, tmp_path: Path, name: str):
        lines = [*map(json.dumps, make_events(250)), "{bad"]
        process = self.start(name, "--url", api.url, stdin=subprocess.PIPE, cwd=tmp_path)
        output, _ = process.communicate("\n".join(lines).encode())

        assert process.returncode == 1, output
        assert b"created 250, duplicates 0, rejected 1" in output
        assert api.stored == 250
        assert [path.name for path in tmp_path.iterdir()] == ["stdin.rejected.ndjson"]

    def test_a_fifo(self, api: FakeApi, tmp_path: Path):
        fifo = tmp_path / "events.ndjson"
        os.mkfifo(fifo)
        process = self.start(fifo, "--url", api.url)
        text = "\n".join(map(json.dumps, make_events(250)))
        writer = threading.Thread(target=fifo.write_text, args=[text])
        writer.start()
        output, _ = process.communicate(timeout=60)
        writer.join()

        assert process.returncode == 0, output
        assert b"created 250" in output


def zipped(path: Path) -> None:
    with ZipFile(path, "w") as archive:
        archive.writestr("events.csv", csv_text(3))


REFUSED: dict[str, tuple[bytes | Callable[[Path], None], str]] = {
    "headerless": (csv_text(3).partition("\n")[2].encode(), "'e000000', 'org_acme'"),
    "zip": (zipped, "zip archive"),
    "Parquet": (b"PAR1\0\0\0", "Parquet"),
    "UTF-16 with a byte order mark": (csv_text(3).encode("utf-16"), "UTF-16"),
    "UTF-16 without a byte order mark": (csv_text(3).encode("utf-16-le"), "UTF-16"),
    "NDJSON in UTF-16": (json.dumps(make_events(1)[0]).encode("utf-16-le"), "UTF-16"),
    "binary": (b"\x00\x00\x01\x02" * 100, "not a text file"),
    "not UTF-8": (b"\xe9v\xe9nement,a\n1,2\n", "not UTF-8"),
    "a repeated column": (
        csv_text(1, header="user_id,user_id,event_type,timestamp,x").encode(),
        "more than once: user_id",
    ),
    "columns that differ only in case": (
        csv_text(1, header="user_id,User ID,event_type,timestamp,x").encode(),
        "more than once: user_id",
    ),
    "only a user": (
        b"user_id,x\n1,2\n",
        "the columns event_type, timestamp are missing",
    ),
    "no time": (b"event_id,user_id,event_type\n1,2,3\n", "the column timestamp is missing"),
    "HTML": (b"<html>\n<body>\n", "delimiter comma"),
    "JSON text": (b'"event"\n', "not a header"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_without_events_is_refused_with_an_explanation(
    name: str, api: FakeApi, run: Run, tmp_path: Path
):
    content, said = REFUSED[name]
    file = tmp_path / "events.csv"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        content(file)
    result = run("import", file, "--url", api.url)

    assert result.exit_code == 2
    assert said in result.stderr
    assert "same command" not in result.stderr
    assert api.posts == []
    assert list(tmp_path.iterdir()) == [file]


READ = {
    "semicolons": csv_text(3, delimiter=";"),
    "tabs": csv_text(3, delimiter="\t"),
    "pipes": csv_text(3, delimiter="|"),
    "a separator line": "sep=;\n" + csv_text(3, delimiter=";"),
    "an unusual separator": "sep=~\r\n" + csv_text(3, delimiter="~").replace("\n", "\r\n"),
    "blank first lines": "\n  \n" + csv_text(3),
    "capitals and spaces": csv_text(3, header="Event ID, Org_Id ,USER_ID,event type,Timestamp"),
    "spaces after delimiters": csv_text(3).replace(",", ", "),
    "a byte order mark": "\ufeff" + csv_text(3),
    "lines that end with CR": csv_text(3).replace("\n", "\r"),
    "an empty last column": csv_text(3).replace("\n", ",\n"),
    "no newline at the end": csv_text(3).rstrip(),
}


@pytest.mark.parametrize("name", READ)
def test_a_csv_dialect_is_detected(name: str, tmp_path: Path):
    rows = rows_of(tmp_path, READ[name].encode())

    assert [json.loads(row.event) for row in rows if isinstance(row, Row)] == [
        event | {"properties": {}} for event in make_events(3)
    ]
    assert reported(rows) == []


@pytest.mark.parametrize(("path", "said"), [("missing.csv", "does not exist"), (".", "a folder")])
def test_a_path_that_is_not_a_file_is_refused(run: Run, path: str, said: str):
    result = run("import", path)

    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("content", [b"", b"\n\n", b"event_type,user_id,timestamp\n"])
def test_a_file_without_rows_has_no_rows(content: bytes, api: FakeApi, run: Run, tmp_path: Path):
    file = tmp_path / "events.csv"
    file.write_bytes(content)
    result = run("import", file, "--url", api.url)

    assert result.exit_code == 0
    assert "0 rows" in result.stdout


def test_batches_whose_journal_lines_are_damaged_are_sent_again(
    api: FakeApi, run: Run, tmp_path: Path
):
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(map(json.dumps, make_events(900))))
    api.faults.extend([*[None] * 5, *["drop"] * 100])
    run("import", file, "--url", api.url, "--patience", 0.1)
    journal = file.with_name("events.ndjson.journal")
    header, *entries = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(header + entries[0] + b"\0\0\0\n" + entries[-1])
    api.faults.clear()
    result = run("import", file, "--url", api.url)

    assert result.exit_code == 0
    assert "created 900, duplicates 0" in result.stdout
    assert api.stored == 900


def test_invalid_csv_rows_are_reported_with_their_text(api: FakeApi, run: Run, tmp_path: Path):
    file = tmp_path / "events.csv"
    file.write_text(csv_text(1) + 'e,org_acme,"u"x,t,2026-11-01T00:00:00Z\n')
    run("import", file, "--url", api.url)

    (rejected,) = read_rejected(file)
    assert rejected == {
        "line": 3,
        "reason": "has text after a closing quote; write a quote within quotes twice",
        "row": 'e,org_acme,"u"x,t,2026-11-01T00:00:00Z',
    }


def test_the_csv_example_in_the_documentation_can_be_imported(tmp_path: Path):
    documentation = (Path(__file__).parents[2] / "docs/cli.md").read_text()
    [example] = re.findall(r"```csv\n(user_id.*?)```", documentation, re.DOTALL)

    assert [type(row) for row in rows_of(tmp_path, example.encode())] == [Row, Row]
