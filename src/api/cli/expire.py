"""`analytics expire`: delete all expired events now."""

import asyncio
import math

from api.cli.console import out
from api.cli.own_store import open_own_store
from api.settings import Settings


def expire_command() -> None:
    """Delete all events that have expired but are still stored, of all organisations.

    A server or the function rollup_metrics does the same in portions of 60 seconds. The command is
    useful after a retention was set for the first time or shortened. If it is interrupted, run it
    again.
    """
    events = asyncio.run(_expire())
    out.print(f"{events:,} expired events deleted", soft_wrap=True)


async def _expire() -> int:
    from api.services.expired_days import Expiry  # noqa: PLC0415 - imports numpy

    async def continue_at_once(_: float) -> None:
        return

    settings = Settings.from_environment(serves=False)
    expiry = Expiry(settings.events_retention_days, seconds=math.inf, sleep=continue_at_once)
    async with open_own_store(settings) as store:
        return await expiry.run(store)
