"""`analytics recount` verifies the rollups of the local store and can repair them."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from api.backends import open_store
from api.settings import Settings
from cosmos_emulator import Emulator
from tests.cli.conftest import Run, make_events

ORG, DAY = "org_acme", "2026-11-01"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(tmp_path / "data"))
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture(autouse=True)
def seeded(run: Run, settings: Settings, events_file: Callable[..., Path]) -> Settings:
    """Seed 30 events of three organisations on one day."""
    events = events_file(make_events(30))
    organizations = "org_id,name,plan,created_at\n"
    for org_id in ("org_acme", "org_globex", "org_initech"):
        organizations += f"{org_id},{org_id},growth,2026-01-01T00:00:00Z\n"
    (events.parent / "organizations.csv").write_text(organizations)
    assert run("seed", events.parent).exit_code == 0
    return settings


async def store_a_wrong_count(settings: Settings) -> None:
    async with open_store(settings) as store:
        pending = await store.pending(ORG, DAY, limit=1)
        wrong = replace(pending.rollup, number=2, counts={"page_viewed": 999})
        await store.fold(wrong, version=pending.version, deltas=[])


def test_correct_days_exit_with_0(run: Run):
    result = run("recount")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{org}: 1 days, 10 events, all verified"
        for org in ("org_acme", "org_globex", "org_initech")
    ]


def test_a_wrong_day_is_shown_and_exits_with_1_until_it_is_repaired(run: Run, settings: Settings):
    asyncio.run(store_a_wrong_count(settings))
    wrong, others = run("recount", "--org", ORG), run("recount", "--org", "org_globex")
    repaired, after = run("recount", "--repair"), run("recount")

    assert [run_.exit_code for run_ in (wrong, others, repaired, after)] == [1, 0, 0, 0]
    assert "1 days differed: run it with --repair; 1 days have a pending" in wrong.stdout
    assert wrong.stdout.splitlines()[-1].split() == [ORG, DAY, "page_viewed", "999", "10"]
    assert "1 days differed: repaired" in repaired.stdout
    assert "999" in repaired.stdout
    assert f"{ORG}: 1 days, 10 events, all verified" in after.stdout


def test_only_the_given_days_are_verified(run: Run, settings: Settings):
    asyncio.run(store_a_wrong_count(settings))
    before = run("recount", "--org", ORG, "--to", "2026-10-31")
    within = run("recount", "--org", ORG, "--from", DAY, "--to", DAY)

    assert (before.exit_code, within.exit_code) == (0, 1)
    assert before.stdout == f"{ORG}: no days to verify\n"


def test_recount_refuses_to_run_while_a_server_uses_the_data(run: Run, settings: Settings):
    with closing(Emulator(settings.data_dir / "cosmos.db")):
        result = run("recount")

    assert result.exit_code == 2
    assert "in use by another process" in result.stderr


def test_an_invalid_date_is_a_usage_error(run: Run):
    result = run("recount", "--from", "yesterday")

    assert result.exit_code == 2
    assert "must be a date such as 2026-01-31" in result.stderr


def test_the_old_name_of_repair_still_works_but_is_hidden(run: Run):
    assert run("recount", "--mend").exit_code == 0
    shown = run("recount", "--help").stdout
    assert "--repair" in shown
    assert "--mend" not in shown
