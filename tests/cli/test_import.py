"""`analytics import` stores every row once, despite faults and interruptions."""

import csv
import gzip
import json
import time
from pathlib import Path

import pytest

from tests.cli.conftest import ORGS, Run, WriteEvents, make_events
from tests.cli.fake_api import FakeApi


def read_rejected(file: Path) -> list[dict[str, object]]:
    report = file.with_name(f"{file.name}.rejected.ndjson")
    return [json.loads(line) for line in report.read_text().splitlines()]


def test_every_row_reaches_its_organization(api: FakeApi, run: Run, events_file: WriteEvents):
    file = events_file(make_events(1000))

    result = run("import", file, "--url", api.url)

    assert result.exit_code == 0
    assert "created 1,000, duplicates 0, rejected 0" in result.stdout
    assert {org: len(api.events[org]) for org in ORGS} == dict(
        zip(ORGS, (334, 333, 333), strict=True)
    )
    assert all(count <= 100 for _, count in api.posts)
    assert list(file.parent.iterdir()) == [file]


def test_a_second_import_adds_nothing(api: FakeApi, run: Run, events_file: WriteEvents):
    file = events_file(make_events(250))
    run("import", file, "--url", api.url)

    result = run("import", file, "--url", api.url)

    assert result.exit_code == 0
    assert "created 0, duplicates 250" in result.stdout
    assert api.stored == 250


def test_rows_without_an_id_get_the_same_id_in_every_import(
    api: FakeApi, run: Run, events_file: WriteEvents
):
    twins = [event | {"timestamp": "2026-11-01T00:00:00Z"} for event in make_events(1) * 2]
    file = events_file({k: v for k, v in event.items() if k != "event_id"} for event in twins)
    run("import", file, "--url", api.url)

    again = run("import", file, "--url", api.url)

    assert api.stored == 2
    assert "created 0, duplicates 2" in again.stdout


@pytest.mark.parametrize(
    ("columns", "cells", "event"),
    [
        ("source", "google", {"properties": {"source": "google"}}),
        ("source,properties", "public,{}", {"source": "public", "properties": {}}),
        ("received_at", "Monday", {"properties": {"received_at": "Monday"}}),
        ("received_at,properties", "2026,{}", {"received_at": "2026", "properties": {}}),
    ],
)
def test_columns_of_an_export_are_properties_unless_the_file_is_an_export(
    api: FakeApi, run: Run, tmp_path: Path, columns: str, cells: str, event: dict[str, object]
):
    file = tmp_path / "events.csv"
    file.write_text(
        f"event_id,event_type,user_id,timestamp,{columns}\ne,t,u,2026-11-01T00:00:00Z,{cells}\n"
    )
    run("import", file, "--url", api.url, "--key", "ak_local_acme")

    (stored,) = api.events["org_acme"].values()
    assert event.items() <= stored.items()


def test_a_gzipped_csv_file_gives_the_same_events_as_ndjson(api: FakeApi, run: Run, tmp_path: Path):
    events = make_events(3)
    packed = tmp_path / "events.csv.gz"
    with gzip.open(packed, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["event_id", "event_type", "user_id", "timestamp", "org_id", "properties", "plan"]
        )
        for e in events:
            properties = json.dumps(e["properties"])
            known = [
                e[name] for name in ("event_id", "event_type", "user_id", "timestamp", "org_id")
            ]
            writer.writerow([*known, properties, "pro, yearly"])

    result = run("import", packed, "--url", api.url)

    assert result.exit_code == 0
    for event in events:
        (stored,) = api.events[event["org_id"]].values()
        assert stored == event | {"properties": {**event["properties"], "plan": "pro, yearly"}}


def test_rows_without_org_id_belong_to_the_key(api: FakeApi, run: Run, events_file: WriteEvents):
    event = make_events(1)[0]
    del event["org_id"]

    result = run("import", events_file([event]), "--url", api.url, "--key", "ak_local_globex")

    assert result.exit_code == 0
    assert len(api.events["org_globex"]) == 1


def test_numbers_are_stored_as_they_are_written_in_the_file(api: FakeApi, run: Run, tmp_path: Path):
    file = tmp_path / "events.ndjson"
    line = json.dumps(make_events(1)[0]).replace('"n": 0', '"n": 0.10, "big": 9007199254740993')
    file.write_text(line.replace('"event_id": "e000000", ', ""))

    run("import", file, "--url", api.url)

    (stored,) = api.events["org_acme"].values()
    assert stored["properties"] == {"n": 0.1, "big": 9007199254740993}


class TestRejectedRows:
    def test_invalid_lines_are_reported_with_number_and_reason(
        self, api: FakeApi, run: Run, tmp_path: Path
    ):
        good = [json.dumps(event) for event in make_events(3)]
        file = tmp_path / "events.ndjson"
        file.write_bytes(
            "\n".join(
                [
                    good[0],
                    "{not json",
                    "",
                    good[1],
                    '{"event_type": "x", "org_id": "org_acme", "user_id": "u"}',
                    '{"event_type": "x", "timestamp": "2026-11-01T00:00:00Z", "user_id": "u"}',
                    '{"timestamp": "2026-11-01T00:00:00Z", "org_id": "org_acme", "n": NaN}',
                    '{"timestamp": "2026-11-01T00:00:00Z", "org_id": 7}',
                    '{"timestamp": "2026-11-01T00:00:00Z", "org_id": "org_acme", "event_id": "z"}',
                    "[1, 2]",
                    good[2],
                ]
            ).encode()
            + b'\n{"event_type": "\xff"}\n'
            + b"x" * 3_000_000
        )

        result = run("import", file, "--url", api.url)

        reasons = {row["line"]: str(row["reason"]) for row in read_rejected(file)}
        assert result.exit_code == 1
        assert "created 3, duplicates 0, rejected 9" in result.stdout
        assert sorted(reasons) == [2, 5, 6, 7, 8, 9, 10, 12, 13]
        assert "not valid JSON" in reasons[2]
        assert "has no timestamp" in reasons[5]
        assert "there is no --key with an organisation" in reasons[6]
        assert "not valid JSON" in reasons[7]
        assert reasons[8] == "org_id must be a string"
        assert reasons[9] == "event_type: is required"
        assert reasons[10] == "is not a JSON object"
        assert "longer than" in reasons[13]
        assert "has no timestamp" in result.stdout

    def test_invalid_csv_rows_are_reported_too(self, api: FakeApi, run: Run, tmp_path: Path):
        file = tmp_path / "events.csv"
        file.write_bytes(
            b"\xef\xbb\xbfevent_id,org_id,user_id,event_type,timestamp,properties\n"
            b"a,org_acme,u,seen,2026-11-01T00:00:00Z,\n"
            b'b,org_acme,u,seen,2026-11-01T00:00:00Z,"{""two\nlines"": 1}"\n'
            b'c,org_acme,u,"two\nlines",2026-11-01T00:00:00Z,\n'
            b"d,org_acme,u,seen,2026-11-01T00:00:00Z,{},more\n"
            b"e,org_acme,u,seen,,\n"
            b"f,org_acme,u\xff,seen,2026-11-01T00:00:00Z,\n"
            b"g,org_acme,u,seen,2026-11-01T00:00:00Z,[]\n"
            b"h,org_acme,u,seen,2026-11-01T00:00:00Z,{}\n"
            b'i,org_acme,"never closed\n'
        )

        result = run("import", file, "--url", api.url)

        assert result.exit_code == 1
        assert [row["line"] for row in read_rejected(file)] == [3, 7, 8, 9, 10, 12]
        assert [key for _, key in api.events["org_acme"]] == ["a", "c", "h"]

    def test_only_the_invalid_row_of_a_refused_payload_is_rejected(
        self, api: FakeApi, run: Run, events_file: WriteEvents
    ):
        events = make_events(90)
        events[41]["properties"] = {"poison": 1}
        file = events_file(events)

        result = run("import", file, "--url", api.url)

        assert result.exit_code == 1
        assert api.stored == 89
        assert [row["line"] for row in read_rejected(file)] == [42]

    def test_a_clean_run_removes_an_older_report(
        self, api: FakeApi, run: Run, events_file: WriteEvents
    ):
        file = events_file(make_events(1))
        report = file.with_name("events.ndjson.rejected.ndjson")
        report.write_text("{}")

        run("import", file, "--url", api.url)

        assert not report.exists()


class TestRetries:
    @pytest.mark.parametrize("fault", [429, 503, 409, 500, "drop", "drop after"])
    def test_no_event_is_lost_or_duplicated_by_faults(
        self, fault: int | str, api: FakeApi, run: Run, events_file: WriteEvents
    ):
        api.faults.extend([fault] * 7)

        result = run("import", events_file(make_events(600)), "--url", api.url)

        assert result.exit_code == 0
        assert "created 600, duplicates 0, rejected 0" in result.stdout
        assert api.stored == 600

    def test_retry_after_is_obeyed(self, api: FakeApi, run: Run, events_file: WriteEvents):
        api.faults.append(429)
        api.retry_after = "1"
        started = time.monotonic()

        run("import", events_file(make_events(3)), "--url", api.url)

        assert 1 <= time.monotonic() - started < 3

    def test_a_used_up_quota_ends_the_import_which_can_be_continued(
        self, api: FakeApi, run: Run, events_file: WriteEvents
    ):
        file = events_file(make_events(3000))
        api.faults.extend([None] * 5 + ["quota"] * 100)
        api.retry_after = "900"

        refused = run("import", file, "--url", api.url)
        api.faults.clear()
        continued = run("import", file, "--url", api.url)

        assert refused.exit_code == 2
        assert "The monthly quota is used up." in refused.stderr
        assert "When the quota allows more events, run the same command again" in refused.stderr
        assert continued.exit_code == 0
        assert api.stored == 3000

    def test_tokens_are_renewed_when_they_expire(
        self, api: FakeApi, run: Run, events_file: WriteEvents
    ):
        api.expires_in = 0

        result = run("import", events_file(make_events(900)), "--url", api.url)

        assert result.exit_code == 0
        assert api.tokens_issued == len(api.posts) == 9

    def test_an_import_from_an_unavailable_api_ends_with_a_hint_and_is_resumed(
        self, api: FakeApi, run: Run, events_file: WriteEvents
    ):
        file = events_file(make_events(3000))
        api.faults.extend(["drop"] * 100)

        failed = run("import", file, "--url", api.url, "--patience", 0.3)
        api.faults.clear()
        resumed = run("import", file, "--url", api.url)

        assert failed.exit_code == 2
        assert "Run the same command again to resume" in failed.stderr
        assert resumed.exit_code == 0
        assert api.stored == 3000
