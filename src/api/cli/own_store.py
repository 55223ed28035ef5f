"""Direct access to the store that the settings name, without the API.

Only one process can open the local store, so no server may be using it.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from api.cli.errors import Failure
from api.settings import EMULATOR, Settings
from api.stores.protocol import RollupStore, Unavailable


@asynccontextmanager
async def open_own_store(settings: Settings) -> AsyncGenerator[RollupStore]:
    """Open the store.

    Raises Failure if the store can't be opened, for example because a server uses it.
    """
    from api.backends import open_store  # noqa: PLC0415 - slow to import, and few commands need it

    async with AsyncExitStack() as stack:
        try:
            store = await stack.enter_async_context(open_store(settings))
            await store.check()
        except Exception as error:  # each store's client raises its own errors
            reason = error.reason if isinstance(error, Unavailable) else str(error)
            raise Failure(f"The {_name(settings)} can't be opened: {reason}") from error
        yield store


def _name(settings: Settings) -> str:
    if not settings.is_local:
        return f"{settings.store} store"
    endpoint = settings.dynamodb_endpoint
    if settings.store == "cosmos":
        endpoint = settings.cosmos_endpoint
    return f"data in {settings.data_dir}" if endpoint == EMULATOR else f"store at {endpoint}"
