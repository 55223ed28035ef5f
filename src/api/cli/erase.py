"""`analytics erase`: erase a user from the store and from the event lake."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.cli.administration import REFUSED, AsJson, Yes, administer, confirm, show_result
from api.cli.console import err
from api.cli.errors import INTERRUPTED, Failure
from api.cli.options import valid_org_id
from api.dependencies import system_clock
from api.domain.erasures import FAILED, Erasure, receipt_of
from api.errors import ApiError, reason_of
from api.services.acts import Context
from api.services.erasure_jobs import NO_WAITS, Eraser, Waits
from api.services.erasures import find_erasure, request_erasure
from api.settings import NO_LAKE, Settings
from api.stores.protocol import RollupStore

_PAUSE_SECONDS, _SHORT_PAUSE_SECONDS = 10, 0.1
_RESUME = "Run the same command again to continue the erasure."


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
    settings = Settings.from_environment(serves=False)
    confirm(f"Erase the user {user} of {org}? This can't be undone.", yes=yes)
    try:
        done = administer(lambda store, context: _erase(settings, store, context, org, user), org)
    except KeyboardInterrupt:
        raise Failure("Stopped.", INTERRUPTED, hint=_RESUME) from None
    sentence = (
        f"{org}: the user is erased: {_progress(done)}. "
        f"The receipt {done.erasure_id} was verified at {done.verified_at}."
    )
    values: dict[str, Any] = {"org_id": org, **asdict(receipt_of(done))}
    show_result(sentence, done.status, values, as_json=as_json)


async def _erase(
    settings: Settings, store: RollupStore, context: Context, org_id: str, user_id: str
) -> Erasure:
    """Request the erasure, and work on it until it is complete."""
    from api.backends import lake_writer, open_lake  # noqa: PLC0415 - slow to import

    async with open_lake(settings) as storage:
        if storage is None and settings.has_lake:
            raise Failure(
                "The user may have events in the event lake. Set ANALYTICS_LAKE_URL to its "
                f"address, or to {NO_LAKE} if the deployment has no lake."
            )
        # No other process can use the local store now, so no request or query is running.
        waits = NO_WAITS if store.sole_process else Waits()
        lake = lake_writer(storage) if storage else None
        eraser = Eraser(store, lake, system_clock, settings.has_lake, waits=waits)
        return await _finish(eraser, await request_erasure(store, context, org_id, user_id))


async def _finish(eraser: Eraser, job: Erasure) -> Erasure:
    """Work on the erasure until it is complete, and show its progress."""
    shown, error = "", None
    while job.pending:
        error = await eraser.continue_erasure(job)
        job, error = await _read(eraser, job, error)
        obstacle = _describe_obstacle(job, eraser.waits, error)
        line = f"{job.status}: {_progress(job)}{obstacle}"
        if not job.pending:
            break
        if line != shown:
            err.print(line, soft_wrap=True)
        await asyncio.sleep(_PAUSE_SECONDS if obstacle else _SHORT_PAUSE_SECONDS)
        shown = line
    if job.status == FAILED:
        reason = f": {reason_of(error)}" if error else ""
        raise Failure(f"{job.org_id}: the erasure failed{reason}", REFUSED, hint=_RESUME)
    return job


async def _read(
    eraser: Eraser, job: Erasure, error: Exception | None
) -> tuple[Erasure, Exception | None]:
    """Return the stored job. If it can't be read, return the known job and the error."""
    try:
        return await find_erasure(eraser.store, job.org_id, job.erasure_id), error
    except ApiError as unreadable:
        return job, error or unreadable


def _describe_obstacle(job: Erasure, waits: Waits, error: Exception | None) -> str:
    """Return why the job can't continue now, or ""."""
    if error:
        return f"; the job can't continue and is retried: {reason_of(error)}"
    end = waits.end(job)
    if end is None or system_clock() >= end:
        return ""
    what = "queries" if job.rewritten_at else "requests"
    return f"; waiting for running {what} until {end:%Y-%m-%d %H:%M} UTC"


def _progress(job: Erasure) -> str:
    return (
        f"deleted {job.events:,} events on {job.days:,} days and {job.dead_letters:,} dead "
        f"letters, rewrote {job.lake_files:,} files of the lake"
    )
