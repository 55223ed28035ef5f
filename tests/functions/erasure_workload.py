"""The parts of an erasure that `rollup_metrics` and `archive_events` do."""

from typing import TYPE_CHECKING

from api.domain.erasures import DONE, RUNNING, ErasureSubject
from api.domain.events import DayBatch, Event
from api.domain.rollups import DeadLetter
from api.domain.times import format_timestamp
from api.lake.protocol import LakeWriter
from api.services.erasure_jobs import NO_WAITS, ORPHANED_AFTER, Eraser
from api.services.erasures import list_erasures
from tests.functions.interrupted_acts import erase_user

if TYPE_CHECKING:
    from tests.functions.function_workloads import Function

USER, DAY = "usr_to_erase", "2026-03-04"


async def erase_in_store(function: "Function", org_id: str) -> None:
    """Delete a user's events and dead letters, and the id of a user whom no job erases."""
    admin = function.admin
    event = Event(org_id, "mine", "seen", USER, f"{DAY}T00:00:00.000000Z", {})
    await admin.append(DayBatch(org_id, DAY, [event], None))
    await admin.create(DeadLetter(org_id, DAY, "mine", "broken", {"user_id": USER}))
    since = format_timestamp(function.clock() - ORPHANED_AFTER)
    await admin.create(ErasureSubject(org_id, "ers_orphan", "nobody", since))
    await erase_user(function, org_id, USER)
    await Eraser(function.store, None, function.clock, waits=NO_WAITS).work()

    [erasure] = await list_erasures(admin, org_id)
    assert (erasure.status, erasure.events, erasure.dead_letters) == (RUNNING, 1, 1)
    assert erasure.deleted_at
    assert [one.user_id for one in await subjects(function, org_id)] == [USER]


async def erase_in_lake(function: "Function", lake: LakeWriter, org_id: str, user_id: str) -> None:
    """Rewrite the files with the user after another process has deleted the stored events."""
    await erase_user(function, org_id, user_id)
    await Eraser(function.admin, None, function.clock, waits=NO_WAITS).work()
    eraser = Eraser(function.store, lake, function.clock, deletes_events=False, waits=NO_WAITS)
    await eraser.work()

    assert {one.status for one in await list_erasures(function.admin, org_id)} == {DONE}
    assert not await subjects(function, org_id)


async def subjects(function: "Function", org_id: str) -> list[ErasureSubject]:
    found = await function.admin.find(ErasureSubject, org_id, first="subject~", last="subject~~")
    return list(found)
