"""`analytics usage` and `analytics organization set-quota`, on the local store."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

ORG = "org_new"


@pytest.fixture
def created(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return the command for a store with an organisation."""
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(tmp_path / "data"))
    assert run("organization", "create", ORG, "--name", "New").exit_code == 0
    return run


@pytest.fixture
def read(created: Run) -> Callable[..., Any]:
    """Run a command with --json and return what it prints."""

    def read(*arguments: object) -> Any:
        result = created(*arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return read


class TestUsage:
    def test_usage_is_printed_per_day_and_month(self, created: Run, read: Callable[..., Any]):
        [month] = read("usage", ORG)["months"]

        assert month["events"] == 0
        assert created("usage", ORG).stdout.splitlines()[-1].split() == [month["month"], "0"]

    def test_an_unknown_organisation_is_refused(self, created: Run):
        result = created("usage", "org_nobody")

        assert (result.exit_code, "There is no organisation org_nobody." in result.stderr) == (
            1,
            True,
        )


class TestQuota:
    def test_a_quota_is_set_shown_and_removed(self, created: Run, read: Callable[..., Any]):
        first = created("organization", "set-quota", ORG, "--events", "1,000,000")
        again = created("organization", "set-quota", ORG, "--events", "1000000")

        quota = "1,000,000 events per month, with warnings from 80 %.\n"
        assert first.stdout == f"org_new: the quota is now {quota}"
        assert again.stdout == f"org_new: the quota is already {quota}"
        assert read("organization", "show", ORG)["events_per_month"] == 1_000_000
        assert read("organization", "set-quota", ORG, "--events", "none", "--warn-at", "90") == {
            "result": "changed",
            "org_id": ORG,
            "events_per_month": None,
            "warn_at": 90,
        }
        assert read("organization", "show", ORG)["events_per_month"] is None

    def test_another_quota_keeps_the_percentage_of_the_warning(
        self, created: Run, read: Callable[..., Any]
    ):
        created("organization", "set-quota", ORG, "--events", "10", "--warn-at", "50")
        changed = read("organization", "set-quota", ORG, "--events", "20")
        shown = read("organization", "show", ORG)

        assert changed["warn_at"] == 50
        assert (shown["events_per_month"], shown["warn_at"]) == (20, 50)

    def test_every_change_is_in_the_audit_log(self, created: Run, read: Callable[..., Any]):
        created("organization", "set-quota", ORG, "--events", "10", "--warn-at", "50")
        created("organization", "set-quota", ORG, "--events", "10", "--warn-at", "50")
        entries = [
            entry for entry in read("audit-log", ORG) if entry["action"] == "organization.set_quota"
        ]

        assert [entry["details"] for entry in entries] == [
            {"events_per_month": [None, 10], "warn_at": [80, 50]}
        ]

    @pytest.mark.parametrize("events", ["-1", "1.5", "many", "1e6", "", "9" * 5000])
    def test_an_invalid_number_is_refused(self, created: Run, events: str):
        result = created("organization", "set-quota", ORG, f"--events={events}")

        assert result.exit_code == 2
        assert "none" in result.stderr

    def test_too_large_a_number_is_refused(self, created: Run):
        result = created("organization", "set-quota", ORG, "--events", "9" * 15)

        assert result.exit_code == 2
        assert "events_per_month must be a whole number from 0 to" in result.stderr
