"""Triggers of the readers of changes on the local hosts: Cosmos DB's feed, DynamoDB's stream."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.hosting.azure_feed import EVERY_FIVE_MINUTES
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.settings import Settings
from scripts.hosts import cosmos_trigger, stream_trigger
from tests.functions.cloud import Cloud
from tests.functions.test_archive_function import KEYS, lake_on_lambda
from tests.functions.test_rollup_function import ORG, TIMER, check_counted_once, store_events
from tests.lake.samples import stored_keys
from tests.support import an_event

TIMERS = {"rollup_metrics": "sweep_rollups", "archive_events": "compact_lake"}
EVENTS, METRICS = "/api/v1/events", "/api/v1/metrics/summary"
DAY = "2026-02-03"  # a day that no other test uses
# The timer sweeps immediately and then not for minutes. Later events are folded by the feed.
FIRST_TICK_SECONDS = 2
SECONDS_MAX = 30


@contextmanager
def running(cloud: Cloud, triggers: Coroutine[Any, Any, None]) -> Generator[None]:
    driver = cloud.begin(triggers)
    try:
        cloud.run(asyncio.sleep(FIRST_TICK_SECONDS))
        assert not driver.done()
        yield
    finally:
        driver.cancel()


async def eventually(check: Callable[[], Awaitable[None]]) -> None:
    """Repeat the check until it passes, at most 30 times; the last failure is raised."""
    for _ in range(SECONDS_MAX):
        try:
            return await check()
        except AssertionError:
            await asyncio.sleep(1)
    return await check()


@pytest.mark.parametrize(("name", "timer"), TIMERS.items())
def test_a_change_feed_trigger_starts_at_the_beginning_and_retries_forever(
    cloud: Cloud, name: str, timer: str
):
    functions = cloud.apps[name].functions
    [trigger] = functions[name]["bindings"]
    [schedule] = functions[timer]["bindings"]

    assert {
        "type": "cosmosDBTrigger",
        "containerName": "events",
        "leaseContainerName": "leases",
        "leaseContainerPrefix": name,  # the readers have positions of their own
        "startFromBeginning": True,
    }.items() <= trigger.items()
    assert functions[name]["retries"] == -1
    assert schedule["type"] == "timerTrigger"


def test_alerts_are_checked_every_five_minutes(cloud: Cloud):
    app = cloud.apps["check_alerts"]
    [schedule] = app.functions["check_alerts"]["bindings"]

    assert (schedule["type"], schedule["schedule"]) == ("timerTrigger", EVERY_FIVE_MINUTES)
    cloud.run(app.call("check_alerts", json=TIMER))
    kind, response = cloud.run(cloud.lambda_host.invoke("check_alerts", {"source": "aws.events"}))
    assert kind != "error", response


def test_the_archiver_gathers_changes_for_less_than_a_minute(cloud: Cloud):
    [trigger] = cloud.apps["archive_events"].functions["archive_events"]["bindings"]

    assert 30_000 <= trigger["feedPollDelay"] < 60_000
    assert trigger["maxItemsPerInvocation"] >= 1000


def test_the_change_feed_trigger_counts_new_events(cloud: Cloud):
    database = "triggered"
    app = cloud.run(cloud.start_app("rollup_metrics", database))
    cloud.run(_prepare(cloud, database))
    settings = Settings.from_environment(cloud.variables(database))
    try:
        with running(cloud, cosmos_trigger.run_triggers(app, settings)):
            cloud.run(store_events(cloud, database))
            cloud.run(eventually(lambda: check_counted_once(cloud, database)))
    finally:
        cloud.run(app.stop())


def test_the_change_feed_trigger_archives_new_events(cloud: Cloud, tmp_path: Path):
    database = "archived"
    app = cloud.run(cloud.start_app("archive_events", database, ANALYTICS_DATA_DIR=str(tmp_path)))
    cloud.run(_prepare(cloud, database))
    settings = Settings.from_environment(cloud.variables(database))
    reader = DuckDBReader(LakeStorage.in_folder(tmp_path / "lake"))

    async def is_archived() -> None:
        assert sorted(await stored_keys(reader, ORG)) == KEYS

    try:
        with running(cloud, cosmos_trigger.run_triggers(app, settings)):
            cloud.run(store_events(cloud, database))
            cloud.run(eventually(is_archived))
    finally:
        cloud.run(app.stop())


async def _prepare(cloud: Cloud, database: str) -> None:
    async with cloud.open_store(database):
        pass  # opening creates the containers


def test_the_stream_trigger_counts_and_archives_new_events(cloud: Cloud, token: str):
    settings = Settings.from_environment(cloud.environments["lambda"])
    events = [an_event(event_type="streamed", timestamp=f"{DAY}T10:00:0{n}Z") for n in range(3)]
    query = {"metrics": ["events.streamed"], "start_date": DAY, "end_date": DAY}
    headers = {"Authorization": f"Bearer {token}"}
    with (
        httpx2.Client(base_url=cloud.urls["lambda"], headers=headers, timeout=30) as client,
        running(cloud, stream_trigger.run_triggers(cloud.lambda_host, settings)),
    ):
        stored = client.post(EVENTS, json={"events": events})
        assert stored.status_code == 201

        async def is_counted() -> None:
            response = await asyncio.to_thread(client.get, METRICS, params=query)
            assert response.json()["metrics"][0]["total"] == len(events)

        async def is_archived() -> None:
            found = await stored_keys(DuckDBReader(lake_on_lambda(cloud)), ORG)
            assert len([key for key in found if key.startswith(DAY)]) == len(events)

        asyncio.run(eventually(is_counted))
        asyncio.run(eventually(is_archived))
