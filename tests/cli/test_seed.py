"""`analytics seed` loads the sample data into the local store once."""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from api.backends import open_store
from api.domain.events import EventQuery
from api.domain.metrics import Metric, MetricValue
from api.domain.reference import ApiKey, Membership, Organization, User, hash_api_key
from api.domain.rollups import DayCounts
from api.services.organizations import ensure_local_organizations, ensure_local_people
from api.settings import Settings
from api.stores.protocol import Store
from tests.cli.conftest import ORGS, Run, run_command

SAMPLE = Path(__file__).parents[2] / "sample_data"
EVENTS = (SAMPLE / "events.ndjson").read_text().count("\n")
LINES_COPIED = 6

type ReadStore = Callable[[Callable[[Store], Awaitable[object]]], object]


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of the commands, whose store is empty unless the test uses `seeded`."""
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(tmp_path / "data"))
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture(scope="module")
def seeded_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Load the sample data. Return the data folder and the result of the command."""
    folder = tmp_path_factory.mktemp("seeded") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANALYTICS_DATA_DIR", str(folder))
        return folder, run_command("seed", SAMPLE)


@pytest.fixture
def seeded(seeded_once: tuple[Path, Any], settings: Settings) -> Any:
    """Give the test a copy of the loaded data. Return the result of the command."""
    folder, result = seeded_once
    shutil.copytree(folder, settings.data_dir)
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the first lines of the sample data's files, which a test may change."""
    copy = tmp_path / "sample"
    copy.mkdir()
    for file in (*SAMPLE.glob("*.csv"), SAMPLE / "events.ndjson"):
        with file.open() as lines:
            (copy / file.name).write_text("".join(islice(lines, LINES_COPIED)))
    return copy


@pytest.fixture
def read_store(settings: Settings) -> ReadStore:
    """Return a function that opens the store from disk and reads from it."""

    async def run(read: Callable[[Store], Awaitable[object]]) -> object:
        async with open_store(settings) as store:
            return await read(store)

    return lambda read: asyncio.run(run(read))


def test_everything_is_loaded_and_a_second_time_adds_nothing(seeded: Any, run: Run):
    second = run("seed", SAMPLE)

    assert seeded.exit_code == second.exit_code == 0
    assert "3 organizations, 60 users, 72 memberships, 900 metric values" in seeded.stdout
    assert f"created {EVENTS:,}, duplicates 0" in seeded.stdout
    assert f"created 0, duplicates {EVENTS:,}" in second.stdout


@pytest.mark.usefixtures("seeded")
def test_erased_and_expired_events_are_left_out_when_the_command_is_repeated(run: Run):
    erased = json.loads(run("erase", "user_010", "--org", "org_acme", "--yes", "--json").stdout)
    assert run("organization", "set-retention", "org_globex", "--days", "1").exit_code == 0
    again = run("seed", SAMPLE)

    assert erased["events_deleted"] > 0
    assert again.exit_code == 0, again.stderr
    assert f", left out {erased['events_deleted']:,} of erased users, " in again.stdout
    assert again.stdout.rstrip().endswith(" that expired")


@pytest.mark.usefixtures("seeded")
def test_the_store_holds_the_records_of_the_files(read_store: ReadStore):
    async def read(store: Store) -> tuple[object, ...]:
        org = await store.read(Organization, "org_globex")
        user = await store.read(User, "user_002")
        memberships = await store.find(Membership, "user_002")
        key = await store.read(ApiKey, hash_api_key("pk_local_initech"))
        kinds = await store.find(Metric, "org_acme", first="metric~", last="metric~\uffff")
        nps = await store.find(MetricValue, "org_acme", first="nps:", last="nps:~")
        return org, user, memberships, key, kinds, nps

    org, user, memberships, key, kinds, nps = read_store(read)  # type: ignore[misc]
    assert org.record.plan == "growth"
    assert user.record.email.endswith("@acme.example")
    assert {membership.org_id for membership in memberships} == set(ORGS)
    assert (key.record.org_id, key.record.kind) == ("org_initech", "publishable")
    assert {metric.name: metric.kind for metric in kinds} == {
        "revenue": "sum",
        "signups": "sum",
        "support_tickets": "sum",
        "nps": "gauge",
    }
    assert len(nps) == 75


@pytest.mark.usefixtures("seeded")
def test_events_are_stored_and_counted_for_their_organization(read_store: ReadStore):
    async def read(store: Store) -> Counter[str]:
        stored: Counter[str] = Counter()
        for org in ORGS:
            query = EventQuery(org, "2026-01-01", "2027-01-01")
            stored[org] = len(await store.page(query, after=None, limit=EVENTS))
            rollups = await store.find(DayCounts, org, last="9999-12-31")
            stored[f"{org} counted"] = sum(sum(rollup.counts.values()) for rollup in rollups)
        return stored

    lines = (SAMPLE / "events.ndjson").read_text().splitlines()
    expected = Counter(org for org in ORGS for line in lines if f'"org_id":"{org}"' in line)
    assert read_store(read) == expected | Counter(
        {f"{org} counted": n for org, n in expected.items()}
    )


def test_other_files_and_events_are_optional(run: Run, folder: Path):
    for name in ("users.csv", "user_orgs.csv", "metrics.csv", "metric_kinds.csv"):
        (folder / name).unlink()

    result = run("seed", folder, "--no-events")

    assert "3 organizations, 0 users, 0 memberships, 0 metric values" in result.stdout
    assert "created 0, duplicates 0" in result.stdout


@pytest.mark.usefixtures("seeded")
def test_seeding_and_starting_again_undo_no_administrative_act(run: Run, read_store: ReadStore):
    read_key = hash_api_key("rk_local_acme")
    for command in (
        ("organization", "rename", "org_acme", "Newer"),
        ("member", "remove", "org_acme", "user_007"),
        ("member", "role", "org_acme", "user_005", "viewer"),
        ("member", "add", "org_acme", "user_055", "--role", "member", "--name", "Renamed"),
        ("key", "revoke", "org_acme", read_key),
    ):
        assert run(*command).exit_code == 0, command
    seeded = run("seed", SAMPLE, "--no-events")

    async def read(store: Store) -> tuple[object, ...]:
        await store.delete(ApiKey, read_key)  # as the sweep does after an hour
        await ensure_local_organizations(store)
        await ensure_local_people(store)
        organization = await store.read(Organization, "org_acme")
        members = await store.find_indexed(Membership, "org_acme")
        user = await store.read(User, "user_055")
        key = await store.read(ApiKey, read_key)
        return organization, {m.user_id: m.role for m in members}, user, key

    organization, roles, user, key = read_store(read)  # type: ignore[misc]
    assert seeded.exit_code == 0
    assert (organization.record.name, organization.record.acts) == ("Newer", 5)
    assert (roles["user_005"], roles["user_055"], roles.get("user_007", "")) == (
        *("viewer", "member", ""),
    )
    assert (user.record.name, key) == ("Renamed", None)


def test_a_deleted_organization_is_not_seeded_again(run: Run, folder: Path):
    run("seed", folder, "--no-events")
    assert run("organization", "delete", "org_globex", "--yes").exit_code == 0
    result = run("seed", SAMPLE)

    assert result.exit_code == 2
    assert "org_globex was deleted" in result.stderr


def test_only_a_local_store_can_be_seeded(run: Run, monkeypatch: pytest.MonkeyPatch):
    values = {
        "ENV": "production",
        "COSMOS_ENDPOINT": "https://account.example",
        "CURSOR_SECRET": "s" * 32,
        "JWT_ISSUER": "https://issuer.example",
        "JWKS_URL": "https://issuer.example/.well-known/jwks.json",
        "OIDC_ISSUER": "https://login.example",
        "OIDC_JWKS_URL": "https://login.example/keys",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"ANALYTICS_{name}", value)

    result = run("seed", SAMPLE)

    assert result.exit_code == 2
    assert "ANALYTICS_ENV is 'production'" in result.stderr


def test_a_store_in_use_is_explained(run: Run, settings: Settings):
    async def seed_while_open() -> object:
        async with open_store(settings):
            return await asyncio.to_thread(run, "seed", SAMPLE)

    result = asyncio.run(seed_while_open())

    assert result.exit_code == 2
    assert "in use by another process" in result.stderr


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("users.csv", "user_id,email\n", "lacks the columns"),
        (
            "organizations.csv",
            "org_id,name,plan,created_at\n..,N,growth,2026-01-01T00:00:00Z\n",
            "line 2: org_id must be 1 to 128 letters, digits and any of . _ : -, and not only",
        ),
        (
            "user_orgs.csv",
            "user_id,org_id,role,joined_at\nu\n",
            "line 2: has 1 cells where the header has 4",
        ),
        (
            "metrics.csv",
            "org_id,date,metric_name,value\no,2026-11-01,n,x\n",
            "line 2: value must be a finite number",
        ),
        (
            "metrics.csv",
            "org_id,date,metric_name,value\no,today,n,1\n",
            "line 2: date must be a date",
        ),
        ("metric_kinds.csv", "metric_name,kind\nnps,mean\n", "kind 'mean' is invalid"),
        (
            "metric_kinds.csv",
            "metric_name,kind,currency\nnps,sum,euro\n",
            "currency 'euro' must be a code of ISO 4217",
        ),
        ("events.ndjson", "{nonsense\n", "line 1: is not valid JSON"),
        ("events.ndjson", '{"timestamp":"2026-11-01T00:00:00Z"}\n', "line 1: has no org_id"),
        ("events.ndjson", '{"timestamp":"now","org_id":"o"}\n', "line 1: has no event_type"),
    ],
)
def test_invalid_files_are_reported_with_the_line(
    name: str, text: str, message: str, run: Run, folder: Path
):
    (folder / name).write_text(text)

    result = run("seed", folder)

    assert result.exit_code == 2
    assert str(folder / name) in result.stderr
    assert message in result.stderr
