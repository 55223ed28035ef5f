"""Each function needs exactly the permissions listed in `functions/manifest.json`."""

import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline.transport import AsyncHttpResponse, HttpRequest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError
from httpx2 import ASGITransport, AsyncClient

from api import backends
from api.app import build_resources, create_app
from api.backends import lake_reader
from api.domain.metrics import Metric, MetricValue
from api.domain.reference import Membership
from api.lake.storage import LakeStorage
from api.services.organizations import ensure_local_organizations
from api.settings import OPEN, Settings
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

type Permissions = Mapping[str, frozenset[str]]  # container -> full names of data actions

MANIFEST: dict[str, dict[str, Any]] = json.loads((FOLDER / "manifest.json").read_text())
TABLE: dict[str, dict[str, dict[str, Any]]] = {
    function: entry["actions"] for function, entry in MANIFEST.items()
}


def full_name(container: str, action: str) -> str:
    return (ACCOUNT_ACTIONS if container == ACCOUNT else CONTAINER_ACTIONS) + action


PERMISSIONS: dict[str, Permissions] = {
    function: {
        container: frozenset(full_name(container, action) for action in entry["actions"])
        for container, entry in containers.items()
    }
    for function, containers in TABLE.items()
}


class Transport(AsyncTransport):
    """A transport that records refused data actions."""

    def __init__(self, emulator: Emulator, refusals: list[str]) -> None:
        super().__init__(emulator)
        self._refusals = refusals

    async def send(self, request: HttpRequest, **options: Any) -> AsyncHttpResponse:
        response = await super().send(request, **options)
        if response.status_code == 403:
            self._refusals += re.findall(r"perform action \[(.+?)\]", response.body().decode())
        return response


type Deploy = Callable[[str, Permissions, list[str]], AbstractAsyncContextManager[Function]]


@pytest.fixture
async def deploy(
    settings: Settings, emulator: Emulator, clock: ManualClock, store: Store
) -> Deploy:
    """Return a function that deploys a function app with given permissions on a prepared store."""
    settings = replace(settings, sign_up=OPEN)
    await ensure_local_organizations(store)
    for record in (
        Membership(USER, ORG, "admin", SINCE),
        Metric(ORG, "revenue", "sum"),
        MetricValue(ORG, "revenue", DAY, 12.5),
    ):
        await store.create(record)

    @asynccontextmanager
    async def deploy(
        name: str, permissions: Permissions, refusals: list[str]
    ) -> AsyncGenerator[Function]:
        for role in roles(settings.cosmos_database, permissions):
            emulator.assign(name, role)
        transport, identity = Transport(emulator, refusals), emulator.credential(name)
        opened = (
            backends._open_cosmos(settings, emulator.endpoint, identity, transport=transport)
            if permissions
            else nullcontext()
        )
        app = create_app(settings, folds=False)
        async with (
            opened as own_store,
            AsyncClient(
                transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://api.test"
            ) as http,
        ):
            lake = lake_reader(LakeStorage.in_folder(settings.data_dir / "lake"))
            resources = build_resources(settings, own_store, now=clock)
            resources = app.state.resources = replace(resources, opened_lake=lake)
            database = store._database
            yield Function(http, resources, store, database, emulator, settings, clock)

    return deploy


def roles(database: str, permissions: Permissions) -> list[Role]:
    return [
        Role(actions, ACCOUNT if container == ACCOUNT else f"/dbs/{database}/colls/{container}")
        for container, actions in permissions.items()
    ]


EACH_PERMISSION = [
    pytest.param(name, container, action, id=f"{name}-{container}-{action.rpartition('/')[2]}")
    for name, permissions in PERMISSIONS.items()
    for container, actions in permissions.items()
    for action in sorted(actions)
]


@pytest.fixture(autouse=True)
def sdk_gives_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(backends._COSMOS_OPTIONS, "retry_throttle_total", -1)
    monkeypatch.setenv("AZURE_COSMOS_HEALTH_CHECK_RETRY_AFTER_MS", "1")


@pytest.mark.parametrize("name", WORK)
async def test_the_permissions_of_a_function_are_sufficient(deploy: Deploy, name: str):
    refusals = list[str]()
    async with deploy(name, PERMISSIONS[name], refusals) as function:
        await WORK[name](function)

    assert not refusals


@pytest.mark.parametrize(("name", "container", "action"), EACH_PERMISSION)
async def test_every_permission_is_needed(deploy: Deploy, name: str, container: str, action: str):
    permissions, refusals = PERMISSIONS[name], list[str]()
    fewer = {**permissions, container: permissions[container] - {action}}

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
        lambda c, key: read_all(c.query_items("SELECT * FROM c", partition_key=key)),
    ),
    "feed": (
        {"readChangeFeed"},
        lambda c, key: read_all(c.query_items_change_feed(partition_key=key)),
    ),
}


async def read_all(items: Any) -> None:
    async for _ in items:
        pass


@pytest.mark.parametrize("name", [name for name, permissions in PERMISSIONS.items() if permissions])
async def test_every_other_operation_is_403(deploy: Deploy, name: str):
    async with deploy(name, PERMISSIONS[name], []) as function:
        for container in CONTAINERS:
            proxy = function.database.get_container_client(container.name)
            paths = [path.removeprefix("/") for path in container.partition_key]
            key = [DOCUMENT[path] for path in paths] if len(paths) > 1 else DOCUMENT[paths[0]]
            granted = PERMISSIONS[name].get(container.name, frozenset())
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


def test_every_function_lists_its_actions_with_reasons():
    containers = {ACCOUNT, *(container.name for container in CONTAINERS)}

    assert set(TABLE) == {path.stem for path in FOLDER.glob("[!_]*.py")} == set(WORK)
    for name, entries in TABLE.items():
        assert bool(entries) == ("store" in MANIFEST[name]["needs"]), name
        assert set(entries) <= containers, name
        for entry in entries.values():
            assert set(entry) == {"actions", "reason"}
            assert len(set(entry["actions"])) == len(entry["actions"]) > 0
            assert entry["reason"]
    assert all(actions <= DATA_ACTIONS for r in PERMISSIONS.values() for actions in r.values())
