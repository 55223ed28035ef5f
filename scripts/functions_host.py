"""`make functions` and `make lambda`: serve all bundles in their real runtime until Ctrl-C.

Azure functions use the Cosmos DB emulator over HTTP, with the same data as `make run`. Lambda
functions use an in-memory DynamoDB and S3 (moto). Changes in the change feed or the DynamoDB stream
invoke `rollup_metrics` and `archive_events`. Settings in `local.settings.json` are overridden by
environment variables.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path

import uvicorn

from api.backends import open_store
from api.hosting import Endpoint
from api.services.organizations import ensure_local_organizations
from api.settings import EMULATOR, Settings
from cosmos_emulator import KEY
from scripts import bundle
from scripts.hosts.aws_account import create_lake
from scripts.hosts.azure_app import FunctionApp
from scripts.hosts.azure_host import FunctionsHost
from scripts.hosts.cosmos_trigger import run_triggers
from scripts.hosts.lambda_host import LambdaHost, Routes
from scripts.hosts.stream_trigger import run_triggers as run_stream
from scripts.servers import free_port, listen

HOST = "127.0.0.1"
PORTS = {"azure": 7071, "lambda": 9001}
EMULATOR_PORT = 8081
_START_SECONDS = 30.0
_PREFIXES = ("ANALYTICS_", "OTEL_")  # environment variables that are passed to the functions
_RUNTIMES = {
    "azure": ("azure-functions-runtime", "azurefunctions-extensions-base"),
    "lambda": ("awslambdaric", "simplejson", "snapshot-restore-py"),
}


def main() -> None:
    """Build the bundles and serve their functions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host", choices=PORTS)
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    out = bundle.ROOT / "build"
    bundles = [one.folder for one in bundle.build(out) if one.host == options.host]
    runtime = install_runtime(out, options.host)
    serve = serve_azure if options.host == "azure" else serve_lambda
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(bundles, runtime, options.port or PORTS[options.host]))


def install_runtime(out: Path, host: str) -> Path:
    """Install the runtime of the functions in a folder separate from the bundles."""
    folder = out / "runtime" / host
    if not folder.exists():
        bundle.install(folder, *_RUNTIMES[host], with_dependencies=False)
    return folder


async def serve_azure(bundles: Sequence[Path], runtime: Path, port: int) -> None:
    """Serve all function apps on one port, and run their change feed and timer triggers."""
    async with emulator(read_local_settings()) as values:
        settings = Settings.from_environment(values)
        async with started(bundles, runtime, values) as apps:
            host = FunctionsHost(apps, origins=settings.allowed_origins)
            drivers = [asyncio.create_task(run_triggers(app, settings)) for app in apps]
            print(
                f"\n{len(host.routes)} functions at http://{HOST}:{port}. Press Ctrl-C to stop.\n",
                flush=True,
            )
            await uvicorn.Server(_config(host, port)).serve()
            for driver in drivers:
                driver.cancel()
            await asyncio.gather(*drivers, return_exceptions=True)


def routes() -> Routes:
    """Map each HTTP method and path to its function, as declared in `functions/`."""
    entries = {name: import_module(f"functions.{name}").function for name in bundle.MANIFEST}
    return {
        (method, route.path): name
        for name, entry in entries.items()
        if isinstance(entry, Endpoint)
        for route in entry.routes
        for method in route.methods or ()
    }


async def serve_lambda(bundles: Sequence[Path], runtime: Path, port: int) -> None:
    """Serve all functions on one port, as an HTTP API with the stage `$default`."""
    async with dynamodb(read_local_settings()) as values:
        host = LambdaHost(bundles, runtime, values, routes())
        server = uvicorn.Server(_config(host, port))
        serving = asyncio.create_task(server.serve([listen(port), *host.listeners]))
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.05)
        host.start()
        driver = asyncio.create_task(run_stream(host, Settings.from_environment(values)))
        print(
            f"\n{len(bundles)} functions at http://{HOST}:{port}. Press Ctrl-C to stop.\n",
            flush=True,
        )
        try:
            await serving
        finally:
            driver.cancel()
            host.stop()


@asynccontextmanager
async def started(
    bundles: Sequence[Path], runtime: Path, settings: Mapping[str, str]
) -> AsyncGenerator[list[FunctionApp]]:
    """Start the function apps of these bundles, each in its own process."""
    apps = [FunctionApp(folder, runtime, settings) for folder in bundles]
    await asyncio.gather(*(app.start() for app in apps))
    try:
        yield apps
    finally:
        await asyncio.gather(*(app.stop() for app in apps))


def read_local_settings() -> dict[str, str]:
    """Read `Values` of local.settings.json, and override them with environment variables."""
    values = json.loads((bundle.ROOT / "local.settings.json").read_text())["Values"]
    ours = {name: value for name, value in os.environ.items() if name.startswith(_PREFIXES)}
    merged = values | ours
    data_dir = Path(merged["ANALYTICS_DATA_DIR"]).resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    return merged | {"ANALYTICS_DATA_DIR": str(data_dir)}


@asynccontextmanager
async def emulator(values: Mapping[str, str]) -> AsyncGenerator[dict[str, str]]:
    """Yield settings with a Cosmos DB account.

    If the settings select the emulator, start the emulator.
    """
    if values["ANALYTICS_COSMOS_ENDPOINT"] != EMULATOR:
        yield dict(values)
        return
    path = Path(values["ANALYTICS_DATA_DIR"], "cosmos.db")
    options = ["--port", str(EMULATOR_PORT), "--path", str(path)]
    async with _server("cosmos_emulator", *options, port=EMULATOR_PORT):
        account = {
            "ANALYTICS_COSMOS_ENDPOINT": f"http://{HOST}:{EMULATOR_PORT}/",
            "ANALYTICS_COSMOS_KEY": KEY,
        }
        yield await _prepared({**values, **account})


@asynccontextmanager
async def dynamodb(values: Mapping[str, str]) -> AsyncGenerator[dict[str, str]]:
    """Yield settings with a DynamoDB endpoint and an event lake.

    Start moto, with a bucket for the lake, if the settings have no endpoint.
    """
    if values.get("ANALYTICS_DYNAMODB_ENDPOINT"):
        yield {**values, "ANALYTICS_STORE": "dynamodb"}
        return
    port = free_port()
    async with _server("scripts.hosts.moto_server", str(port), port=port):
        address = f"http://{HOST}:{port}"
        endpoint = {"ANALYTICS_DYNAMODB_ENDPOINT": address, "ANALYTICS_STORE": "dynamodb"}
        lake = await asyncio.to_thread(create_lake, address)
        yield await _prepared({**values, **endpoint, **lake})


async def _prepared(values: dict[str, str]) -> dict[str, str]:
    """Create the containers or tables and the local organisations."""
    async with open_store(Settings.from_environment(values)) as store:
        await ensure_local_organizations(store)
    return values


@asynccontextmanager
async def _server(module: str, *arguments: str, port: int) -> AsyncGenerator[None]:
    """Run a module as a server, and enter the `with` block when the server is ready."""
    process = subprocess.Popen(  # noqa: ASYNC220, S603 - doesn't block; our own command
        [sys.executable, "-m", module, *arguments], cwd=bundle.ROOT, stdout=subprocess.DEVNULL
    )
    try:
        await _wait_until_listening(port, process)
        yield
    finally:
        process.terminate()
        process.wait()


async def _wait_until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while process.poll() is None:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, port)
                writer.close()
                return
            await asyncio.sleep(0.1)
    raise RuntimeError(f"no server accepts connections on port {port}; see its output above")


def _config(app: FunctionsHost | LambdaHost, port: int) -> uvicorn.Config:
    # Open polls of the Lambda bootstrap would otherwise delay the shutdown.
    return uvicorn.Config(
        app,  # pyright: ignore[reportArgumentType] - an ASGI app in Any
        host=HOST,
        port=port,
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
