"""`analytics erase`: erase a user from the store and from the event lake."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.cli.administration import REFUSED, AsJson, Yes, administer, confirm, show_result
from api.cli.console import err
from api.cli.errors import Failure
from api.cli.options import valid_org_id
from api.cli.own_store import open_own_store
from api.dependencies import system_clock
from api.domain.erasures import FAILED, Erasure, receipt_of
from api.services.erasures import (
    NO_WAITS,
    Waits,
    continue_erasure,
    find_erasure,
    request_erasure,
)
from api.settings import Settings

_PAUSE_SECONDS = 10


def erase_command(
    user: Annotated[str, typer.Argument(metavar="USER", help="The `user_id` of the events.")],
    org: Annotated[
        str, typer.Option(help="Organisation, such as org_acme.", callback=valid_org_id)
    ],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Erase a user: delete all events of the user, and refuse new ones. This can't be undone.

    The command waits until the erasure is complete and prints its receipt. If the command is
    interrupted, run it again: it continues the erasure. If other processes use the store, an
    erasure takes over an hour, because it waits for running requests and queries.
    """
    confirm(f"Erase the user {user} of {org}? This can't be undone.", yes=yes)
    asked = administer(lambda store, context: request_erasure(store, context, org, user), org)
    done = asyncio.run(_finish(asked))
    if done.status == FAILED:
        raise Failure(f"{org}: the erasure failed. The log contains the reason.", REFUSED)
    sentence = (
        f"{org}: the user is erased. {done.events:,} events on {done.days:,} days were deleted. "
        f"The receipt {done.erasure_id} was verified at {done.verified_at}."
    )
    values: dict[str, Any] = {"org_id": org, **asdict(receipt_of(done))}
    show_result(sentence, done.status, values, as_json=as_json)


async def _finish(erasure: Erasure) -> Erasure:
    """Work on the erasure until it is done or has failed, and return it."""
    from api.app import lake_writer, open_lake  # noqa: PLC0415 - slow to import

    settings = Settings.from_environment()
    async with open_own_store(settings) as store, open_lake(settings) as storage:
        lake = lake_writer(storage) if storage else None
        # No other process can use the local store now, so no request or query is running.
        waits = NO_WAITS if store.sole_process else Waits()
        while erasure.pending:
            await continue_erasure(store, lake, system_clock, erasure, waits=waits)
            now = await find_erasure(store, erasure.org_id, erasure.erasure_id)
            if now.pending and now == erasure:
                await asyncio.sleep(_PAUSE_SECONDS)
            elif now.pending:
                err.print(f"{now.status}: {now.events:,} events on {now.days:,} days deleted")
            erasure = now
    return erasure
