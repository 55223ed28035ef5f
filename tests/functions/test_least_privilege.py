"""Each function does all its work with its actions in `functions/manifest.json`, and needs each."""

import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline.transport import AsyncHttpResponse, HttpRequest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError
from httpx2 import ASGITransport, AsyncClient

from api import app as composition
from api.app import build_resources, create_app
from api.domain.metrics import Metric, MetricValue
from api.domain.reference import Membership
from api.services.organizations import ensure_local_organizations
from api.settings import Settings
from api.stores.cosmos_containers import CONTAINERS
from api.stores.protocol import Store, Unavailable
from cosmos_emulator import Emulator
from cosmos_emulator.access import ACCOUNT_ACTIONS, CONTAINER_ACTIONS, DATA_ACTIONS, Role
from cosmos_emulator.transports import AsyncTransport
from tests.functions.function_workloads import DAY, ORG, USER, WORK, Function
from tests.support import ManualClock

FOLDER = Path(__file__).parents[2] / "functions"
ACCOUNT = "/"
SINCE = "2026-01-01T00:00:00.000000Z"

type Rights = Mapping[str, frozenset[str]]  # full names of data actions, by container

MANIFEST: dict[str, dict[str, Any]] = json.loads((FOLDER / "manifest.json").read_text())
TABLE: dict[str, dict[str, dict[str, Any]]] = {
    function: entry["actions"] for function, entry in MANIFEST.items()
}


def full_name(container: str, action: str) -> str:
    return (ACCOUNT_ACTIONS if container == ACCOUNT else CONTAINER_ACTIONS) + action


RIGHTS: dict[str, Rights] = {
    function: {
        container: frozenset(full_name(container, action) for action in entry["actions"])
        for container, entry in containers.items()
    }
    for function, containers in TABLE.items()
}


class Transport(AsyncTransport):
    """Notes the data actions that were refused."""

    def __init__(self, emulator: Emulator, refusals: list[str]) -> None:
        super().__init__(emulator)
        self._refusals = refusals

    async def send(self, request: HttpRequest, **options: Any) -> AsyncHttpResponse:
        response = await super().send(request, **options)
        if response.status_code == 403:
            self._refusals += re.findall(r"perform action \[(.+?)\]", response.body().decode())
        return response


type Deploy = Callable[[str, Rights, list[str]], AbstractAsyncContextManager[Function]]


@pytest.fixture
async def deploy(
    settings: Settings, emulator: Emulator, clock: ManualClock, store: Store
) -> Deploy:
    """Deploy a function with these permissions over a store with organisations and people."""
    await ensure_local_organizations(store)
    for record in (
        Membership(USER, ORG, "admin", SINCE),
        Metric(ORG, "revenue", "sum"),
        MetricValue(ORG, "revenue", DAY, 12.5),
    ):
        await store.create(record)

    @asynccontextmanager
    async def deploy(name: str, rights: Rights, refusals: list[str]) -> AsyncGenerator[Function]:
        for role in roles(settings.cosmos_database, rights):
            emulator.assign(name, role)
        transport, identity = Transport(emulator, refusals), emulator.credential(name)
        opened = (
            composition._open_cosmos(settings, emulator.endpoint, identity, transport=transport)
            if rights
            else nullcontext()
        )
        app = create_app(settings, folds=False)
        async with (
            opened as own_store,
            AsyncClient(
                transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://api.test"
            ) as http,
        ):
            resources = app.state.resources = build_resources(settings, own_store, now=clock)
            database = store._database
            yield Function(http, resources, store, database, emulator, settings, clock)

    return deploy


def roles(database: str, rights: Rights) -> list[Role]:
    return [
        Role(actions, ACCOUNT if container == ACCOUNT else f"/dbs/{database}/colls/{container}")
        for container, actions in rights.items()
    ]


EACH_RIGHT = [
    pytest.param(name, container, action, id=f"{name}-{container}-{action.rpartition('/')[2]}")
    for name, rights in RIGHTS.items()
    for container, actions in rights.items()
    for action in sorted(actions)
]


@pytest.fixture(autouse=True)
def sdk_gives_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(composition._COSMOS_OPTIONS, "retry_throttle_total", -1)
    monkeypatch.setenv("AZURE_COSMOS_HEALTH_CHECK_RETRY_AFTER_MS", "1")


@pytest.mark.parametrize("name", WORK)
async def test_its_rights_are_enough(deploy: Deploy, name: str):
    refusals = list[str]()
    async with deploy(name, RIGHTS[name], refusals) as function:
        await WORK[name](function)

    assert not refusals


@pytest.mark.parametrize(("name", "container", "action"), EACH_RIGHT)
async def test_every_right_is_needed(deploy: Deploy, name: str, container: str, action: str):
    rights, refusals = RIGHTS[name], list[str]()
    fewer = {**rights, container: rights[container] - {action}}

    with pytest.raises((AssertionError, LookupError, CosmosHttpResponseError, Unavailable)):
        async with deploy(name, fewer, refusals) as function:
            await WORK[name](function)
    assert set(refusals) == {action}


DOCUMENT = {"id": "x", "org_id": ORG, "day": DAY, "user_id": USER}
NEEDED: dict[str, tuple[set[str], Callable[[ContainerProxy, Any], Any]]] = {
    "create": ({"items/create"}, lambda c, _: c.create_item(DOCUMENT)),
    "read": ({"items/read"}, lambda c, key: c.read_item("x", key)),
    "replace": ({"items/replace"}, lambda c, _: c.replace_item("x", DOCUMENT)),
    "upsert": ({"items/upsert"}, lambda c, _: c.upsert_item(DOCUMENT)),
    "delete": ({"items/delete"}, lambda c, key: c.delete_item("x", key)),
    "query": (
        {"executeQuery", "readChangeFeed"},
        lambda c, key: every(c.query_items("SELECT * FROM c", partition_key=key)),
    ),
    "feed": (
        {"readChangeFeed"},
        lambda c, key: every(c.query_items_change_feed(partition_key=key)),
    ),
}


async def every(items: Any) -> None:
    async for _ in items:
        pass


@pytest.mark.parametrize("name", [name for name, rights in RIGHTS.items() if rights])
async def test_everything_else_is_403(deploy: Deploy, name: str):
    async with deploy(name, RIGHTS[name], []) as function:
        for container in CONTAINERS:
            proxy = function.database.get_container_client(container.name)
            paths = [path.removeprefix("/") for path in container.partition_key]
            key = [DOCUMENT[path] for path in paths] if len(paths) > 1 else DOCUMENT[paths[0]]
            granted = RIGHTS[name].get(container.name, frozenset())
            for actions, run in NEEDED.values():
                allowed = {full_name(container.name, action) for action in actions} <= granted
                assert (await status(run(proxy, key)) != 403) == allowed, (container.name, actions)
        assert await status(function.database.create_container("new", None)) == 403


async def status(request: Awaitable[Any]) -> int:
    try:
        await request
    except CosmosHttpResponseError as error:
        return error.status_code
    return 200


def test_every_function_is_in_the_table_with_its_reasons():
    containers = {ACCOUNT, *(container.name for container in CONTAINERS)}

    assert set(TABLE) == {path.stem for path in FOLDER.glob("[!_]*.py")} == set(WORK)
    for name, entries in TABLE.items():
        assert bool(entries) == ("store" in MANIFEST[name]["needs"]), name
        assert set(entries) <= containers, name
        for entry in entries.values():
            assert set(entry) == {"actions", "reason"}
            assert len(set(entry["actions"])) == len(entry["actions"]) > 0
            assert entry["reason"]
    assert all(actions <= DATA_ACTIONS for r in RIGHTS.values() for actions in r.values())
