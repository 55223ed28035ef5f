"""`analytics copy-dead-letters`: migrate the dead letters that an earlier version stored."""

import asyncio

from api.cli.console import out
from api.cli.own_store import open_own_store
from api.settings import Settings


def copy_dead_letters_command() -> None:
    """Copy dead letters from `rejected`, the container's earlier name, to `dead_letters`.

    Run this command once after the upgrade of a store in the cloud, then delete `rejected`. The
    command is safe to repeat. A local store is migrated automatically when it is opened.
    """
    copied = asyncio.run(copy_dead_letters(Settings.from_environment(serves=False)))
    out.print(f"Copied {copied:,} dead letters from `rejected` to `dead_letters`.", soft_wrap=True)


async def copy_dead_letters(settings: Settings) -> int:
    """Copy the dead letters and return their number."""
    async with open_own_store(settings) as store:
        return await store.copy_rejected()
