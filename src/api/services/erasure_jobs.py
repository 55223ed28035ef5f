"""Work on erasures: delete the user's data in the store and in the lake, and verify the result.

1. After SETTLE, no process accepts or archives events of the user. The job then deletes the user's
   events in the store, day by day, and dead letters that mention the user.
2. The job replaces the lake's files with the user. After READER_GRACE, no query uses an earlier
   version of the lake's table, and the job deletes the files of these versions.
3. The job searches again. If it finds nothing, it deletes its record of the user's id.

Every step can be repeated, and several processes may work on a job at once. Before each step, the
job's record is replaced conditionally, so that each event is counted once. The number of replaced
files lacks those of a commit after which the process was killed at once.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from api import telemetry
from api.domain.erasures import OPEN, SUBJECT, Erasure, ErasureSubject, subject_id
from api.domain.rollups import DeadLetter
from api.domain.times import MAX_DAY, MIN_DAY, Clock, format_timestamp, parse_timestamp
from api.errors import ApiError, reason_of
from api.lake.protocol import LakeWriter
from api.services.at_once import map_at_once
from api.services.dead_letters import find_dead_letters
from api.services.stored_events import after_day, count_events, first_day, query_user
from api.stores.protocol import Conflict, RollupStore, Store, Stored
from api.stores.records import record_key

# A process reads the organisation every 60 s, and again after 60 s if the suppression isn't
# readable yet. A request takes up to 20 s.
SETTLE = timedelta(minutes=3)
# A query takes seconds, and so does a write that has stored files which aren't in the table yet.
READER_GRACE = timedelta(hours=1)
ORPHANED_AFTER = timedelta(hours=1)  # longer than any request to erase a user takes
# The work for one organisation, so that a call of a serverless function ends in time.
JOBS_PER_PASS, TRANSACTIONS_PER_PASS = 20, 500

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waits:
    """The durations for which a job waits for other processes, or 0 if there are none."""

    settle: timedelta = SETTLE
    readers: timedelta = READER_GRACE
    poll_seconds: float = 60  # between two looks for open jobs

    def end(self, job: Erasure) -> datetime | None:
        """Return when the job can stop waiting for other processes, or None if it isn't waiting."""
        if job.rewritten_at and not job.verified_at:
            return parse_timestamp(job.rewritten_at) + self.readers
        if job.started_at and not job.deleted_at:
            return parse_timestamp(job.started_at) + self.settle
        return None


NO_WAITS = Waits(timedelta(), timedelta())
# A server that no other process disturbs waits for its own queries, which take at most 30 s.
ALONE = Waits(timedelta(), timedelta(seconds=35), poll_seconds=2)

type Settle = Callable[[str], Awaitable[None]]


async def _settled(_: str) -> None:
    """Do nothing, because the job waits long enough for all processes."""


@dataclass(frozen=True, slots=True)
class Eraser:
    """A process that works on erasures, and the data that this process can delete.

    `has_lake` is false only if the deployment has no lake. If it has one that this process can't
    reach (`lake` is None), or if this process can't delete events of the store, another process
    must continue the job. `settle` makes this process refuse events of the organisation's erased
    users, and waits for requests that it accepted before.
    """

    store: RollupStore
    lake: LakeWriter | None
    now: Clock
    has_lake: bool = True
    deletes_events: bool = True
    waits: Waits = field(default_factory=Waits)
    settle: Settle = _settled

    async def work(self) -> None:
        """Continue every open erasure until it is complete or must wait."""
        by_org = defaultdict[str, list[Erasure]](list)
        for erasure in await self.store.find_indexed(Erasure, OPEN):
            if self._can_continue(erasure):
                by_org[erasure.org_id].append(erasure)
        await map_at_once(self._continue_all, by_org.values())
        if self.deletes_events:
            await self._delete_orphans()

    async def _continue_all(self, erasures: Sequence[Erasure]) -> None:
        oldest_first = sorted(erasures, key=lambda one: one.created_at)
        for erasure in oldest_first[:JOBS_PER_PASS]:
            if error := await self.continue_erasure(erasure):
                unexpected = None if isinstance(error, ApiError) else error
                fields = {
                    "org_id": erasure.org_id,
                    "erasure_id": erasure.erasure_id,
                    "reason": reason_of(error),
                }
                log.warning("an erasure waits", exc_info=unexpected, extra={"fields": fields})

    async def continue_erasure(self, erasure: Erasure) -> Exception | None:
        """Continue an erasure until it is complete or must wait.

        Return the error that prevents the next step, or None. Too many unexpected errors end the
        job.
        """
        try:
            await self._run(erasure)
        except Conflict:
            return None  # another process continues the job
        except ApiError as error:
            return error
        except Exception as error:  # noqa: BLE001 - the caller reports it
            with suppress(Conflict):
                if stored := await self.store.read(Erasure, erasure.org_id, erasure.erasure_id):
                    failed = stored.record.failed_once()
                    await self.store.replace(failed, version=stored.version)
            return error
        return None

    async def _run(self, erasure: Erasure) -> None:
        store = self.store
        job = await store.read(Erasure, erasure.org_id, erasure.erasure_id)
        if job is None or not job.record.pending:
            return
        if not job.record.started_at:
            job = await _save(store, job, job.record.started(self.now()))
        if self._must_wait(job.record):
            return
        if not job.record.verified_at:
            verified = await self._erase(job)
            if verified is None:
                return
            job = verified
        await store.delete(ErasureSubject, erasure.org_id, subject_id(erasure.erasure_id))
        await store.scrub()
        await _save(store, job, job.record.done())

    def _can_continue(self, job: Erasure) -> bool:
        """Return whether this process can do the next step of the job now."""
        if self._must_wait(job):
            return False
        if not job.deleted_at:
            return self.deletes_events
        return self.lake is not None or not self.has_lake

    def _must_wait(self, job: Erasure) -> bool:
        end = self.waits.end(job)
        return end is not None and self.now() < end

    async def _erase(self, job: Stored[Erasure]) -> Stored[Erasure] | None:
        """Delete and verify.

        Return the verified job, or None if the job must wait, start again, or be continued by
        another process.
        """
        store, org_id = self.store, job.record.org_id
        user_id = await _user_of(store, job.record)
        if not job.record.deleted_at:
            await self.settle(org_id)
            deleted = await self._erase_in_store(job, user_id) if self.deletes_events else None
            if deleted is None:
                return None
            at = format_timestamp(self.now())
            job = await _save(store, deleted, replace(deleted.record, deleted_at=at))
        if self.has_lake:
            if self.lake is None:
                return None
            if not job.record.rewritten_at:
                job = await self._erase_in_lake(self.lake, job, user_id)
            if self._must_wait(job.record):
                return None
            hours = int(self.waits.readers / timedelta(hours=1))
            await self.lake.vacuum(org_id, older_than_hours=hours, untracked=True)
        if left := await self._find_left(job.record, user_id):
            await _save(store, job, left)
            return None
        return await _save(
            store, job, replace(job.record, verified_at=format_timestamp(self.now()))
        )

    async def _erase_in_store(self, job: Stored[Erasure], user_id: str) -> Stored[Erasure] | None:
        """Delete the user's events and dead letters. Return None if the pass must end before."""
        from api.services.erased_days import Allowance, erase_day  # noqa: PLC0415 - imports numpy

        store, org_id, day = self.store, job.record.org_id, job.record.day
        allowance = Allowance(TRANSACTIONS_PER_PASS)
        events = query_user(org_id, user_id, MIN_DAY, MAX_DAY)
        if day:  # it may be incomplete
            if not await erase_day(store, org_id, user_id, day, allowance):
                return None
            events = after_day(events, day)
        while day := await first_day(store, events):
            number = await count_events(store, query_user(org_id, user_id, day, day))
            job = await _save(store, job, job.record.with_day(day, number))
            if not await erase_day(store, org_id, user_id, day, allowance):
                return None
            events = after_day(events, day)
        for letter in await find_dead_letters(store, org_id, {user_id}):
            key = record_key(letter)
            job = await _save(store, job, job.record.with_letter(key[-1]))
            await store.delete(DeadLetter, *key)
        return job

    async def _erase_in_lake(
        self, lake: LakeWriter, job: Stored[Erasure], user_id: str
    ) -> Stored[Erasure]:
        files = job.record.lake_files + await lake.erase_user(job.record.org_id, user_id)
        at = format_timestamp(self.now())
        return await _save(self.store, job, replace(job.record, lake_files=files, rewritten_at=at))

    async def _find_left(self, job: Erasure, user_id: str) -> Erasure | None:
        """Return the job to repeat if anything of the user is found, or None.

        Events that are found in the lake are erased, and the files are counted.
        """
        org_id = job.org_id
        files = await self.lake.erase_user(org_id, user_id) if self.lake else 0
        is_found = (
            files
            or await first_day(self.store, query_user(org_id, user_id, MIN_DAY, MAX_DAY))
            or await find_dead_letters(self.store, org_id, {user_id})
        )
        return replace(job, lake_files=job.lake_files + files).repeated() if is_found else None

    async def _delete_orphans(self) -> None:
        """Delete the ids of users whom no open job erases.

        They remain if a request was interrupted before its act was decided, or if a job failed.
        """
        for subject in await self.store.find_indexed(ErasureSubject, SUBJECT):
            stored = await self.store.read(ErasureSubject, *record_key(subject))
            job = await self.store.read(Erasure, subject.org_id, subject.erasure_id)
            is_used = job is not None and job.record.pending
            if stored is None or is_used or not self._is_old(stored.record):
                continue
            with suppress(Conflict):  # the user's erasure has been requested again
                await self.store.delete(
                    ErasureSubject, *record_key(subject), version=stored.version
                )

    def _is_old(self, subject: ErasureSubject) -> bool:
        return self.now() - parse_timestamp(subject.stored_at) >= ORPHANED_AFTER


async def keep_erasing(eraser: Eraser) -> None:
    """Work on erasures in an endless loop. Retry when the store fails."""
    while True:
        try:
            with telemetry.quiet():
                await eraser.work()
        except Exception as error:
            fields = {"reason": reason_of(error)}
            log.warning("erasures wait", exc_info=error, extra={"fields": fields})
        await asyncio.sleep(eraser.waits.poll_seconds)


async def _user_of(store: Store, erasure: Erasure) -> str:
    subject = await store.read(ErasureSubject, erasure.org_id, subject_id(erasure.erasure_id))
    if subject is None:
        raise LookupError(f"the id of the user is missing: {subject_id(erasure.erasure_id)}")
    return subject.record.user_id


async def _save(store: Store, job: Stored[Erasure], changed: Erasure) -> Stored[Erasure]:
    if changed == job.record:
        return job
    return await store.replace(replace(changed, failures=0), version=job.version)
