"""Each physical partition of a container has its share of the provisioned throughput."""

import asyncio
import threading
from collections.abc import Generator

import orjson
import pytest
from azure.cosmos import CosmosClient, PartitionKey
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from cosmos_emulator import Emulator
from cosmos_emulator.transports import Transport

from .conftest import MovableClock

BIG = "x" * 60_000  # 23 request units per write
KEY = {"x-ms-documentdb-partitionkey": '["p"]'}
ITEMS = "/dbs/db/colls/items/docs"


@pytest.fixture
def emulator(clock: MovableClock) -> Generator[Emulator]:
    emulator = Emulator(clock=clock, throttles=True)
    yield emulator
    emulator.close()


@pytest.fixture
def waits(clock: MovableClock, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the times that the SDK waits, during which the clock moves on.

    Servers that other tests have started run in threads of their own and wait as usual.
    """
    found, sleep, thread = list[float](), asyncio.sleep, threading.current_thread()

    async def wait(seconds: float) -> None:
        if threading.current_thread() is not thread:
            await sleep(seconds)
        elif seconds:
            found.append(seconds)
            clock.forward(seconds)

    monkeypatch.setattr(asyncio, "sleep", wait)
    return found


def exhaust(emulator: Emulator) -> None:
    """Write items of one partition key until a request is refused."""
    for number in range(100):
        item = {"id": f"p{number}", "pk": "p", "text": BIG}
        if emulator.handle("POST", ITEMS, KEY, orjson.dumps(item)).status == 429:
            return
    raise AssertionError


async def test_the_retries_of_the_sdk_succeed(
    emulator: Emulator, items: ContainerProxy, waits: list[float]
) -> None:
    exhaust(emulator)

    await items.upsert_item({"id": "a", "pk": "p", "text": BIG})
    assert len(waits) == 1
    assert 0 < waits[0] <= 0.12
    assert (await items.read_item("a", "p"))["id"] == "a"


@pytest.mark.usefixtures("items")
def test_a_refused_request_states_when_to_retry(emulator: Emulator, clock: MovableClock) -> None:
    exhaust(emulator)
    refused = emulator.handle("GET", f"{ITEMS}/p0", KEY)

    assert refused.status == 429
    assert refused.headers["x-ms-substatus"] == "3200"
    wait = int(refused.headers["x-ms-retry-after-ms"])
    clock.forward((wait - 2) / 1000)
    assert emulator.handle("GET", f"{ITEMS}/p0", KEY).status == 429
    clock.forward(0.002)
    assert emulator.handle("GET", f"{ITEMS}/p0", KEY).status == 200


async def test_other_partitions_and_metadata_are_not_affected(
    emulator: Emulator, items: ContainerProxy
) -> None:
    ranges = dict[str, str]()
    for key in "pqrs":
        created = await items.create_item({"id": key, "pk": key})
        ranges[key] = created.get_response_headers()["x-ms-documentdb-partitionkeyrangeid"]
    other = next(key for key in ranges if ranges[key] != ranges["p"])
    exhaust(emulator)

    assert emulator.handle("GET", f"{ITEMS}/p0", KEY).status == 429
    headers = {"x-ms-documentdb-partitionkey": f'["{other}"]'}
    assert emulator.handle("GET", f"{ITEMS}/{other}", headers).status == 200
    assert emulator.handle("GET", ITEMS, {}).status == 429  # it reads all partitions
    assert emulator.handle("GET", "/dbs/db/colls/items", {}).status == 200


@pytest.mark.usefixtures("items")
def test_failed_requests_use_request_units(emulator: Emulator, clock: MovableClock) -> None:
    statuses = [emulator.handle("GET", f"{ITEMS}/missing", KEY).status for _ in range(201)]
    clock.forward(0.01)

    assert statuses == [404] * 200 + [429]
    assert emulator.handle("GET", f"{ITEMS}/missing", KEY).status == 404


async def test_a_replaced_throughput_applies_at_once(
    emulator: Emulator, items: ContainerProxy, clock: MovableClock
) -> None:
    exhaust(emulator)
    await items.replace_throughput(4_000)
    clock.forward(0.02)

    assert emulator.handle("GET", f"{ITEMS}/p0", KEY).status == 200


def test_containers_of_a_database_share_its_throughput(clock: MovableClock) -> None:
    emulator = Emulator(clock=clock, throttles=True)
    client = CosmosClient(
        emulator.endpoint, emulator.key, transport=Transport(emulator), retry_throttle_total=0
    )
    database = client.create_database("db", offer_throughput=400)
    one, two = (database.create_container(name, PartitionKey("/id")) for name in ("a", "b"))
    for number in range(19):
        one.create_item({"id": f"{number}", "text": BIG})

    with pytest.raises(CosmosHttpResponseError) as refused:
        two.create_item({"id": "a"})
    assert refused.value.status_code == 429
    emulator.close()


@pytest.mark.parametrize("options", [{}, {"serverless": True, "throttles": True}])
def test_throughput_is_not_limited_by_default_or_without_an_offer(options: dict[str, bool]) -> None:
    emulator = Emulator(clock=lambda: 0.0, **options)
    emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
    body = b'{"id": "items", "partitionKey": {"paths": ["/pk"]}}'
    emulator.handle("POST", "/dbs/db/colls", {}, body)
    statuses = {emulator.handle("GET", f"{ITEMS}/a", KEY).status for _ in range(1_000)}

    assert statuses == {404}
    emulator.close()
