"""Fixtures: the real app and Cosmos DB store on an in-memory emulator, with a manual clock."""

import asyncio
import shutil
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from fastapi import APIRouter, FastAPI
from httpx2 import ASGITransport, AsyncClient
from starlette.routing import BaseRoute

from api.app import create_app
from api.auth.keys.file import FileKeySource
from api.backends import open_emulated
from api.services.rollups import catch_up
from api.settings import Settings
from api.stores.protocol import Store
from cosmos_emulator import Emulator
from tests.scheduling import FileOrFolderScheduling, start_slow_folders_first
from tests.support import ManualClock, copy_data

# Shells start background jobs with SIGINT ignored, and the tests' processes would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FileOrFolderScheduling:
    """Distribute tests as `FileOrFolderScheduling` describes."""
    return FileOrFolderScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the slowest folders first."""
    start_slow_folders_first(items)


def pytest_make_parametrize_id(val: object) -> None:
    """Refuse ids made from a gzip stream, whose timestamp gives each xdist worker another id."""
    if isinstance(val, bytes) and val.startswith(b"\x1f\x8b"):
        raise pytest.UsageError(f"name this parameter with `ids`: {val[:40]!r}")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session", autouse=True)
def check_each_key_once() -> Iterator[None]:
    """Parse each RSA key once, because checking one takes a tenth of a short test's time."""
    with pytest.MonkeyPatch.context() as patch:
        parse = cache(serialization.load_pem_private_key)
        patch.setattr(serialization, "load_pem_private_key", parse)
        yield


@pytest.fixture(scope="session", autouse=True)
def prepare_each_route_once() -> Iterator[None]:
    """Prepare each route once, instead of in the first request of each test's app."""
    include, prepared = FastAPI.include_router, dict[int, BaseRoute]()

    def include_router(app: FastAPI, router: APIRouter) -> None:
        if route := prepared.get(id(router)):
            app.router.routes.append(route)
        else:
            include(app, router)
            prepared[id(router)] = app.router.routes[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FastAPI, "include_router", include_router)
        yield


@pytest.fixture(scope="session")
def key_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create two signing keys per run: generating an RSA key takes longer than most tests."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("signing-key.json", "identity-key.json"):
        FileKeySource(folder / name, is_local=True, now=ManualClock())
    return folder


@pytest.fixture
def settings(tmp_path: Path, key_files: Path) -> Settings:
    for file in key_files.glob("*.json"):  # other tests write more files into the folder
        shutil.copy(file, tmp_path)
    return Settings(data_dir=tmp_path)


@pytest.fixture(scope="session")
def prepared_emulators(key_files: Path) -> Iterator[tuple[Emulator, Emulator]]:
    """Yield an emulator with the containers, and one that also has the local records of an app.

    To create them in each test would take longer than most tests.
    """
    settings, clock = Settings(data_dir=key_files), ManualClock()
    empty, local = (Emulator(clock=lambda: clock().timestamp()) for _ in range(2))

    async def prepare() -> None:
        async with open_emulated(settings, empty, now=clock):
            pass
        app = create_app(
            settings, open_store=lambda s: open_emulated(s, local, now=clock), folds=False
        )
        async with app.router.lifespan_context(app):
            pass

    asyncio.run(prepare())
    yield empty, local
    empty.close()
    local.close()


@pytest.fixture
def emulator(
    clock: ManualClock,
    prepared_emulators: tuple[Emulator, Emulator],
    request: pytest.FixtureRequest,
) -> Iterator[Emulator]:
    emulator = Emulator(clock=lambda: clock().timestamp())
    empty, local = prepared_emulators
    copy_data(local if "app" in request.fixturenames else empty, emulator)
    yield emulator
    emulator.close()


@pytest.fixture
async def store(
    settings: Settings, emulator: Emulator, clock: ManualClock
) -> AsyncGenerator[Store]:
    async with open_emulated(settings, emulator, now=clock) as store:
        yield store


@pytest.fixture
async def app(
    settings: Settings, emulator: Emulator, clock: ManualClock
) -> AsyncGenerator[FastAPI]:
    app = create_app(
        settings,
        open_store=lambda s: open_emulated(s, emulator, now=clock),
        now=clock,
        folds=False,
    )
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def http(app: FastAPI) -> AsyncGenerator[AsyncClient]:
    """Return a client of the app that sends no token."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield client


@pytest.fixture
def sign_in(http: AsyncClient) -> Callable[[str], Awaitable[AsyncClient]]:
    """Make the client send a token that was issued for an API key."""

    async def sign_in(api_key: str) -> AsyncClient:
        response = await http.post("/api/v1/auth/token", json={"api_key": api_key})
        assert response.status_code == 200, response.text
        http.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
        return http

    return sign_in


@pytest.fixture
async def acme(sign_in: Callable[[str], Awaitable[AsyncClient]]) -> AsyncClient:
    """Return a client with a token for org_acme's secret key."""
    return await sign_in("ak_local_acme")


@pytest.fixture
def fold(app: FastAPI) -> Callable[[], Awaitable[None]]:
    """Bring the rollups up to date, as the background task does."""
    return lambda: catch_up(app.state.resources.store)
