"""`analytics copy-dead-letters`: the upgrade of a store whose dead letters are in `rejected`."""

import asyncio

from api.cli.console import out
from api.cli.own_store import open_own_store
from api.settings import Settings


def copy_dead_letters_command() -> None:
    """Copy dead letters from `rejected`, the container's earlier name, to `dead_letters`.

    Needed once after the upgrade, for a store in the cloud. A local store is migrated when it is
    opened. Safe to repeat. Delete `rejected` afterwards.
    """
    copied = asyncio.run(copy_dead_letters(Settings.from_environment()))
    out.print(f"Copied {copied:,} dead letters from `rejected` to `dead_letters`.", soft_wrap=True)


async def copy_dead_letters(settings: Settings) -> int:
    """Return how many documents were copied."""
    async with open_own_store(settings) as store:
        return await store.copy_rejected()
