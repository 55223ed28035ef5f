"""`analytics erase` erases a user from the local store and lake, and prints a receipt."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli import erase
from api.services.erasures import Waits
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
    assert "0 events on 0 days were deleted" in done.stdout


def test_an_interrupted_erasure_is_continued(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch):
    async def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erase, "NO_WAITS", Waits())
        patch.setattr(erase.asyncio, "sleep", interrupt)
        assert run("erase", USER, "--org", "org_acme", "--yes").exit_code == 130
    assert files_with(data, USER)

    assert run("erase", USER, "--org", "org_acme", "--yes").exit_code == 0
    assert files_with(data, USER) == []


def test_an_unknown_organisation_is_refused(run: Run):
    refused = run("erase", USER, "--org", "org_nobody", "--yes")

    assert refused.exit_code == 1
    assert "org_nobody" in refused.stderr
