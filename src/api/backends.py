"""Open the store and the event lake that the settings name.

A module that only some apps need is imported where it is used, because imports take most of the
time of a cold start.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    closing,
    nullcontext,
)
from functools import partial
from typing import TYPE_CHECKING, Any

from api.auth.factory import azure_credential, read_user_keys
from api.dependencies import system_clock
from api.domain.times import Clock
from api.errors import ConfigurationError
from api.settings import EMULATOR, Settings, variable
from api.stores.protocol import RollupStore

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
