"""Direct access to the store that the settings name, without the API.

Only one process can open the local store, so no server may be using it.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from api.cli.errors import Failure
from api.errors import ApiError, ConfigurationError
from api.settings import Settings
from api.stores.protocol import RollupStore


@asynccontextmanager
async def open_own_store(settings: Settings) -> AsyncGenerator[RollupStore]:
    """Open the store.

    Raises Failure if the store can't be opened, for example because a server uses it.
    """
    from api.app import open_store  # noqa: PLC0415 - slow to import, and few commands need it

    async with AsyncExitStack() as stack:
        try:
            store = await stack.enter_async_context(open_store(settings))
            await store.check()
        except (ApiError, ConfigurationError, RuntimeError) as error:
            where = (
                f"data in {settings.data_dir}" if settings.is_local else f"{settings.store} store"
            )
            raise Failure(f"The {where} can't be opened: {error}") from error
        yield store
