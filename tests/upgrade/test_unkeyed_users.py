"""A data file with unkeyed user hashes can be opened, and its users are rebuilt with a key.

`unkeyed-users.db.gz` was written by the service at commit f2ba0e2: ten events by five users on each
of two days of org_acme, folded. Three more on the second day and four on a third are not folded.
"""

import asyncio
import gzip
from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient

from api.app import create_app
from api.backends import open_store
from api.domain.rollups import DayCounts, DayUsers, users_id
from api.services.metrics import list_event_types, summarize_metrics
from api.services.rebuilds import rebuild_outdated
from api.services.recount import recount_day
from api.services.rollups import catch_up
from api.settings import Settings
from api.stores.protocol import RollupStore
from tests.cli.conftest import Run, run
from tests.crash.history import DEADLINE_SECONDS, POLL_SECONDS

__all__ = ["run"]

ORG = "org_acme"
DAYS = ("2026-03-01", "2026-03-02", "2026-03-03")
COUNTS = {"type-0": 15, "type-1": 6, "type-2": 6}
OLD_FILE = Path(__file__).with_name("unkeyed-users.db.gz")


@pytest.fixture
def old_data(settings: Settings) -> Settings:
    """Return settings of a data folder that holds the old file."""
    (settings.data_dir / "cosmos.db").write_bytes(gzip.decompress(OLD_FILE.read_bytes()))
    return settings


@pytest.fixture
async def old_store(old_data: Settings) -> AsyncGenerator[RollupStore]:
    async with open_store(old_data) as store:
        yield store


async def active_users(store: RollupStore) -> tuple[list[float | None], float | None]:
    first, last = date.fromisoformat(DAYS[0]), date.fromisoformat(DAYS[-1])
    [users] = await summarize_metrics(store, ORG, first=first, last=last, names=["active_users"])
    return [value for _, value in users.daily], users.total


async def test_counts_are_available_immediately(old_store: RollupStore):
    await catch_up(old_store)
    found = await list_event_types(
        old_store, ORG, first=date.fromisoformat(DAYS[0]), last=date.fromisoformat(DAYS[-1])
    )

    assert dict(found) == COUNTS


async def test_users_with_unkeyed_hashes_are_never_served(old_store: RollupStore):
    assert await active_users(old_store) == ([None, None, 0], None)
    await catch_up(old_store)  # also folds deltas with unkeyed hashes
    assert await active_users(old_store) == ([None, None, None], None)


async def test_users_are_rebuilt_from_the_events(old_store: RollupStore):
    await catch_up(old_store)
    rebuilt = await rebuild_outdated(old_store)

    assert rebuilt == 4  # includes a day of org_globex
    assert await active_users(old_store) == ([5, 5, 4], 5)
    assert await rebuild_outdated(old_store) == 0
    for day in DAYS:
        found = await recount_day(old_store, ORG, day)
        assert (found.differences, found.waits, found.lacks_users) == ([], False, False)


async def test_a_pass_rebuilds_at_most_the_given_number_of_days(old_store: RollupStore):
    await catch_up(old_store)
    passes = [await rebuild_outdated(old_store, days_max=3) for _ in range(3)]

    assert passes == [3, 1, 0]


async def test_a_server_rebuilds_users_in_the_background(old_data: Settings, clock):
    app = create_app(old_data, now=clock)
    transport = ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://api.test") as http,
    ):
        token = (await http.post("/api/v1/auth/token", json={"api_key": "ak_local_acme"})).json()
        http.headers["Authorization"] = f"Bearer {token['access_token']}"

        async def total() -> float | None:
            params = {"start_date": DAYS[0], "end_date": DAYS[-1], "metrics": "active_users"}
            response = await http.get("/api/v1/metrics/summary", params=params)
            return response.json()["metrics"][0]["total"]

        async with asyncio.timeout(DEADLINE_SECONDS):
            while await total() != 5:  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(POLL_SECONDS)


def test_recount_rehashes_users_on_request(old_data: Settings, run: Run, monkeypatch):
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(old_data.data_dir))
    before, rehashed, after = run("recount"), run("recount", "--rehash"), run("recount")

    assert [result.exit_code for result in (before, rehashed, after)] == [1, 0, 0]
    assert "lacked users: run it with --rehash" in before.stdout
    assert f"{ORG}: 3 days, 27 events, all verified; the users of 3 days were" in rehashed.stdout
    assert f"{ORG}: 3 days, 27 events, all verified\n" in after.stdout


async def test_rebuilt_users_have_their_own_document(old_store: RollupStore):
    await catch_up(old_store)
    await rebuild_outdated(old_store)
    counts = await old_store.read(DayCounts, ORG, DAYS[0])
    users = await old_store.read(DayUsers, ORG, users_id(DAYS[0]))

    assert counts
    assert users
    assert counts.record.users_number == users.record.number
    assert users.record.users_key == old_store.user_keys.version
