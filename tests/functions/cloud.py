"""A local cloud: the emulator over HTTP, every function bundle under its real runtime, and the API.

Each host has a port and a database of its own.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from socket import socket
from typing import Any, Self

import uvicorn

from api.app import create_app
from api.backends import open_store
from api.settings import Settings
from cosmos_emulator import Emulator
from cosmos_emulator.asgi import application
from scripts.functions_host import HOST, dynamodb, install_runtime, routes, started
from scripts.hosts.azure_app import FunctionApp
from scripts.hosts.azure_host import FunctionsHost
from scripts.hosts.lambda_host import LambdaHost
from scripts.hosts.stream_trigger import run_triggers
from scripts.servers import free_port, listen
from tests.functions.dynamodb_front import DynamoDBFront

ORIGIN = "http://localhost:3000"
SECONDS_MAX = 60


class Network:
    """The network between functions and the emulator.

    `block` returns "before" or "after" for requests that never get a response, else "".
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self.block: Callable[[Mapping[str, Any]], str] = lambda _: ""
        self.is_blocked = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        moment = self.block(scope) if scope["type"] == "http" else ""
        if moment == "before":
            await self._wait_forever()

        async def send_unless_blocked(message: Any) -> None:
            if moment == "after":
                await self._wait_forever()
            await send(message)

        await self._app(scope, receive, send_unless_blocked)

    async def _wait_forever(self) -> None:
        self.is_blocked.set()
        await asyncio.Event().wait()


class Cloud:
    """All hosts, on a separate thread; `urls` has the address of "azure", "lambda" and "direct"."""

    def __init__(self, bundles: Path, data_dir: Path) -> None:
        self._bundles = bundles
        self._data_dir = data_dir
        self._port = free_port()
        self.emulator = Emulator(endpoint=f"http://{HOST}:{self._port}/")
        self.network = Network(application(self.emulator))
        self.urls: dict[str, str] = {}
        self.environments = {host: self.variables(host) for host in ("direct", "azure")}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._resources = AsyncExitStack()

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.run(self._start())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._resources.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.emulator.close()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the cloud's event loop and return its result."""
        return self.begin(work).result(SECONDS_MAX)

    def begin[T](self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def variables(self, database: str, **more: str) -> dict[str, str]:
        """Return the environment variables of a function."""
        return {
            "ANALYTICS_COSMOS_ENDPOINT": self.emulator.endpoint,
            "ANALYTICS_COSMOS_KEY": self.emulator.key,
            "ANALYTICS_COSMOS_DATABASE": database,
            "ANALYTICS_DATA_DIR": str(self._data_dir),
            "ANALYTICS_CURSOR_SECRET": "the same everywhere",
            "ANALYTICS_CORS_ORIGINS": ORIGIN,
            "ANALYTICS_LOG_LEVEL": "ERROR",
            **more,
        }

    def open_store(self, name: str):
        """Open the store of a host or the database with this name."""
        variables = self.environments.get(name) or self.variables(name)
        return open_store(Settings.from_environment(variables))

    async def start_app(self, function: str, database: str, **more: str) -> FunctionApp:
        """Start another Azure app, which the test must stop."""
        runtime = install_runtime(self._bundles, "azure")
        folder = self._bundles / "azure" / function
        return await FunctionApp(folder, runtime, self.variables(database, **more)).start()

    @asynccontextmanager
    async def lambda_functions(self, *names: str, **more: str):
        """Start another Lambda host for these functions, triggered by the stream; yield its URL."""
        variables = self.environments["lambda"] | more
        bundles = [self._bundles / "lambda" / name for name in names]
        host = LambdaHost(bundles, install_runtime(self._bundles, "lambda"), variables, routes())
        async with _serving(host, listeners=host.listeners) as url:
            host.start()
            driver = asyncio.create_task(run_triggers(host, Settings.from_environment(variables)))
            try:
                yield url
            finally:
                driver.cancel()
                host.stop()

    async def _start(self) -> None:
        enter = self._resources.enter_async_context
        await enter(_serving(self.network, self._port))
        await self._start_direct()
        apps = await enter(
            started(
                sorted(self._bundles.glob("azure/*/")),
                install_runtime(self._bundles, "azure"),
                self.variables("azure"),
            )
        )
        self.apps = {app.folder.name: app for app in apps}
        self.urls["azure"] = await enter(_serving(FunctionsHost(apps, origins=[ORIGIN])))
        await self._start_lambda()

    async def _start_direct(self) -> None:
        settings = Settings.from_environment(self.variables("direct"))
        app = create_app(settings, folds=False)
        await self._resources.enter_async_context(app.router.lifespan_context(app))
        self.urls["direct"] = await self._resources.enter_async_context(_serving(app))

    async def _start_lambda(self) -> None:
        own = dynamodb(self.variables("lambda"))
        self.environments["lambda"] = await self._resources.enter_async_context(own)
        variables = self.environments["lambda"]
        self.dynamodb = DynamoDBFront(variables["ANALYTICS_DYNAMODB_ENDPOINT"])
        self._resources.push_async_callback(self.dynamodb.close)
        front = await self._resources.enter_async_context(_serving(self.dynamodb))
        host = LambdaHost(
            sorted(self._bundles.glob("lambda/*/")),
            install_runtime(self._bundles, "lambda"),
            variables | {"ANALYTICS_DYNAMODB_ENDPOINT": front},
            routes(),
        )
        serving = _serving(host, listeners=host.listeners)
        self.urls["lambda"] = await self._resources.enter_async_context(serving)
        host.start()
        self._resources.callback(host.stop)
        self.lambda_host = host


@asynccontextmanager
async def _serving(app: Any, port: int = 0, listeners: Sequence[socket] = ()):
    front = listen(port)
    config = uvicorn.Config(app, lifespan="off", log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([front, *listeners]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.02)
    try:
        yield "http://{}:{}".format(*front.getsockname())
    finally:
        server.should_exit = True
        await task
