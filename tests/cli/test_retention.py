"""`analytics organization set-retention` and `analytics expire`, and commands on frozen days."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, make_events

ORG = "org_acme"
ORGS = (ORG, "org_globex", "org_initech")


@pytest.fixture
def seeded(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events_file: Callable[..., Path]
) -> Run:
    """Return the command for a store with 30 events of three organisations on 2026-11-01."""
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(tmp_path / "data"))
    events = events_file(make_events(30))
    organizations = "org_id,name,plan,created_at\n"
    for org_id in ORGS:
        organizations += f"{org_id},{org_id},growth,2026-01-01T00:00:00Z\n"
    (events.parent / "organizations.csv").write_text(organizations)
    assert run("seed", events.parent).exit_code == 0
    assert run("lake", "verify").exit_code == 0
    return run


@pytest.fixture
def read(seeded: Run) -> Callable[..., Any]:
    """Run a command with --json and return what it prints."""

    def read(*arguments: object) -> Any:
        result = seeded(*arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return read


class TestSetRetention:
    def test_a_retention_is_set_shown_and_audited(self, seeded: Run, read: Callable[..., Any]):
        first = seeded("organization", "set-retention", ORG, "--days", "1,000")
        again = seeded("organization", "set-retention", ORG, "--days", "1000")
        shown = read("organization", "show", ORG)
        forever = read("organization", "set-retention", ORG, "--days", "forever")
        default = read("organization", "set-retention", ORG, "--days", "default")
        entries = [
            entry["details"]["events_retention_days"]
            for entry in read("audit-log", ORG)
            if entry["action"] == "organization.set_retention"
        ]

        assert first.stdout == f"{ORG}: the retention of events is now 1,000 days.\n"
        assert again.stdout == f"{ORG}: the retention of events is already 1,000 days.\n"
        assert shown["events_retention_days"] == 1000
        assert forever == {"result": "changed", "org_id": ORG, "events_retention_days": 0}
        assert default["events_retention_days"] is None
        assert sorted(entries, key=str) == [[0, None], [1000, 0], [None, 1000]]

    @pytest.mark.parametrize("days", ["0", "-1", "1.5", "none", "", "9" * 5000])
    def test_an_invalid_number_is_refused(self, seeded: Run, days: str):
        result = seeded("organization", "set-retention", ORG, f"--days={days}")

        assert result.exit_code == 2
        assert "forever" in result.stderr

    def test_too_large_a_number_is_refused(self, seeded: Run):
        result = seeded("organization", "set-retention", ORG, "--days", "20001")

        assert "events_retention_days must be a whole number from 0 to" in result.stderr


class TestExpire:
    def test_events_of_expired_days_are_deleted_and_their_days_are_frozen(
        self, seeded: Run, read: Callable[..., Any], tmp_path: Path
    ):
        seeded("organization", "set-retention", ORG, "--days", "1")
        expired = seeded("expire")
        again = seeded("expire")
        verified = seeded("lake", "verify")
        recounted = seeded("recount", "--repair", "--rehash")

        assert (expired.stdout, again.stdout) == (
            "10 expired events deleted\n",
            "0 expired events deleted\n",
        )
        assert verified.exit_code == 0
        assert f"{ORG}: 1 days, 10 events, all verified" in verified.stdout
        assert recounted.exit_code == 0
        frozen = "1 days are frozen, because their events have expired"
        assert f"{ORG}: 1 days, 10 events, all verified; {frozen}" in recounted.stdout
        assert recounted.stdout.count("frozen") == 1
        assert read("organization", "show", ORG)["events_from"] == "2026-11-02"

        shutil.rmtree(tmp_path / "data" / "lake" / "events" / ORG)
        differs = seeded("lake", "verify", "--org", ORG)
        rebuilt = seeded("lake", "rebuild", "--org", ORG)
        assert differs.exit_code == 0
        assert "1 days are frozen and differ" in differs.stdout
        assert (
            rebuilt.stdout == f"{ORG}: 1 days, 0 events; 1 days are frozen and keep their events\n"
        )

    def test_the_retention_of_the_deployment_applies_to_the_others(
        self, seeded: Run, monkeypatch: pytest.MonkeyPatch
    ):
        seeded("organization", "set-retention", ORG, "--days", "forever")
        monkeypatch.setenv("ANALYTICS_EVENTS_RETENTION_DAYS", "1")

        assert seeded("expire").stdout == "20 expired events deleted\n"

    def test_the_lake_has_a_retention_of_its_own(
        self, seeded: Run, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("ANALYTICS_LAKE_RETENTION_DAYS", "1")
        compacted = seeded("lake", "compact")
        verified = seeded("lake", "verify")
        rebuilt = seeded("lake", "rebuild")

        assert compacted.exit_code == 0
        assert verified.stdout.count("no days to verify") == 3
        assert rebuilt.stdout.count("0 days, 0 events") == 3
        monkeypatch.delenv("ANALYTICS_LAKE_RETENTION_DAYS")
        assert seeded("lake", "verify").exit_code == 1


@pytest.mark.parametrize("name", ["EVENTS", "LAKE"])
@pytest.mark.parametrize("days", ["-1", "1.5", "20001", "forever", "٣"])
def test_an_invalid_setting_is_reported(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, days: str
):
    monkeypatch.setenv(f"ANALYTICS_{name}_RETENTION_DAYS", days)
    result = run("expire")

    assert result.exit_code == 2
    assert f"ANALYTICS_{name}_RETENTION_DAYS" in result.stderr
    assert "use a whole number up to 20,000, or 0" in result.stderr
