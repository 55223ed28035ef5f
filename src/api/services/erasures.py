"""Erase a user: refuse the user's events, delete those that are stored, and verify the result.

1. The request is an administrative act, which stores the job and the suppression of the user.
2. After SETTLE, no process accepts or archives events of the user. The job then deletes the user's
   events in the store, day by day, and replaces the lake's files with the user.
3. After READER_GRACE, no query uses an earlier version of the lake's table, and the job deletes the
   files of these versions.
4. The job searches again. If it finds nothing, it deletes its record of the user's id.

Every step can be repeated, and several processes may work on a job at once. Before each step, the
job's record is replaced conditionally, so that each event is counted once. The number of replaced
files lacks those of a commit after which the process was killed at once.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_hex
from typing import Any

from api import telemetry
from api.domain.erasures import (
    FAILED,
    KEY_ID,
    OPEN,
    QUEUED,
    Erasure,
    ErasureSubject,
    PrivacyKey,
    Suppression,
    erasure_id_of,
    subject_id,
)
from api.domain.events import EVENT_USER_ID_MAX
from api.domain.field_patterns import VISIBLE_TEXT
from api.domain.reference import Organization
from api.domain.rollups import DeadLetter
from api.domain.times import Clock, format_timestamp, parse_timestamp
from api.errors import ApiError
from api.lake.protocol import LakeWriter
from api.services.acts import Change, Context, perform
from api.services.administration import find_organization
from api.services.erased_days import count_day, erase_day, query_user
from api.services.input_checks import check_text
from api.stores.protocol import Conflict, RollupStore, Store, Stored, Unavailable

# A process reads the organisation every 60 s, and again after 60 s if the suppression isn't
# readable yet. A request takes up to 20 s.
SETTLE = timedelta(minutes=3)
# A query takes seconds, and so does a write that has stored files which aren't in the table yet.
READER_GRACE = timedelta(hours=1)
_KEY_BYTES = 32
_ALL_DAYS = "0001-01-01", "9999-12-31"
_PAUSE_SECONDS = 60

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waits:
    """The durations for which a job waits for other processes, or 0 if there are none."""

    settle: timedelta = SETTLE
    readers: timedelta = READER_GRACE


NO_WAITS = Waits(timedelta(), timedelta())


async def request_erasure(store: Store, context: Context, org_id: str, user_id: str) -> Erasure:
    """Queue the erasure of a user, or return the user's erasure if it exists.

    A failed erasure is queued again. Raises ApiError `not_found`, `invalid_parameter` or an error
    of the actor's permissions.
    """
    check_text("user_id", user_id, VISIBLE_TEXT, EVENT_USER_ID_MAX)
    await find_organization(store, org_id)
    user_id_hash = (await _find_or_create_key(store, org_id)).hash(user_id)
    erasure_id = erasure_id_of(user_id_hash)
    known = await store.read(Erasure, org_id, erasure_id)
    if known and known.record.status != FAILED:
        return known.record
    with suppress(Conflict):  # the act and the audit log must not contain the user's id
        await store.create(ErasureSubject(org_id, erasure_id, user_id))
    queued = Erasure(
        org_id,
        erasure_id,
        user_id_hash,
        QUEUED,
        created_at=format_timestamp(context.now),
        created_by=context.actor.id,
    )

    async def decide(organization: Organization) -> Change | None:
        stored = await store.read(Erasure, org_id, erasure_id)
        if stored and stored.record.status != FAILED:
            return None
        suppression = Suppression(org_id, user_id_hash, erasure_id)
        details = {"erasure_id": erasure_id}
        if stored:
            again = replace(stored.record, status=QUEUED, pending=OPEN, failures=0)
            return Change(organization, (suppression, again), details)
        counted = replace(organization, erasures=organization.erasures + 1)
        return Change(counted, (suppression, queued), details)

    await perform(store, context, org_id, "user.erase", user_id_hash, decide)
    stored = await store.read(Erasure, org_id, erasure_id)
    return stored.record if stored else queued


async def _find_or_create_key(store: Store, org_id: str) -> PrivacyKey:
    if known := await store.read(PrivacyKey, org_id, KEY_ID):
        return known.record
    with suppress(Conflict):
        return (await store.create(PrivacyKey(org_id, token_hex(_KEY_BYTES)))).record
    if known := await store.read(PrivacyKey, org_id, KEY_ID):
        return known.record
    raise Unavailable(f"the key of {org_id} isn't readable yet")


async def list_erasures(store: Store, org_id: str) -> Sequence[Erasure]:
    """Return the organisation's erasures, newest first."""
    first, last = erasure_id_of(""), erasure_id_of("\uffff")
    found = await store.find(Erasure, org_id, first=first, last=last)
    return sorted(found, key=lambda one: (one.created_at, one.erasure_id), reverse=True)


async def find_erasure(store: Store, org_id: str, erasure_id: str) -> Erasure:
    """Return an erasure. Raises ApiError `not_found`."""
    is_id = erasure_id.startswith(erasure_id_of(""))  # other records are in the same container
    stored = await store.read(Erasure, org_id, erasure_id) if is_id else None
    if stored is None:
        raise ApiError("not_found", "The organisation has no erasure with this id.")
    return stored.record


async def work_on_erasures(
    store: RollupStore, lake: LakeWriter | None, now: Clock, *, waits: Waits | None = None
) -> None:
    """Continue every open erasure until it is complete or must wait."""
    for erasure in await store.find_indexed(Erasure, OPEN):
        await continue_erasure(store, lake, now, erasure, waits=waits)


async def continue_erasure(
    store: RollupStore,
    lake: LakeWriter | None,
    now: Clock,
    erasure: Erasure,
    *,
    waits: Waits | None = None,
) -> None:
    """Continue an erasure until it is complete or must wait. Log errors instead of raising them."""
    fields = {"org_id": erasure.org_id, "erasure_id": erasure.erasure_id}
    try:
        await _run(store, lake, now, erasure, waits or Waits())
    except Conflict:
        return  # another process continues the job
    except ApiError as error:
        reason = {"reason": repr(getattr(error, "reason", error))}
        log.warning("an erasure must wait", extra={"fields": fields | reason})
    except Exception:
        log.exception("an erasure failed", extra={"fields": fields})
        with suppress(Conflict):
            if stored := await store.read(Erasure, erasure.org_id, erasure.erasure_id):
                await store.replace(stored.record.failed_once(), version=stored.version)


async def keep_erasing(store: RollupStore, lake: LakeWriter | None, now: Clock) -> None:
    """Work on erasures in an endless loop. Retry when the store fails."""
    while True:
        try:
            with telemetry.quiet():
                await work_on_erasures(store, lake, now)
        except Exception as error:
            fields = {"reason": repr(error)}
            log.warning("erasures wait", exc_info=error, extra={"fields": fields})
        await asyncio.sleep(_PAUSE_SECONDS)


async def _run(
    store: RollupStore, lake: LakeWriter | None, now: Clock, erasure: Erasure, waits: Waits
) -> None:
    job = await store.read(Erasure, erasure.org_id, erasure.erasure_id)
    if job is None or not job.record.pending:
        return
    if not job.record.started_at:
        job = await _save(store, job, job.record.started(now()))
    if now() - parse_timestamp(job.record.started_at) < waits.settle:
        return
    if not job.record.verified_at:
        verified = await _erase(store, lake, now, job, waits)
        if verified is None:
            return
        job = verified
    await store.delete(ErasureSubject, erasure.org_id, subject_id(erasure.erasure_id))
    await store.scrub()
    await _save(store, job, job.record.done())


async def _erase(
    store: RollupStore, lake: LakeWriter | None, now: Clock, job: Stored[Erasure], waits: Waits
) -> Stored[Erasure] | None:
    """Delete and verify. Return the verified job, or None if it must wait or start again."""
    org_id = job.record.org_id
    user_id = await _user_of(store, job.record)
    if not job.record.deleted_at:
        job = await _erase_in_store(store, job, user_id)
        await _delete_dead_letters(store, org_id, user_id)
        job = await _save(store, job, replace(job.record, deleted_at=format_timestamp(now())))
    if lake:
        if not job.record.rewritten_at:
            job = await _erase_in_lake(lake, now, job, user_id, store)
        if now() - parse_timestamp(job.record.rewritten_at) < waits.readers:
            return None
        hours = int(waits.readers / timedelta(hours=1))
        await lake.vacuum(org_id, older_than_hours=hours, untracked=True)
    if await _is_found(store, lake, job.record, user_id):
        await _save(store, job, job.record.repeated())
        return None
    return await _save(store, job, replace(job.record, verified_at=format_timestamp(now())))


async def _user_of(store: Store, erasure: Erasure) -> str:
    subject = await store.read(ErasureSubject, erasure.org_id, subject_id(erasure.erasure_id))
    if subject is None:
        raise Unavailable(f"the subject of {erasure.erasure_id} isn't readable")
    return subject.record.user_id


async def _save(store: Store, job: Stored[Erasure], changed: Erasure) -> Stored[Erasure]:
    if changed == job.record:
        return job
    return await store.replace(replace(changed, failures=0), version=job.version)


async def _erase_in_store(
    store: RollupStore, job: Stored[Erasure], user_id: str
) -> Stored[Erasure]:
    org_id = job.record.org_id
    if job.record.day:  # the last transaction may have been followed by a crash
        await erase_day(store, org_id, user_id, job.record.day)
    everything = query_user(org_id, user_id, *_ALL_DAYS)
    while found := await store.page(everything, after=None, limit=1):
        day = found[0].day
        events = await count_day(store, query_user(org_id, user_id, day, day))
        job = await _save(store, job, job.record.with_day(day, events))
        await erase_day(store, org_id, user_id, day)
    return job


async def _erase_in_lake(
    lake: LakeWriter, now: Clock, job: Stored[Erasure], user_id: str, store: Store
) -> Stored[Erasure]:
    erasure = job.record
    files = erasure.lake_files + await lake.erase_user(erasure.org_id, user_id)
    rewritten = replace(erasure, lake_files=files, rewritten_at=format_timestamp(now()))
    return await _save(store, job, rewritten)


async def _delete_dead_letters(store: Store, org_id: str, user_id: str) -> None:
    for letter in await store.find(DeadLetter, org_id):
        if _mentions(letter.document, user_id):
            await store.delete(DeadLetter, org_id, f"{letter.day}~{letter.document_id}")


async def _is_found(
    store: RollupStore, lake: LakeWriter | None, job: Erasure, user_id: str
) -> bool:
    """Return whether anything of the user is still found. What is found in the lake is erased."""
    everything = query_user(job.org_id, user_id, *_ALL_DAYS)
    if await store.page(everything, after=None, limit=1):
        return True
    letters = await store.find(DeadLetter, job.org_id)
    if any(_mentions(letter.document, user_id) for letter in letters):
        return True
    return bool(lake and await lake.erase_user(job.org_id, user_id))


def _mentions(value: Any, user_id: str) -> bool:  # noqa: ANN401 - a part of a document
    """Return whether a text in the document is the user's id."""
    match value:
        case str():
            return value == user_id
        case Mapping():
            return any(_mentions(part, user_id) for part in value.values())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case list():
            return any(_mentions(part, user_id) for part in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return False
