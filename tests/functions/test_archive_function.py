"""The function `archive_events` under the real runtimes: redelivery, kills, faults, the timer."""

import asyncio
import json
from contextlib import closing
from pathlib import Path
from random import Random

import httpx2
import pytest

from api.domain.rollups import Checkpoint
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage, Options
from api.services.archive import UNARCHIVED
from api.settings import Settings
from api.stores.dynamodb_client import DynamoDBClient
from api.stores.dynamodb_streams import read_records
from cosmos_emulator.messages import Request, Response
from scripts.hosts.azure_app import FunctionApp, FunctionFailed
from tests.functions.cloud import Cloud
from tests.functions.test_rollup_function import (
    DAYS,
    EVENTS_PER_DAY,
    ORG,
    TIMER,
    feed,
    store_events,
)
from tests.lake.samples import stored_keys
from tests.support import an_event

SEED = 20261130
KEYS = sorted(f"{day}T00:00:{n:02}.000000Z~e{n}" for day in DAYS for n in range(EVENTS_PER_DAY))


@pytest.fixture
def lake(tmp_path: Path) -> DuckDBReader:
    return DuckDBReader(LakeStorage.in_folder(tmp_path / "lake"))


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    return request.node.name


def start(cloud: Cloud, database: str, folder: Path) -> FunctionApp:
    return cloud.run(cloud.start_app("archive_events", database, ANALYTICS_DATA_DIR=str(folder)))


@pytest.fixture
def app(cloud: Cloud, database: str, tmp_path: Path):
    """Return the function on a database and a lake of its own, with stored events."""
    cloud.run(store_events(cloud, database))
    app = start(cloud, database, tmp_path)
    yield app
    cloud.run(app.stop())


def lake_on_lambda(cloud: Cloud) -> LakeStorage:
    """Return the lake of the Lambda functions, which is in a bucket of moto."""
    variables = cloud.environments["lambda"]
    known: Options = {
        "endpoint": variables["AWS_ENDPOINT_URL_S3"],
        "access_key_id": variables["AWS_ACCESS_KEY_ID"],
        "secret_access_key": variables["AWS_SECRET_ACCESS_KEY"],
        "region": variables["AWS_REGION"],
    }

    async def credentials() -> Options:
        return known

    return LakeStorage(variables["ANALYTICS_LAKE_URL"], credentials, allows_http=True)


def keys(cloud: Cloud, lake: DuckDBReader) -> list[str]:
    return sorted(cloud.run(stored_keys(lake, ORG)))


def test_redelivered_batches_are_archived_once(
    cloud: Cloud, app: FunctionApp, database: str, lake: DuckDBReader
):
    documents = cloud.run(feed(cloud, database))
    for batch in (documents[:50], documents, documents[30:]):
        cloud.run(app.call("archive_events", json=batch))

    assert keys(cloud, lake) == KEYS


def test_concurrent_batches_are_archived_once(
    cloud: Cloud, app: FunctionApp, database: str, lake: DuckDBReader
):
    documents = cloud.run(feed(cloud, database))
    calls = [cloud.begin(app.call("archive_events", json=documents)) for _ in range(3)]
    calls.append(cloud.begin(app.call("compact_lake", json=TIMER)))
    for call in calls:
        call.result(60)

    assert keys(cloud, lake) == KEYS


@pytest.mark.parametrize("kills", [4, pytest.param(40, marks=pytest.mark.full)])
def test_an_archiver_that_is_killed_at_random_loses_and_duplicates_nothing(
    cloud: Cloud, tmp_path: Path, lake: DuckDBReader, kills: int
):
    random, database = Random(SEED), f"killed-{kills}"  # noqa: S311 - not for cryptography
    cloud.run(store_events(cloud, database))
    documents = cloud.run(feed(cloud, database))
    outcomes: list[bool] = []
    for _ in range(kills):
        app = start(cloud, database, tmp_path)
        call = cloud.begin(_archive_in_parts(app, documents, random.randint(5, 30)))
        try:
            cloud.run(asyncio.sleep(random.uniform(0, 1.5)))
            app.kill()
            outcomes.append(call.exception(20) is not None)
        finally:
            cloud.run(app.stop())
        assert len(set(found := keys(cloud, lake))) == len(found)
        assert set(found) <= set(KEYS)

    again = start(cloud, database, tmp_path)
    cloud.run(again.call("archive_events", json=documents))
    cloud.run(again.call("compact_lake", json=TIMER))
    cloud.run(again.stop())
    assert any(outcomes)
    assert keys(cloud, lake) == KEYS


async def _archive_in_parts(app: FunctionApp, documents: list[dict], size: int) -> None:
    for begin in range(0, len(documents), size):
        await app.call("archive_events", json=documents[begin : begin + size])
        await app.call("compact_lake", json=TIMER)


def test_the_timer_archives_noted_days(
    cloud: Cloud, app: FunctionApp, database: str, lake: DuckDBReader
):
    async def note() -> None:
        async with cloud.open_store(database) as store:
            await UNARCHIVED.add(store, [(ORG, day) for day in DAYS])

    async def noted() -> str:
        async with cloud.open_store(database) as store:
            stored = await store.read(Checkpoint, UNARCHIVED.name)
            return stored.record.position if stored else ""

    cloud.run(note())
    cloud.run(app.call("compact_lake", json=TIMER))

    assert keys(cloud, lake) == KEYS
    assert cloud.run(noted()) == "[]"


def test_a_lake_that_cannot_be_written_fails_the_invocation_so_that_it_is_retried(
    cloud: Cloud, app: FunctionApp, database: str, tmp_path: Path, lake: DuckDBReader
):
    documents = cloud.run(feed(cloud, database))
    (tmp_path / "lake").write_text("not a folder")
    with pytest.raises(FunctionFailed, match="lake"):
        cloud.run(app.call("archive_events", json=documents))
    (tmp_path / "lake").unlink()
    cloud.run(app.call("archive_events", json=documents))

    assert keys(cloud, lake) == KEYS


@pytest.mark.full  # takes a minute
def test_a_throttled_store_fails_the_timer(cloud: Cloud, app: FunctionApp, database: str):
    def throttle(request: Request) -> Response | None:
        if request.database == database:
            wait = {"x-ms-retry-after-ms": "40000"}  # longer than the SDK waits in total
            return Response(429, wait, b"{}")
        return None

    cloud.emulator.interceptors.append(throttle)
    try:
        with pytest.raises(FunctionFailed):
            cloud.run(app.call("compact_lake", json=TIMER))
    finally:
        cloud.emulator.interceptors.remove(throttle)


def test_redelivered_stream_records_are_archived_once_on_lambda(cloud: Cloud, token: str):
    settings = Settings.from_environment(cloud.environments["lambda"])
    day = "2026-01-09"  # a day that no other test uses
    events = [an_event(n, timestamp=f"{day}T00:00:{n:02}Z") for n in range(30)]
    headers = {"Authorization": f"Bearer {token}"}

    async def archive() -> None:
        with closing(
            DynamoDBClient(settings.dynamodb_endpoint, settings.dynamodb_table_prefix)
        ) as client:
            records, _ = await read_records(client, None, limit=5000)
        event = {"Records": json.loads(json.dumps(records, default=str))}
        for sent in (event, event, {"source": "aws.events"}):
            kind, response = await cloud.lambda_host.invoke("archive_events", sent)
            assert kind == "response", response

    with httpx2.Client(base_url=cloud.urls["lambda"], headers=headers, timeout=30) as client:
        assert client.post("/api/v1/events", json={"events": events}).status_code == 201
    cloud.run(archive())
    archived = keys(cloud, DuckDBReader(lake_on_lambda(cloud)))

    assert [key for key in archived if key.startswith(day)] == sorted(
        f"{day}T00:00:{n:02}.000000Z~event-{n:04}" for n in range(30)
    )
