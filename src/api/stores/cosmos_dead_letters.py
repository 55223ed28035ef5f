"""Migration of dead letters from the container `rejected`, which earlier versions used."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# Some Pyright checks are off in this module, because parts of Azure's SDK have no type hints.
from contextlib import suppress

from azure.cosmos.aio import DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceExistsError, CosmosResourceNotFoundError

from api.errors import ConfigurationError
from api.stores.cosmos_errors import store_errors

_OLD, _NEW = "rejected", "dead_letters"


async def copy_rejected(database: DatabaseProxy) -> int:
    """Copy the dead letters that exist only in the container `rejected`. Return their number."""
    old, new = (database.get_container_client(name) for name in (_OLD, _NEW))
    copied = 0
    with store_errors():
        try:
            await old.read()
        except CosmosResourceNotFoundError:  # the old container doesn't exist
            return 0
        try:
            await new.read()
        except CosmosResourceNotFoundError as error:
            raise ConfigurationError(
                f"The container {_NEW} does not exist. Run terraform apply first."
            ) from error
        async for document in old.read_all_items():
            own = {name: value for name, value in document.items() if name[0] != "_"}
            with suppress(CosmosResourceExistsError):
                await new.create_item(own)
                copied += 1
    return copied


async def move_rejected(database: DatabaseProxy) -> None:
    """Copy the dead letters in the container `rejected`, then delete the container.

    Use this function only for the emulator's file, to which no other process can write at the same
    time.
    """
    names = {container["id"] async for container in database.list_containers()}
    if _OLD in names:
        await copy_rejected(database)
        await database.delete_container(_OLD)
