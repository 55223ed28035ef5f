"""No event is lost or counted twice if the server is killed at any moment of ingest or fold."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from api.backends import open_store
from api.domain.rollups import DayCounts, DayUsers, counts_of, users_id, users_of
from api.settings import Settings
from tests.crash.history import (
    BATCH,
    STATUSES,
    in_process,
    list_events,
    recount,
    send_once,
    signed_in,
    summarize_when_current,
)
from tests.crash.processes import serving
from tests.support import START, send, statuses

# Only `make test-full` tests a moment after which the store holds the same as after another one.
WHILE_INGESTING = [
    "after record 1",
    pytest.param("after batch 1", marks=pytest.mark.full),
    pytest.param("after batch 2", marks=pytest.mark.full),
    "after batch 3",
    pytest.param("before completion 1", marks=pytest.mark.full),
    "after completion 1",  # but before the response is sent
]
WHILE_FOLDING = [
    pytest.param("before fold 1", marks=pytest.mark.full),
    pytest.param("after fold 1", marks=pytest.mark.full),
    "after fold 2",
    "before projection 1",
    "after projection 1",
    pytest.param("before checkpoint 1", marks=pytest.mark.full),
    "after checkpoint 1",
]
CLOCK_SET_BACK = START - timedelta(minutes=10)


@pytest.fixture(scope="session")
def never_killed(seeded_data: Path, tmp_path_factory: pytest.TempPathFactory):
    """Send BATCH to a server that isn't killed; return its response and the stored events."""
    folder = shutil.copytree(seeded_data, tmp_path_factory.mktemp("never-killed") / "data")

    async def send_and_list():
        async with in_process(folder) as (client, _):
            response = await send(client, *BATCH, key="k")
            return response.json(), await list_events(client)

    return asyncio.run(send_and_list())


@pytest.mark.parametrize("moment", WHILE_INGESTING + WHILE_FOLDING)
async def test_a_restarted_server_gives_the_same_results_as_one_that_was_not_killed(
    data_dir: Path, never_killed, moment: str
):
    async with serving(data_dir, START, moment) as server, signed_in(server.url) as client:
        first = await send_once(client, *BATCH, key="k")

        assert await server.has_killed_itself()
        assert moment.split()[1] in {"fold", "projection", "checkpoint"} or first is None

    async with serving(data_dir, CLOCK_SET_BACK) as server, signed_in(server.url) as client:
        # This request must not wait for the lease of the killed process.
        response = await send(client, *BATCH, key="k")
        replayed = await send(client, *BATCH, key="k")
        listed = await list_events(client)
        expected = recount(listed)
        summed = await summarize_when_current(client, expected)
        await server.stop()

    assert statuses(response) == STATUSES
    assert (response.json(), listed) == never_killed
    assert len({(event["timestamp"], event["event_id"]) for event in listed}) == len(listed)
    assert len(listed) == 1 + STATUSES.count("created")
    assert replayed.json() == response.json()
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert first is None or first.json() == response.json()
    assert summed == expected
    await assert_all_is_folded(data_dir, expected["events"][1])


async def assert_all_is_folded(data_dir: Path, days: dict[str, float]) -> None:
    async with open_store(Settings(data_dir=data_dir)) as store:
        assert not await store.unfolded()
        for day in days:
            folded = await store.pending("org_acme", day, limit=1)
            projected = await store.read(DayCounts, "org_acme", day)
            users = await store.read(DayUsers, "org_acme", users_id(day))
            assert projected
            assert users
            assert projected.record == counts_of(folded.rollup)
            assert users.record == users_of(folded.rollup)
