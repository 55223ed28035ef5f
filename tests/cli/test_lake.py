"""`analytics lake` verifies the lake against the rollups, and builds days again from the store."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run, make_events

ORGS = ("org_acme", "org_globex", "org_initech")


@pytest.fixture(autouse=True)
def data(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events_file: Callable[..., Path]
) -> Path:
    """Seed 30 events of three organisations on one day, without a server. Return the folder."""
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(tmp_path / "data"))
    events = events_file(make_events(30))
    organizations = "org_id,name,plan,created_at\n"
    for org_id in ORGS:
        organizations += f"{org_id},{org_id},growth,2026-01-01T00:00:00Z\n"
    (events.parent / "organizations.csv").write_text(organizations)
    assert run("seed", events.parent).exit_code == 0
    return tmp_path / "data"


def test_events_that_no_server_has_processed_are_processed_first(run: Run):
    verified = run("lake", "verify")

    assert verified.exit_code == 0
    assert verified.stdout.splitlines() == [
        f"{org}: 1 days, 10 events, all verified" for org in ORGS
    ]


def test_a_lake_that_differs_is_shown_and_rebuilt(run: Run, data: Path):
    run("lake", "verify")
    tables = data / "lake" / "events"
    shutil.rmtree(tables / "org_acme")
    differs = run("lake", "verify", "--org", "org_acme")
    rebuilt = run("lake", "rebuild")
    verified = run("lake", "verify")

    assert differs.exit_code == 1
    lines = [line.split() for line in differs.stdout.splitlines()]
    assert ["org_acme:", "1", "days,", "0", "events,", "1", "days", "differ"] in lines
    assert ["2026-11-01", "all", "events", "10", "0"] in lines
    assert rebuilt.exit_code == 0, rebuilt.stderr
    assert rebuilt.stdout.splitlines() == [f"{org}: 1 days, 10 events" for org in ORGS]
    assert verified.stdout.splitlines() == [
        f"{org}: 1 days, 10 events, all verified" for org in ORGS
    ]


def test_a_range_limits_the_days(run: Run):
    run("lake", "rebuild")
    rebuilt = run("lake", "rebuild", "--org", "org_acme", "--to", "2026-10-31")

    assert rebuilt.stdout == "org_acme: 0 days, 0 events\n"


def test_a_rebuild_removes_events_that_the_store_does_not_have(run: Run, data: Path):
    run("lake", "rebuild")
    tables = data / "lake" / "events"
    shutil.rmtree(tables / "org_acme")
    shutil.copytree(tables / "org_globex", tables / "org_acme")
    assert run("lake", "verify", "--org", "org_globex").exit_code == 0
    run("lake", "rebuild", "--org", "org_acme")

    assert run("lake", "verify").exit_code == 0


def test_compact_reports_every_organisation_and_deletes_interrupted_files(run: Run, data: Path):
    run("lake", "rebuild")
    used = next(data.glob("lake/events/org_acme/day=*/*.parquet"))
    orphan = used.with_name("part-00000-0a1b2c3d-0000-4000-8000-000000000000-c000.zstd.parquet")
    shutil.copy(used, orphan)
    a_week_ago = time.time() - 7 * 86_400
    os.utime(orphan, (a_week_ago, a_week_ago))

    assert run("lake", "compact").stdout.splitlines() == [f"{org}: 0 files joined" for org in ORGS]
    assert used.exists()
    assert not orphan.exists()


def test_an_unknown_organisation_is_refused(run: Run):
    result = run("lake", "verify", "--org", "org_nobody")

    assert result.exit_code == 2
    assert "There is no organisation org_nobody." in result.stderr


def test_an_organisation_without_events_has_nothing_to_verify(run: Run):
    result = run("lake", "verify", "--to", "2020-01-01", "--org", "org_acme")

    assert (result.exit_code, result.stdout) == (0, "org_acme: no days to verify\n")


def test_a_damaged_file_is_named_and_replaced(run: Run, data: Path):
    run("lake", "verify")
    damaged = next(data.glob("lake/events/org_acme/day=*/*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:100])
    result = run("lake", "verify")

    assert result.exit_code == 2
    assert "org_acme: the table can't be read: " in result.stderr
    assert damaged.name in result.stderr
    assert "analytics lake rebuild" in result.stderr
    assert "org_globex: 1 days, 10 events, all verified" in result.stdout
    assert run("lake", "rebuild", "--org", "org_acme").exit_code == 0
    assert run("lake", "verify").exit_code == 0


def test_a_missing_file_is_reported_in_one_line(run: Run, data: Path):
    run("lake", "verify")
    missing = next(data.glob("lake/events/org_acme/day=*/*.parquet"))
    missing.unlink()
    result = run("lake", "verify")
    error, hint = result.stderr.splitlines()

    assert result.exit_code == 2
    assert error == f"Error: org_acme: the table can't be read: the file {missing} is missing"
    assert hint.startswith("`analytics lake rebuild` replaces damaged files.")


def test_a_damaged_log_is_reported_and_the_table_can_be_built_again(run: Run, data: Path):
    run("lake", "verify")
    table = data / "lake" / "events" / "org_acme"
    max(table.glob("_delta_log/*.json")).write_text("{damaged")
    verified, rebuilt = run("lake", "verify"), run("lake", "rebuild")

    for result in (verified, rebuilt):
        assert result.exit_code == 2
        assert "org_acme: the table can't be read: the log of the table is damaged" in result.stderr
        assert "org_globex: 1 days, 10 events" in result.stdout
    shutil.rmtree(table)
    assert run("lake", "rebuild").exit_code == 0
    assert run("lake", "verify").exit_code == 0


def test_a_rebuild_of_one_organisation_of_a_deleted_lake_keeps_the_others(run: Run, data: Path):
    run("lake", "verify")
    shutil.rmtree(data / "lake")
    run("lake", "rebuild", "--org", "org_acme")

    assert run("lake", "verify").exit_code == 0
