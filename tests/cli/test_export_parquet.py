"""`analytics export --parquet` writes a Parquet file per day, even after interruptions."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from api.cli import export_journal, export_parquet
from api.lake.rows import SCHEMA
from tests.cli.conftest import Run
from tests.cli.fake_api import FakeApi


class Killed(BaseException):
    """The end of a process that was killed."""


@pytest.fixture
def events(api: FakeApi) -> list[dict[str, Any]]:
    """Store 700 events of org_acme in the fake API and return them.

    The first day has more than two pages of events, the second has none, and the last five days
    share two pages.
    """
    start = datetime(2026, 11, 1, tzinfo=UTC)
    hours = [n / 25 for n in range(500)] + [48 + n * 0.6 for n in range(200)]
    events = [
        {
            "event_id": f"e{n:04}",
            "org_id": "org_acme",
            "user_id": f"u{n % 7}",
            "event_type": "007" if n % 2 else "page_viewed",
            "timestamp": f"{start + timedelta(hours=hour):%Y-%m-%dT%H:%M:%S.%fZ}",
            "source": "public" if n % 3 else "trusted",
            "properties": {
                "n": n,
                "text": 'é 😀 "\\\u0000\n',
                "deep": [1, 2.50, None, {"a": True}],
            },
            "received_at": None if n % 5 else f"2026-11-20T00:00:00.{n:06}Z",
            **({"clock_skew_ms": -n} if n % 10 == 0 else {}),
        }
        for n, hour in enumerate(hours)
    ]
    for event in events:
        api.events["org_acme"][event["timestamp"], event["event_id"]] = event
    return events


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "events [1]"  # characters of a pattern


def command(api: FakeApi, folder: Path, *options: object) -> list[object]:
    where = ["--org", "org_acme", "--url", api.url, "--from", "2026-11-01", "--to", "2026-11-20"]
    return ["export", "--parquet", folder, *where, *options]


def files(folder: Path) -> list[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(map(str, found))


def contents(folder: Path) -> list[dict[str, Any]]:
    """Return the events of all files, in the form in which the API returns them."""
    found = list[dict[str, Any]]()
    for name in sorted(map(str, folder.glob("day=*/events.parquet"))):
        with Path(name).open("rb") as file:
            found += pl.read_parquet(file).to_dicts()
    return [_event(row) for row in found]


def _event(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: _text(row[name]) for name in ("timestamp", "received_at")}
    event = {**row, **times, "properties": json.loads(row["properties"])}
    return {name: value for name, value in event.items() if value or name != "clock_skew_ms"}


def _text(moment: datetime | None) -> str | None:
    return moment and f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def expected(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in each.items() if v or k != "clock_skew_ms"} for each in events]


def test_every_day_with_events_has_a_file(api: FakeApi, run: Run, folder: Path, events: list):
    result = run(*command(api, folder))

    assert result.exit_code == 0, result.stderr
    days = sorted({event["timestamp"][:10] for event in events})
    assert files(folder) == [f"day={day}/events.parquet" for day in days]
    assert contents(folder) == expected(events)
    assert "700 events from 2026-11-01T00:00:00.000000Z to" in result.stderr
    assert result.stderr.rstrip().endswith(f"in {len(days)} files")
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.usefixtures("events")
def test_columns_have_the_names_and_types_of_the_lake(api: FakeApi, run: Run, folder: Path):
    run(*command(api, folder))

    with (folder / "day=2026-11-01" / "events.parquet").open("rb") as file:
        schema = pl.read_parquet_schema(file)
    moment = pl.Datetime("us", "UTC")
    assert schema == {
        "timestamp": moment,
        "event_id": pl.String,
        "org_id": pl.String,
        "event_type": pl.String,
        "user_id": pl.String,
        "source": pl.String,
        "properties": pl.String,
        "received_at": moment,
        "clock_skew_ms": pl.Int64,
    }
    assert set(SCHEMA.names) - set(schema) == {"day", "schema_version"}


def test_no_events_are_an_empty_folder(api: FakeApi, run: Run, folder: Path):
    result = run(*command(api, folder))

    assert "0 events" in result.stderr
    assert "in 0 files" in result.stderr
    assert files(folder) == []


def test_a_failed_export_is_resumed(api: FakeApi, run: Run, folder: Path, events: list):
    api.faults.extend([None, None, *["drop"] * 50])

    failed = run(*command(api, folder, "--patience", 0.2))
    api.faults.clear()
    before = len(api.queries)
    resumed = run(*command(api, folder, "--patience", 0.2))

    assert failed.exit_code == 2
    assert "Run the same command again to resume" in failed.stderr
    assert resumed.exit_code == 0, resumed.stderr
    assert len(api.queries) - before == 2
    assert contents(folder) == expected(events)


def steps(monkeypatch: pytest.MonkeyPatch, kill_at: int) -> Iterator[int]:
    """Kill the process before the step with this number. Yield the number of each step.

    A step writes lines, saves the journal, converts a day, or deletes a file.
    """
    taken = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            nonlocal taken
            taken += 1
            if taken == kill_at:
                raise Killed
            return function(*arguments, **options)

        return step

    target, journal = export_parquet.ParquetTarget, export_journal.ExportJournal
    for owner, name in (
        (target, "_append"),
        (target, "_write_day"),
        (journal, "save"),
        (journal, "finish"),
        (Path, "unlink"),
        (Path, "replace"),
    ):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    while True:
        yield taken


@pytest.mark.parametrize(
    "first", [1, *(pytest.param(n, marks=pytest.mark.full) for n in (2, 3, 4))]
)
def test_an_export_that_is_killed_at_any_step_is_resumed(
    api: FakeApi,
    run: Run,
    tmp_path: Path,
    events: list,
    monkeypatch: pytest.MonkeyPatch,
    first: int,
):
    """Kill the export at each fourth step from the first one."""
    with monkeypatch.context() as patch:
        taken = steps(patch, kill_at=0)
        next(taken)
        run(*command(api, tmp_path / "whole"))
        count = next(taken)
    assert count > 30

    for kill_at in range(first, count + 1, 4):
        folder = tmp_path / f"killed-{kill_at}"
        with monkeypatch.context() as patch:
            next(steps(patch, kill_at=kill_at))
            with pytest.raises(Killed):
                run(*command(api, folder))
        for lines in sorted(folder.glob(".*.ndjson"))[-1:]:  # a part of the next page
            lines.write_bytes(lines.read_bytes() + b'{"half a line')
        is_complete = not journal_of(folder).exists() and any(folder.glob("day=*"))
        resumed = run(*command(api, folder))

        assert resumed.exit_code == (2 if is_complete else 0), (kill_at, resumed.stderr)
        found = [name for name in files(folder) if name.endswith("/events.parquet")]
        assert found == files(tmp_path / "whole"), kill_at
        assert contents(folder) == expected(events), kill_at
        assert is_complete or files(folder) == found, kill_at


def journal_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.journal")


def test_lines_of_a_page_that_is_not_in_the_journal_are_forgotten(
    api: FakeApi, run: Run, folder: Path, events: list
):
    """An event may have been erased since."""
    api.faults.extend([None, None, *["drop"] * 50])
    run(*command(api, folder, "--patience", 0.2))
    api.faults.clear()
    with (folder / ".2026-11-01.ndjson").open("a") as lines:
        lines.write("{}")
    (folder / ".2026-11-02.ndjson").write_text("{}")

    run(*command(api, folder, "--patience", 0.2))

    assert contents(folder) == expected(events)


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize("damage", ["shortened", "deleted"])
def test_an_export_whose_lines_are_truncated_is_not_resumed(
    api: FakeApi, run: Run, folder: Path, damage: str
):
    api.faults.extend([None, *["drop"] * 50])
    run(*command(api, folder, "--patience", 0.2))
    api.faults.clear()
    lines = folder / ".2026-11-01.ndjson"
    if damage == "deleted":
        lines.unlink()
    else:
        lines.write_bytes(lines.read_bytes()[:100])
    result = run(*command(api, folder, "--patience", 0.2))

    assert result.exit_code == 2
    assert "delete the journal to start over" in result.stderr


@pytest.mark.usefixtures("events")
def test_a_folder_with_files_is_refused(api: FakeApi, run: Run, folder: Path):
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")

    result = run(*command(api, folder))

    assert result.exit_code == 2
    assert "is not empty. Name a new folder." in result.stderr
    assert files(folder) == ["notes.txt"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["out.csv"], "Name one destination"),
        (["--to-postgres", "dbname=x"], "Name one destination"),
        (["--format", "csv"], "--format is only for files."),
        (["--escape-formulas"], "--escape-formulas requires --format csv."),
    ],
)
def test_options_of_other_destinations_are_refused(
    api: FakeApi, run: Run, folder: Path, options: list[str], message: str
):
    result = run(*command(api, folder, *options))

    assert result.exit_code == 2
    assert message in result.stderr
    assert not folder.exists()


def test_a_missing_duckdb_is_reported(
    api: FakeApi, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "api.lake.day_files", None)

    result = run(*command(api, folder))

    assert "Parquet needs DuckDB: install acme-analytics[insights]." in result.stderr
