"""`analytics export` writes every event once and in order, even after interruptions."""

import csv
import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest

from api.app import create_app
from api.settings import Settings
from tests.cli.conftest import Run, make_events
from tests.cli.fake_api import FakeApi, serve

RANGE = ("--from", "2026-11-01", "--to", "2026-11-20")


@pytest.fixture
def events(api: FakeApi) -> list[dict[str, object]]:
    """Store 1,050 events of org_acme in the fake API and return them."""
    sources = cycle(("trusted", "public"))
    more = {"org_id": "org_acme", "received_at": "2026-11-20T00:00:00.123456Z"}
    events = [e | more | {"source": next(sources)} for e in make_events(1050)]
    for event in events:
        api.events["org_acme"][event["timestamp"], event["event_id"]] = event
    return events


def acme(count: int) -> list[dict[str, object]]:
    return [event | {"org_id": "org_acme"} for event in make_events(count)]


def test_ndjson_contains_every_event_in_order(api: FakeApi, run: Run, tmp_path: Path, events: list):
    out = tmp_path / "out.ndjson"

    result = run("export", out, "--org", "org_acme", "--url", api.url, *RANGE)

    assert result.exit_code == 0
    assert [json.loads(line) for line in out.read_text().splitlines()] == events
    assert "1,050 events from 2026-11-01" in result.stderr
    assert list(tmp_path.iterdir()) == [out]


def test_csv_contains_the_same_events(api: FakeApi, run: Run, tmp_path: Path, events: list):
    out = tmp_path / "out.csv"

    run("export", out, "--org", "org_acme", "--url", api.url, "--format", "csv", *RANGE)

    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row | {"properties": json.loads(row["properties"])} for row in rows] == events


def test_standard_output_contains_only_events(api: FakeApi, run: Run, events: list):
    result = run("export", "-", "--org", "org_acme", "--url", api.url, *RANGE)

    assert [json.loads(line) for line in result.stdout.splitlines()] == events


def test_filters_and_range_are_sent_to_the_api(api: FakeApi, run: Run, tmp_path: Path):
    filters = ["--type", "a", "--type", "b", "--user", "u1"]

    run("export", tmp_path / "out", "--org", "org_acme", "--url", api.url, *RANGE, *filters)

    assert api.queries == [
        {
            "order": ["asc"],
            "limit": ["200"],
            "start_date": ["2026-11-01T00:00:00.000000Z"],
            "end_date": ["2026-11-20T23:59:59.999999Z"],
            "event_type": ["a", "b"],
            "user_id": ["u1"],
        }
    ]


def test_all_events_are_exported_by_default(run: Run, tmp_path: Path):
    now = datetime.now(UTC)
    times = [datetime(1970, 1, 1, tzinfo=UTC), *(now + timedelta(hours=h) for h in (-2000, 0, 23))]
    events = [e | {"timestamp": t.isoformat()} for e, t in zip(acme(4), times, strict=True)]
    source, out = tmp_path / "in.ndjson", tmp_path / "out.ndjson"
    source.write_text("".join(json.dumps(event) + "\n" for event in events))

    with serve(create_app(Settings(data_dir=tmp_path / "data"))) as url:
        run("import", source, "--url", url)
        result = run("export", out, "--org", "org_acme", "--url", url)

    ids = [json.loads(line)["event_id"] for line in out.read_text().splitlines()]
    assert ids == [event["event_id"] for event in events]
    tomorrow = (now + timedelta(days=1)).date()
    assert result.stderr.splitlines()[-1] == f"4 events until {tomorrow}T23:59:59.999999Z"


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize(
    ("name", "options", "start"),
    [
        ("out.csv", (), "event_id,"),
        ("OUT.CSV", (), "event_id,"),
        ("out.csv", ("--format", "ndjson"), "{"),
        ("out.ndjson", ("--format", "csv"), "event_id,"),
        ("out", (), "{"),
    ],
)
def test_the_extension_selects_the_format_unless_the_option_does(
    api: FakeApi, run: Run, tmp_path: Path, name: str, options: tuple[str, ...], start: str
):
    run("export", tmp_path / name, "--org", "org_acme", "--url", api.url, *options)

    assert (tmp_path / name).read_text().startswith(start)


@pytest.mark.usefixtures("events")
def test_a_rejected_query_has_no_advice_to_resume(api: FakeApi, run: Run, tmp_path: Path):
    api.faults.append(403)
    command = ("export", tmp_path / "out", "--org", "org_acme", "--url", api.url)

    result = run(*command)

    assert result.exit_code == 2
    assert "same command" not in result.stderr


@pytest.mark.parametrize("format_", ["ndjson", "csv"])
@pytest.mark.usefixtures("events")
def test_an_exported_file_can_be_imported_unchanged(
    format_: str, api: FakeApi, run: Run, tmp_path: Path
):
    out = tmp_path / "out"
    run("export", out, "--org", "org_acme", "--url", api.url, "--format", format_, *RANGE)
    before = dict(api.events["org_acme"])

    known = run("import", out, "--url", api.url)
    api.events.clear()
    api.replies.clear()
    new = run("import", out, "--url", api.url)

    assert "created 0, duplicates 1,050" in known.stdout
    assert "created 1,050, duplicates 0" in new.stdout
    assert api.events["org_acme"] == before


def test_a_failed_export_is_resumed(api: FakeApi, run: Run, tmp_path: Path, events: list):
    out = tmp_path / "out.ndjson"
    arguments = ["export", out, "--org", "org_acme", "--url", api.url, "--patience", 0.2]
    api.faults.extend([None, None, *["drop"] * 50])

    failed = run(*arguments)
    with out.open("ab") as file:
        file.write(b'{"half a page')
    api.faults.clear()
    queries_before = len(api.queries)
    resumed = run(*arguments)

    assert failed.exit_code == 2
    assert "Run the same command again to resume" in failed.stderr
    assert resumed.exit_code == 0
    assert [json.loads(line) for line in out.read_text().splitlines()] == events
    assert len(api.queries) - queries_before == 4
    assert list(tmp_path.iterdir()) == [out]


def test_a_killed_export_is_resumed(api: FakeApi, run: Run, tmp_path: Path, events: list):
    out = tmp_path / "out.ndjson"
    arguments = ["export", str(out), "--org", "org_acme", "--url", api.url, *RANGE]
    api.delay_seconds = 0.2
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", "from api.cli import app; app()", *arguments],
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    while len(api.queries) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    api.delay_seconds = 0

    result = run(*arguments)

    assert result.exit_code == 0
    assert [json.loads(line) for line in out.read_text().splitlines()] == events
    assert 6 <= len(api.queries) <= 8


@pytest.mark.usefixtures("events")
def test_an_export_is_not_resumed_with_other_options(api: FakeApi, run: Run, tmp_path: Path):
    out = tmp_path / "out.ndjson"
    api.faults.extend([None, *["drop"] * 50])
    run("export", out, "--org", "org_acme", "--url", api.url, "--patience", 0.2)
    api.faults.clear()

    result = run("export", out, "--org", "org_acme", "--url", api.url, "--type", "x")

    assert result.exit_code == 2
    assert "other options" in result.stderr


def test_an_invalid_date_is_explained(api: FakeApi, run: Run, tmp_path: Path):
    result = run(
        "export", tmp_path / "o", "--org", "org_acme", "--url", api.url, "--from", "yesterday"
    )

    assert result.exit_code == 2
    assert "start_date" in result.stderr


def test_an_export_needs_an_organization_or_a_key(run: Run, tmp_path: Path, api: FakeApi):
    result = run("export", tmp_path / "out", "--url", api.url)

    assert result.exit_code == 2
    assert "--key" in result.stderr


def interrupted(api: FakeApi, run: Run, out: Path, *options: str) -> list[object]:
    """Interrupt an export after two pages and return the command that resumes it."""
    command = ["export", out, "--org", "org_acme", "--url", api.url, "--patience", 0.2, *options]
    api.faults.extend([None, None, *["drop"] * 50])
    assert run(*command).exit_code == 2
    api.faults.clear()
    return command


@pytest.mark.usefixtures("events")
@pytest.mark.parametrize("damage", ["shortened", "deleted"])
def test_an_export_to_a_truncated_file_is_not_resumed(
    api: FakeApi, run: Run, tmp_path: Path, damage: str
):
    out = tmp_path / "out.ndjson"
    command = interrupted(api, run, out)
    if damage == "deleted":
        out.unlink()
    else:
        out.write_bytes(out.read_bytes()[:100])
    result = run(*command)

    assert result.exit_code == 2
    assert "delete the journal to start over" in result.stderr
    assert "The same command" not in result.stderr
    assert out.exists() == (damage == "shortened")


@pytest.mark.parametrize("journal", [b"", b"{}", b"[]", b'{"given": {}', b"\x00\x00"])
def test_a_damaged_journal_is_reported(
    api: FakeApi, run: Run, tmp_path: Path, events: list, journal: bytes
):
    out = tmp_path / "out.ndjson"
    command = interrupted(api, run, out)
    path = tmp_path / "out.ndjson.journal"
    path.write_bytes(journal)
    result = run(*command)
    path.unlink()
    again = run(*command)

    assert result.exit_code == 2
    assert f"{path} is damaged" in result.stderr
    assert again.exit_code == 0
    assert [json.loads(line) for line in out.read_text().splitlines()] == events


def test_a_missing_folder_is_reported(api: FakeApi, run: Run, tmp_path: Path):
    out = tmp_path / "missing" / "out.ndjson"
    result = run("export", out, "--org", "org_acme", "--url", api.url)

    assert result.exit_code == 2
    assert f"{out}: No such file or directory" in result.stderr


class TestFormulas:
    @pytest.fixture
    def formula(self, api: FakeApi) -> dict[str, object]:
        event = make_events(1)[0] | {
            "org_id": "org_acme",
            "source": "public",
            "user_id": '=HYPERLINK("https://example.com")',
            "event_type": "@SUM(1)",
            "event_id": "-1+1",
        }
        api.events["org_acme"][event["timestamp"], event["event_id"]] = event
        return event

    def export(self, api: FakeApi, run: Run, out: Path, *options: str) -> dict[str, str]:
        run("export", out, "--org", "org_acme", "--url", api.url, *RANGE, *options)
        with out.open(newline="") as file:
            (row,) = csv.DictReader(file)
        return row

    def test_the_option_escapes_text_that_would_run_as_a_formula(
        self, api: FakeApi, run: Run, tmp_path: Path, formula: dict[str, object]
    ):
        row = self.export(api, run, tmp_path / "out", "--format", "csv", "--escape-formulas")

        for name in ("user_id", "event_type", "event_id"):
            assert row[name] == f"'{formula[name]}"
        assert row["org_id"] == "org_acme"
        assert row["timestamp"] == formula["timestamp"]

    def test_without_the_option_text_is_unchanged(
        self, api: FakeApi, run: Run, tmp_path: Path, formula: dict[str, object]
    ):
        row = self.export(api, run, tmp_path / "out", "--format", "csv")

        assert row["user_id"] == formula["user_id"]

    def test_the_option_requires_csv(self, run: Run, tmp_path: Path):
        result = run("export", tmp_path / "out", "--org", "org_acme", "--escape-formulas")

        assert result.exit_code == 2
        assert "--format csv" in result.stderr
