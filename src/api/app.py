"""The composition root, which chooses the store and builds the FastAPI app from the settings.

A module that only some apps need is imported where it is used, because imports take most of the
time of a cold start.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    closing,
    nullcontext,
)
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig

from api import manifest
from api.auth.factory import (
    access_token_verifier,
    azure_credential,
    id_token_verifier,
    local_identity,
    read_cursor_secret,
    read_user_keys,
    signing_keys,
    signs_in_locally,
    token_issuer,
)
from api.dependencies import Resources, system_clock
from api.domain.times import Clock
from api.errors import ConfigurationError
from api.middleware import add_middleware
from api.problems import add_problem_handlers
from api.services.quotas import Quotas
from api.services.unnamed_types import UnnamedTypes
from api.services.work_limits import WorkLimiter
from api.settings import EMULATOR, OPEN, Settings, variable
from api.stores.protocol import RollupStore, Store

if TYPE_CHECKING:
    from api.lake.protocol import LakeReader, LakeWriter
    from api.lake.storage import LakeStorage

_COSMOS_OPTIONS: dict[str, Any] = {
    "retry_throttle_backoff_max": 2,  # seconds, over all retries; then the client gets a 429
    "retry_fixed_interval": 200,  # ms; by default the SDK waits as long as the response says
    "retry_throttle_total": 10,
    "no_response_on_write": True,
    "enable_compact_utf8_item_writes": True,  # with escapes, 1 MiB could become 3 MB
}

# FastAPI records metrics and spans of requests. FastAPI's logs are off, because they would contain
# the messages of exceptions.
_REQUEST_TELEMETRY: TelemetryConfig = {
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}

type OpenStore = Callable[[Settings], AbstractAsyncContextManager[RollupStore]]


def open_store(settings: Settings) -> AbstractAsyncContextManager[RollupStore]:
    """Open the store that the settings name, and close it on exit from the context.

    Raises ConfigurationError if the store can't be opened with these settings.
    """
    if settings.store == "dynamodb":
        return open_dynamodb(settings)
    if settings.cosmos_endpoint == EMULATOR:
        return _open_emulator(settings)
    return _open_account(settings)


@asynccontextmanager
async def _open_emulator(settings: Settings) -> AsyncGenerator[RollupStore]:
    from cosmos_emulator import (  # noqa: PLC0415 - not in the functions' bundles
        Emulator,
        FileError,
        FileInUseError,
    )

    path = settings.data_dir / "cosmos.db"
    try:
        emulator = Emulator(path)
    except FileInUseError as error:
        raise ConfigurationError(
            f"{path} is in use by another process. Stop that process, or set "
            f"{variable('data_dir')} to another folder."
        ) from error
    except FileError as error:
        raise ConfigurationError(str(error)) from error
    try:
        async with open_emulated(settings, emulator) as store:
            yield store
    finally:
        emulator.close()


@asynccontextmanager
async def open_emulated(
    settings: Settings,
    emulator: Any,  # noqa: ANN401 - bundles don't contain the emulator's types
    *,
    now: Clock = system_clock,
) -> AsyncGenerator[RollupStore]:
    """Open the store on this Cosmos DB emulator, which runs in this process without a socket."""
    from cosmos_emulator.transports import AsyncTransport  # noqa: PLC0415 - as above

    endpoint, transport = emulator.endpoint, AsyncTransport(emulator)
    store_options = {
        "now": now,
        "sole_process": endpoint,  # no other process can open the emulator's file or memory
        "write_fault": emulator.write_fault,
        "scrub": emulator.scrub,
    }
    async with _open_cosmos(
        settings, endpoint, emulator.key, store_options, transport=transport
    ) as store:
        yield store


@asynccontextmanager
async def _open_account(settings: Settings) -> AsyncGenerator[RollupStore]:
    """Open the Cosmos DB account with its key or, if no key is set, with a managed identity."""
    endpoint, key = settings.cosmos_endpoint, settings.cosmos_key
    async with (
        nullcontext(key) if key else azure_credential(settings) as credential,
        _open_cosmos(settings, endpoint, credential) as store,
    ):
        yield store


@asynccontextmanager
async def _open_cosmos(
    settings: Settings,
    endpoint: str,
    credential: Any,  # noqa: ANN401 - a key or a token credential
    store_options: Mapping[str, Any] | None = None,
    **options: Any,  # noqa: ANN401 - the SDK's own
) -> AsyncGenerator[RollupStore]:
    from azure.core.settings import settings as azure  # noqa: PLC0415 - as below
    from azure.cosmos.aio import CosmosClient  # noqa: PLC0415 - half of a cold start

    from api.stores.cosmos import CosmosStore  # noqa: PLC0415 - as above
    from api.stores.cosmos_containers import create_containers  # noqa: PLC0415 - as above
    from api.stores.cosmos_measures import measure  # noqa: PLC0415 - as above

    azure.tracing_enabled = bool(settings.otlp_endpoint)
    options["raw_response_hook"] = measure
    async with AsyncExitStack() as stack:
        client = CosmosClient(endpoint, credential, **_COSMOS_OPTIONS, **options)
        stack.push_async_callback(client.close)  # needed if the next line fails
        await stack.enter_async_context(client)
        if settings.is_local and isinstance(
            credential, str
        ):  # only a key has the permission to create containers
            await create_containers(client, settings.cosmos_database)
        database = client.get_database_client(settings.cosmos_database)
        store_options = store_options or {"now": system_clock}
        yield CosmosStore(database, await read_user_keys(settings), **store_options)


@asynccontextmanager
async def open_dynamodb(
    settings: Settings, *, now: Clock = system_clock
) -> AsyncGenerator[RollupStore]:
    """Open the store on DynamoDB with the IAM role of this process.

    If the settings name a local DynamoDB server, create its missing tables.
    """
    from api.stores.dynamodb import DynamoDBStore  # noqa: PLC0415 - as above
    from api.stores.dynamodb_client import DynamoDBClient  # noqa: PLC0415 - as above
    from api.stores.dynamodb_tables import create_tables  # noqa: PLC0415 - as above

    endpoint, prefix = settings.dynamodb_endpoint, settings.dynamodb_table_prefix
    with closing(DynamoDBClient(endpoint, prefix)) as client:
        if endpoint:
            await create_tables(client)
        yield DynamoDBStore(client, await read_user_keys(settings), now=now)


def load_router(name: str) -> APIRouter:
    """Import a module of `api.routers` and return its router."""
    return import_module(f"api.routers.{name}").router


def load_route(operation: str) -> APIRoute:
    """Return the route of one operation, importing only its router."""
    routes = load_router(manifest.router_of(operation)).routes
    return next(r for r in routes if isinstance(r, APIRoute) and r.operation_id == operation)


def open_lake(settings: Settings) -> AbstractAsyncContextManager["LakeStorage | None"]:
    """Open the storage of the event lake. Yields None if this process uses no lake."""
    if not settings.has_lake:
        return nullcontext()
    from api.lake.storage import open_storage  # noqa: PLC0415 - few functions need the lake

    folder = settings.data_dir / "lake" if settings.is_local else None
    return open_storage(settings.lake_url, folder, partial(azure_credential, settings))


def lake_reader(storage: "LakeStorage") -> "LakeReader":
    from api.lake.reader import DuckDBReader  # noqa: PLC0415 - DuckDB takes 100 ms to import

    return DuckDBReader(storage)


def lake_writer(storage: "LakeStorage") -> "LakeWriter":
    from api.lake.tables import DeltaTables  # noqa: PLC0415 - as above

    return DeltaTables(storage)


def build_resources(
    settings: Settings, store: Store | None, *, now: Clock, cursor_secret: bytes = b""
) -> Resources:
    """Build the resources that the routers share.

    `functions/manifest.json` lists the resources that each serverless function needs.
    """
    keys = signing_keys(settings, now)
    identity = local_identity(settings, store, now) if store else None
    return Resources(
        opened_store=store,
        now=now,
        verifier=access_token_verifier(settings, keys, now),
        id_tokens=id_token_verifier(settings, identity, now),
        token_issuer=token_issuer(settings, keys),
        key_source=keys,
        issuer=settings.jwt_issuer,
        cursor_secret=cursor_secret,
        is_local=settings.is_local,
        sign_up_is_open=settings.sign_up == OPEN,
        unnamed_types=UnnamedTypes(),
        quotas=Quotas(settings.events_retention_days),
        limiter=WorkLimiter(settings.work_per_second),
        local_identity=identity,
        has_lake=settings.has_lake,
    )


def create_app(
    settings: Settings,
    *routers: APIRouter,
    open_store: OpenStore = open_store,
    now: Clock = system_clock,
    folds: bool = True,
) -> FastAPI:
    """Return the app with the given routers, or with all routers if none is given.

    The app opens the store at start-up and closes it at shutdown. If `folds` is true, the app also
    keeps the rollups and the event lake current in the background, as serverless functions do in
    the cloud.
    """
    settings.checked()
    served = routers or _all_routers(settings)
    needs = manifest.needs_of(_operations(served))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with (
            open_store(settings) if manifest.STORE in needs else nullcontext() as store,
            open_lake(settings) if manifest.LAKE in needs or folds else nullcontext() as lake,
        ):
            if store and manifest.USER_HASH_SECRET in needs:
                _ = store.user_keys.version  # fails at start-up if the secret is missing
            secret = await read_cursor_secret(settings) if manifest.CURSOR_SECRET in needs else b""
            resources = build_resources(settings, store, now=now, cursor_secret=secret)
            if lake and manifest.LAKE in needs:
                resources = replace(resources, opened_lake=lake_reader(lake))
            app.state.resources = resources
            if store and settings.is_local:
                from api.services.organizations import (  # noqa: PLC0415 - local only
                    ensure_local_records,
                )

                with_people = not routers and resources.local_identity is not None
                await ensure_local_records(store, with_people=with_people)
            if needs & {manifest.SIGNING_KEY, manifest.PUBLIC_KEYS}:
                await resources.key_source.public_keys()  # fails at start-up if a key is missing
            work = (
                _background(settings, resources, store, lake) if store and folds else nullcontext()
            )
            async with work:
                yield

    app = FastAPI(
        title="Acme Analytics",
        description="Events in; events and daily metrics out. One organisation per token.",
        lifespan=lifespan,
        redirect_slashes=False,  # a redirect would repeat the request's Host header
        docs_url=None,
        redoc_url=None,
        telemetry=_REQUEST_TELEMETRY,
    )
    for router in served:
        app.include_router(router)
    add_problem_handlers(app)
    add_middleware(app, cors_origins=settings.allowed_origins, is_server=not routers)
    app.openapi = lambda: _describe(app)
    if not routers:
        _prepare_for_a_server(app)
    return app


def _background(
    settings: Settings, resources: Resources, store: RollupStore, storage: "LakeStorage | None"
) -> AbstractAsyncContextManager[None]:
    from api.services.background import kept_current  # noqa: PLC0415 - imports numpy
    from api.services.erasure_jobs import Eraser  # noqa: PLC0415 - only in servers

    lake, settle = lake_writer(storage) if storage else None, resources.quotas.settle
    eraser = Eraser(store, lake, resources.now, settings.has_lake, settle=settle)
    return kept_current(eraser, settings.events_retention_days, settings.lake_retention_days)


def _describe(app: FastAPI) -> dict[str, Any]:
    from importlib.metadata import version  # noqa: PLC0415 - functions don't serve the document

    from api.openapi import describe  # noqa: PLC0415 - as above

    app.version = version("acme-analytics")
    return describe(app)


def _prepare_for_a_server(app: FastAPI) -> None:
    """Add the documentation pages, and show start-up errors as short messages."""
    from api.documentation import add_documentation  # noqa: PLC0415 - functions don't need it
    from api.startup import StartupErrors  # noqa: PLC0415 - as above

    add_documentation(app)
    app.add_middleware(StartupErrors)


def _operations(routers: Iterable[APIRouter]) -> set[str | None]:
    return {r.operation_id for one in routers for r in one.routes if isinstance(r, APIRoute)}


def _all_routers(settings: Settings) -> list[APIRouter]:
    local = ["local_identity"] if signs_in_locally(settings) else []
    return [load_router(name) for name in (*manifest.ROUTERS, *local)]
