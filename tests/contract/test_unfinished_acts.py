"""The sweep that completes and withdraws acts, on every store, also if clocks differ."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.domain.reference import INTENDED, PURGE, ApiKey, AuditEntry, Organization
from api.services.acts import Context
from api.services.administration import update_organization
from api.services.keys import NewKey, create_key, revoke_key
from api.services.members import remove_member
from api.services.unfinished_acts import GRACE, PURGE_AFTER, PurgeTimes, finish_intents
from api.stores.protocol import Store, Unavailable
from tests.contract.acts import ORG, Acting, log, organization_with, roles
from tests.crash.crash_points import WatchedStore
from tests.support import ManualClock

BEFORE_THE_DECISION, DECIDED = "before replace 1", "after replace 1"
MEMBERS = (("ada", "owner"), ("bob", "viewer"))


class Killed(Exception):
    """The process is dead."""


async def killed(store: Store, at: str, act: Callable[[Any], Awaitable[object]]) -> None:
    """Perform an act in a process that is killed at this moment."""

    async def kill(moment: str) -> None:
        if moment == at:
            raise Killed

    with pytest.raises(Killed):
        await act(WatchedStore(store, kill))


class WatchedReads:
    """A store whose first reads of audit entries miss the entry, and that counts organisations."""

    def __init__(self, store: Any, stale_reads: int = 0) -> None:
        self._store, self._stale_reads = store, stale_reads
        self.organizations_written = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def read(self, kind: type[object], *key: str) -> object:
        if kind is AuditEntry and self._stale_reads:
            self._stale_reads -= 1
            return None
        return await self._store.read(kind, *key)

    async def replace(self, record: object, *, version: str) -> object:
        self.organizations_written += isinstance(record, Organization)
        return await self._store.replace(record, version=version)


@pytest.fixture
def fast(clock: ManualClock) -> Acting:
    """Return the acts of a process whose clock is a day fast."""
    return Acting(ManualClock(clock() + timedelta(days=1)))


async def rename(store: Any, context: Context, name: str) -> bool:
    return await update_organization(store, context, ORG, name=name)


async def test_a_running_act_is_not_withdrawn_after_the_act_of_a_fast_clock(
    any_store: Store, acting: Acting, fast: Acting
):
    await organization_with(any_store, acting, [])
    await rename(any_store, fast(), "First")
    left = list[int]()

    async def sweep(moment: str) -> None:
        if moment == BEFORE_THE_DECISION:
            await finish_intents(any_store, acting().now)
            left.append(len(await any_store.find_indexed(AuditEntry, INTENDED)))

    watched: Any = WatchedStore(any_store, sweep)
    await rename(watched, acting(), "Second")

    assert left == [1]


async def test_removed_records_stay_for_an_hour_after_the_act_of_a_fast_clock(
    any_store: Store, acting: Acting, fast: Acting
):
    await organization_with(any_store, acting, [])
    key, _ = await create_key(any_store, acting(), ORG, NewKey("k", "secret"), random="1")
    await rename(any_store, fast(), "First")
    context = acting()
    await revoke_key(any_store, context, ORG, key.key_hash)
    await finish_intents(any_store, context.now + PURGE_AFTER - timedelta(seconds=1))
    kept = await any_store.read(ApiKey, key.key_hash)
    await finish_intents(any_store, context.now + PURGE_AFTER)

    assert kept
    assert await any_store.read(ApiKey, key.key_hash) is None


async def test_an_interrupted_act_of_a_fast_clock_is_withdrawn_when_its_grace_period_ends(
    any_store: Store, acting: Acting, fast: Acting
):
    await organization_with(any_store, acting, [])
    context = fast()
    await killed(any_store, BEFORE_THE_DECISION, lambda store: rename(store, context, "First"))
    await finish_intents(any_store, acting().now + GRACE)
    kept = await any_store.find_indexed(AuditEntry, INTENDED)
    await finish_intents(any_store, context.now + GRACE)

    assert len(kept) == 1
    assert not await any_store.find_indexed(AuditEntry, INTENDED)


async def test_a_decided_act_of_a_fast_clock_is_completed_at_once(
    any_store: Store, acting: Acting, fast: Acting
):
    await organization_with(any_store, acting, MEMBERS)
    context = fast()
    await killed(
        any_store, DECIDED, lambda store: remove_member(store, context, ORG, user_id="bob")
    )
    await finish_intents(any_store, acting().now)

    assert await roles(any_store) == {"ada": "owner"}
    assert INTENDED not in [pending for _, pending in await log(any_store)]


@pytest.mark.parametrize("minutes", [1, 10])
async def test_a_decided_act_is_not_lost_if_its_entry_is_not_readable_yet(
    any_store: Store, acting: Acting, clock: ManualClock, minutes: int
):
    await organization_with(any_store, acting, MEMBERS)
    context = Acting(ManualClock(clock() + timedelta(minutes=minutes)))()
    await killed(
        any_store, DECIDED, lambda store: remove_member(store, context, ORG, user_id="bob")
    )
    stale: Any = WatchedReads(any_store, stale_reads=1)

    with pytest.raises(Unavailable):
        await rename(stale, acting(), "Newer")
    assert await rename(stale, acting(), "Newer")
    assert await roles(any_store) == {"ada": "owner"}
    assert [action for action, _ in await log(any_store)][-2:] == [
        "member.remove",
        "organization.update",
    ]


async def test_intents_of_overtaken_acts_are_withdrawn_without_writing_the_organisation(
    any_store: Store, acting: Acting
):
    await organization_with(any_store, acting, [])
    contexts = [acting() for _ in range(8)]
    await asyncio.gather(
        *(rename(any_store, context, context.request_id) for context in reversed(contexts))
    )
    overtaken = await any_store.find_indexed(AuditEntry, INTENDED)
    watched: Any = WatchedReads(any_store)
    await finish_intents(watched, acting().now, grace=timedelta())

    assert overtaken
    assert watched.organizations_written == 0
    assert await log(any_store) == [("organization.create", "")] + [("organization.update", "")] * 8


async def test_an_intent_of_an_earlier_version_is_withdrawn_after_writing_the_organisation(
    any_store: Store, acting: Acting
):
    await organization_with(any_store, acting, [])
    context = acting()
    await killed(any_store, BEFORE_THE_DECISION, lambda store: rename(store, context, "First"))
    [intent] = await any_store.find_indexed(AuditEntry, INTENDED)
    stored = await any_store.read(AuditEntry, ORG, intent.entry_id)
    assert stored
    await any_store.replace(replace(intent, started_at=""), version=stored.version)
    await rename(any_store, acting(), "Second")
    watched: Any = WatchedReads(any_store)
    await finish_intents(watched, acting().now + GRACE)

    assert watched.organizations_written == 1
    assert not await any_store.find_indexed(AuditEntry, INTENDED)


async def test_a_process_looks_for_removed_records_once_per_hour(any_store: Store, acting: Acting):
    """A removed membership remains for a month, and would be read every minute."""
    await organization_with(any_store, acting, MEMBERS)
    await remove_member(any_store, acting(), ORG, user_id="bob")
    read, times, start = list[str](), PurgeTimes(), acting().now

    class ReadingStore:
        def __getattr__(self, name: str) -> Any:
            return getattr(any_store, name)

        async def find_indexed(self, kind: type[Any], value: str) -> Sequence[Any]:
            read.append(value)
            return await any_store.find_indexed(kind, value)

    store: Any = ReadingStore()
    for minute in range(121):
        now = start + timedelta(minutes=minute)
        await finish_intents(store, now, purges=times.is_due(now))

    assert (read.count(INTENDED), read.count(PURGE)) == (121, 3)
