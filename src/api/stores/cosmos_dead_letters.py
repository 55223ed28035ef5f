"""Dead letters of earlier versions, whose container was called `rejected`."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# Off here because the SDK leaves parts of its surface untyped.
from contextlib import suppress

from azure.cosmos.aio import DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceExistsError, CosmosResourceNotFoundError

from api.errors import ConfigurationError
from api.stores.cosmos_errors import store_errors

_OLD, _NEW = "rejected", "dead_letters"


async def copy_rejected(database: DatabaseProxy) -> int:
    """Copy every document of the old container that the new one lacks. Returns how many."""
    old, new = (database.get_container_client(name) for name in (_OLD, _NEW))
    copied = 0
    with store_errors():
        try:
            await old.read()
        except CosmosResourceNotFoundError:  # there is no old container
            return 0
        try:
            await new.read()
        except CosmosResourceNotFoundError as error:
            raise ConfigurationError(
                f"There is no container {_NEW}. Run terraform apply first."
            ) from error
        async for document in old.read_all_items():
            own = {name: value for name, value in document.items() if name[0] != "_"}
            with suppress(CosmosResourceExistsError):
                await new.create_item(own)
                copied += 1
    return copied


async def move_rejected(database: DatabaseProxy) -> None:
    """Copy the old container, then delete it; for a local file, which one process has open."""
    names = {container["id"] async for container in database.list_containers()}
    if _OLD in names:
        await copy_rejected(database)
        await database.delete_container(_OLD)
