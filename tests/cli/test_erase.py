"""`analytics erase` erases a user from the local store and lake, and prints a receipt."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from api.backends import open_store
from api.cli import erase
from api.lake.protocol import LakeUnavailable
from api.lake.tables import DeltaTables
from api.services.erasure_jobs import Waits
from api.settings import Settings
from tests.cli.conftest import Run, make_events

USER = "person@x.example"


@pytest.fixture(autouse=True)
def data(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events_file: Callable[..., Path]
) -> Path:
    """Seed 30 events of org_acme, 4 of them of the user, and build the lake."""
    folder = tmp_path / "data"
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(folder))
    events = [one | {"org_id": "org_acme"} for one in make_events(30)]
    for one in events[::8]:
        one["user_id"] = USER
    file = events_file(events)
    organizations = "org_id,name,plan,created_at\norg_acme,Acme,growth,2026-01-01T00:00:00Z\n"
    (file.parent / "organizations.csv").write_text(organizations)
    assert run("seed", file.parent).exit_code == 0
    assert run("lake", "rebuild").exit_code == 0
    return folder


def files_with(folder: Path, text: str) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if text.encode() in path.read_bytes()]


def interrupt_the_pause(patch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C while the command waits for running requests, and in no other task."""
    sleep = asyncio.sleep

    async def interrupt(seconds: float) -> None:
        if seconds == erase._PAUSE_SECONDS:
            raise KeyboardInterrupt
        await sleep(seconds)

    patch.setattr(erase, "NO_WAITS", Waits())
    patch.setattr(erase.asyncio, "sleep", interrupt)


def test_erases_the_user_and_prints_the_receipt(run: Run, data: Path):
    assert files_with(data, USER)
    done = run("erase", USER, "--org", "org_acme", "--yes", "--json")
    receipt = json.loads(done.stdout)

    assert done.exit_code == 0
    assert receipt["result"] == "done"
    assert (receipt["events_deleted"], receipt["days_touched"]) == (4, 1)
    assert receipt["lake_files_rewritten"] == 1
    assert files_with(data, USER) == []
    assert run("lake", "verify").exit_code == 0
    assert run("recount").exit_code == 0
    again = run("erase", USER, "--org", "org_acme", "--yes", "--json")
    assert json.loads(again.stdout) == receipt


def test_a_user_without_events_is_erased_too(run: Run):
    done = run("erase", "nobody", "--org", "org_acme", "--yes")

    assert done.exit_code == 0
    assert "deleted 0 events on 0 days and 0 dead letters" in done.stdout


def test_an_interrupted_erasure_is_continued(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        interrupt_the_pause(patch)
        assert run("erase", USER, "--org", "org_acme", "--yes").exit_code == 130
    assert files_with(data, USER)

    assert run("erase", USER, "--org", "org_acme", "--yes").exit_code == 0
    assert files_with(data, USER) == []


def test_the_progress_and_the_end_of_waits_are_shown(run: Run, monkeypatch: pytest.MonkeyPatch):
    waits = Waits(timedelta(milliseconds=1), timedelta(milliseconds=1))
    monkeypatch.setattr(erase, "NO_WAITS", waits)
    monkeypatch.setattr(erase, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(erase, "_SHORT_PAUSE_SECONDS", 0)
    done = run("erase", USER, "--org", "org_acme", "--yes")

    assert done.exit_code == 0
    assert "deleted 4 events on 1 days and 0 dead letters, rewrote 1 files" in done.stdout


def test_ctrl_c_says_until_when_the_erasure_waits_and_how_to_continue(
    run: Run, monkeypatch: pytest.MonkeyPatch
):
    interrupt_the_pause(monkeypatch)
    stopped = run("erase", USER, "--org", "org_acme", "--yes")

    assert stopped.exit_code == 130
    assert re.search(
        r"running: deleted 0 events .*; waiting for running requests until \d{4}-\d\d-\d\d "
        r"\d\d:\d\d UTC\n",
        stopped.stderr,
    )
    assert "Stopped.\nRun the same command again to continue the erasure." in stopped.stderr


def test_an_error_is_shown_and_the_command_tries_again(run: Run, monkeypatch: pytest.MonkeyPatch):
    erase_user, failures = DeltaTables.erase_user, [LakeUnavailable("timeout"), ValueError("odd")]

    async def fail_twice(self: DeltaTables, org_id: str, user_id: str) -> int:
        if failures:
            raise failures.pop(0)
        return await erase_user(self, org_id, user_id)

    monkeypatch.setattr(DeltaTables, "erase_user", fail_twice)
    monkeypatch.setattr(erase, "_PAUSE_SECONDS", 0)
    done = run("erase", USER, "--org", "org_acme", "--yes")

    assert done.exit_code == 0
    assert "running: deleted 4 events on 1 days" in done.stderr
    assert "; the job can't continue and is retried: timeout" in done.stderr
    assert "; the job can't continue and is retried: ValueError('odd')" in done.stderr


def test_an_erasure_that_fails_names_the_reason(run: Run, monkeypatch: pytest.MonkeyPatch):
    async def fail(*_: object) -> int:
        raise ValueError("odd")

    monkeypatch.setattr(DeltaTables, "erase_user", fail)
    monkeypatch.setattr(erase, "_PAUSE_SECONDS", 0)
    failed = run("erase", USER, "--org", "org_acme", "--yes")

    assert failed.exit_code == 1
    assert "the erasure failed: ValueError('odd')" in failed.stderr


@pytest.fixture
def in_the_cloud(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Use the local store as if it were one in the cloud, with no address of the lake."""
    local = Settings.from_environment()
    monkeypatch.setenv("ANALYTICS_ENV", "prod")
    monkeypatch.setenv("ANALYTICS_COSMOS_ENDPOINT", "https://account.example:443/")
    monkeypatch.setattr("api.backends.open_store", lambda _, open_it=open_store: open_it(local))
    return local


def test_nothing_is_requested_if_the_address_of_the_lake_is_missing(
    run: Run, in_the_cloud: Settings
):
    refused = run("erase", USER, "--org", "org_acme", "--yes")

    assert refused.exit_code == 2
    assert "Set ANALYTICS_LAKE_URL to its address, or to none" in refused.stderr
    assert not files_with(in_the_cloud.data_dir, "user.erase")


def test_a_deployment_without_a_lake_says_so(
    run: Run, in_the_cloud: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ANALYTICS_LAKE_URL", "none")
    done = run("erase", USER, "--org", "org_acme", "--yes", "--json")

    assert json.loads(done.stdout)["lake_files_rewritten"] == 0
    assert files_with(in_the_cloud.data_dir / "lake", USER)


def test_an_unknown_organisation_is_refused(run: Run):
    refused = run("erase", USER, "--org", "org_nobody", "--yes")

    assert refused.exit_code == 1
    assert "org_nobody" in refused.stderr
