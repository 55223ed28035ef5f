"""The order of the audit log on every store: the order in which the acts were decided."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from api.domain.reference import INTENDED, AuditEntry, Organization
from api.services.administration import update_organization
from api.services.audit_log import AuditQuery, read_audit_log
from api.services.unfinished_acts import finish_intents
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting, organization_with
from tests.crash.crash_points import WatchedStore
from tests.support import ManualClock


async def renamings(store: Store, since: str = "") -> Sequence[AuditEntry]:
    """Return the acts that renamed the organisation, oldest first."""
    query = AuditQuery(ORG, since=since, action="organization.update")
    return [entry async for entry in read_audit_log(store, query)][::-1]


def names(entries: Sequence[AuditEntry]) -> list[list[str]]:
    return [entry.details["name"] for entry in entries]


async def test_an_act_that_started_earlier_and_was_decided_later_is_newer(
    any_store: Store, acting: Acting
):
    await organization_with(any_store, acting, [])
    earlier, later = acting(), acting()
    await update_organization(any_store, later, ORG, name="First")
    [seen] = await renamings(any_store)
    await update_organization(any_store, earlier, ORG, name="Second")
    found = await renamings(any_store)

    assert names(found) == [["New", "First"], ["First", "Second"]]
    assert await renamings(any_store, since=seen.at) == found
    assert seen.at < found[1].at
    assert found[1].entry_id.startswith(found[1].at)


async def test_an_act_that_loses_the_decision_to_a_later_one_follows_it(
    any_store: Store, acting: Acting, clock: ManualClock
):
    await organization_with(any_store, acting, [])
    overtaken = list[str]()

    async def overtake(moment: str) -> None:
        if moment == "before replace 1":
            overtaken.append(moment)
            await update_organization(any_store, acting(), ORG, name="First")

    watched: Any = WatchedStore(any_store, overtake)
    assert await update_organization(watched, acting(), ORG, name="Second")
    found = await renamings(any_store)
    await finish_intents(any_store, clock(), grace=timedelta())

    assert overtaken
    assert names(found) == [["New", "First"], ["First", "Second"]]
    assert await renamings(any_store) == found
    assert not await any_store.find_indexed(AuditEntry, INTENDED)


async def test_a_reader_of_concurrent_acts_misses_none(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [])
    contexts = [acting() for _ in range(8)]
    seen = dict[str, AuditEntry]()

    async def rename(number: int) -> None:
        await update_organization(any_store, contexts[number], ORG, name=f"Name {number}")
        last = max((entry.at for entry in seen.values()), default="")
        seen.update({entry.entry_id: entry for entry in await renamings(any_store, since=last)})

    await asyncio.gather(*(rename(number) for number in reversed(range(8))))
    found = await renamings(any_store)
    stored = await any_store.read(Organization, ORG)

    assert len(found) == len(contexts)
    assert [seen[entry_id] for entry_id in sorted(seen)] == found
    assert [old for old, _ in names(found)] == ["New", *(new for _, new in names(found)[:-1])]
    assert all(one.at < following.at for one, following in pairwise(found))
    assert stored
    assert stored.record.name == names(found)[-1][1]
    assert stored.record.act_id == found[-1].entry_id
