"""The change-feed function under the real runtime: kills, throttling, poison and the timer."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from azure.cosmos.aio import CosmosClient

from api.domain.events import DayBatch, Event
from api.domain.rollups import DayCounts, DayUsers, DeadLetter, users_id
from api.services.sketches import estimate
from api.stores.cosmos_feed import read_changes
from cosmos_emulator.messages import Request, Response
from scripts.hosts.azure_app import FunctionApp, FunctionFailed
from tests.functions.cloud import Cloud

ORG, DAYS = "org_acme", ("2026-03-01", "2026-03-02")
EVENTS_PER_DAY = 40
TIMER = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}


async def store_events(cloud: Cloud, database: str) -> None:
    """Store forty events by seven users on each of two days, in four batches per day."""
    async with cloud.open_store(database) as store:
        for day in DAYS:
            events = [
                Event(ORG, f"e{n}", f"type-{n % 3}", f"u{n % 7}", f"{day}T00:00:{n:02}.000000Z", {})
                for n in range(EVENTS_PER_DAY)
            ]
            for start in range(0, EVENTS_PER_DAY, 10):
                await store.append(DayBatch(ORG, day, events[start : start + 10], None))


async def feed(cloud: Cloud, database: str) -> list[dict[str, Any]]:
    """Return all documents that are in the change feed now."""
    async with CosmosClient(cloud.emulator.endpoint, cloud.emulator.key) as client:
        container = client.get_database_client(database).get_container_client("events")
        documents, position, page = list[dict[str, Any]](), None, [{}]
        while page:
            page, position = await read_changes(container, position, limit=500)
            documents += page
        return documents


async def deliver(cloud: Cloud, database: str, app: FunctionApp) -> None:
    """Deliver all changes repeatedly, each at least twice, until there are no new ones."""
    delivered = -1
    while delivered != (documents := await feed(cloud, database)):
        await app.call("rollup_metrics", json=documents)
        delivered = documents


async def check_counted_once(cloud: Cloud, database: str) -> None:
    expected = Counter(f"type-{n % 3}" for n in range(EVENTS_PER_DAY))
    async with cloud.open_store(database) as store:
        for day in DAYS:
            counts = await store.read(DayCounts, ORG, day)
            users = await store.read(DayUsers, ORG, users_id(day))

            assert counts
            assert users
            assert counts.record.counts == expected
            assert estimate(users.record.sketch) == 7
        assert await store.unfolded() == set()


def is_batch(scope: Mapping[str, Any]) -> bool:
    headers = dict(scope["headers"])
    return headers.get(b"x-ms-cosmos-is-batch-request", b"").lower() == b"true"


def is_projection(scope: Mapping[str, Any]) -> bool:
    headers = dict(scope["headers"])
    is_write = scope["method"] in ("POST", "PUT") and b"x-ms-documentdb-isquery" not in headers
    return is_write and "/colls/rollups/docs" in scope["path"]


@pytest.mark.parametrize(
    ("name", "is_step", "moment"),
    [
        ("before-fold", is_batch, "before"),
        ("after-fold", is_batch, "after"),
        ("before-projection", is_projection, "before"),
        ("after-projection", is_projection, "after"),
    ],
)
def test_redelivery_after_a_kill_counts_nothing_twice(
    cloud: Cloud, name: str, is_step: Callable[[Mapping[str, Any]], bool], moment: str
):
    cloud.run(store_events(cloud, name))
    app = cloud.run(cloud.start_app("rollup_metrics", name))
    if is_step is is_projection:  # the feed must contain rollups
        cloud.run(app.call("sweep_rollups", json=TIMER))
    documents = cloud.run(feed(cloud, name))
    cloud.network.is_blocked.clear()
    cloud.network.block = lambda scope: moment if is_step(scope) else ""
    call = cloud.begin(app.call("rollup_metrics", json=documents))
    try:
        assert cloud.network.is_blocked.wait(20)
        app.kill()
        with pytest.raises(FunctionFailed, match="the process ended"):
            call.result(20)
    finally:
        cloud.network.block = lambda _: ""
        cloud.run(app.stop())

    again = cloud.run(cloud.start_app("rollup_metrics", name))
    cloud.run(deliver(cloud, name, again))
    cloud.run(again.stop())

    cloud.run(check_counted_once(cloud, name))


@pytest.fixture
def app(cloud: Cloud, request: pytest.FixtureRequest):
    """Return the function on a database of its own, named after the test."""
    app = cloud.run(cloud.start_app("rollup_metrics", request.node.name))
    yield app
    cloud.run(app.stop())


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    return request.node.name


def test_the_timer_folds_days_whose_change_was_not_delivered(
    cloud: Cloud, app: FunctionApp, database: str
):
    cloud.run(store_events(cloud, database))
    cloud.run(app.call("sweep_rollups", json=TIMER))
    cloud.run(deliver(cloud, database, app))

    cloud.run(check_counted_once(cloud, database))


def test_a_throttled_store_fails_the_invocation_so_that_it_is_retried(
    cloud: Cloud, app: FunctionApp, database: str
):
    cloud.run(store_events(cloud, database))
    documents = cloud.run(feed(cloud, database))

    def throttle(request: Request) -> Response | None:
        if request.operation == "batch" and request.database == database:
            return Response(429, {"x-ms-retry-after-ms": "9000"}, b"{}")
        return None

    cloud.emulator.interceptors.append(throttle)
    try:
        with pytest.raises(FunctionFailed, match="Throttled"):
            cloud.run(app.call("rollup_metrics", json=documents))
    finally:
        cloud.emulator.interceptors.remove(throttle)
    cloud.run(deliver(cloud, database, app))

    cloud.run(check_counted_once(cloud, database))


def test_an_invalid_document_in_a_batch_does_not_affect_the_others(
    cloud: Cloud, app: FunctionApp, database: str
):
    cloud.run(store_events(cloud, database))
    poison = {"type": "delta", "org_id": ORG, "day": DAYS[0], "id": "delta~bad", "counts": "many"}

    async def put() -> None:
        async with CosmosClient(cloud.emulator.endpoint, cloud.emulator.key) as client:
            events = client.get_database_client(database).get_container_client("events")
            await events.create_item(poison)

    async def dead_letters() -> list[DeadLetter]:
        async with cloud.open_store(database) as store:
            return list(await store.find(DeadLetter, ORG))

    cloud.run(put())
    cloud.run(deliver(cloud, database, app))
    [kept] = cloud.run(dead_letters())

    assert kept.document == poison
    assert kept.reason
    cloud.run(check_counted_once(cloud, database))
