"""The archiver never writes events of erased users, and seldom reads who was erased."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from api.domain.erasures import KEY_ID, PrivacyKey, Suppression
from api.domain.reference import Organization
from api.domain.rollups import DeadLetter
from api.lake.reader import DuckDBReader
from api.lake.tables import DeltaTables
from api.services.archive import Archiver
from api.services.erasures import request_erasure
from api.services.organizations import put
from api.stores.protocol import RollupStore
from tests.contract.acts import Acting
from tests.contract.samples import event
from tests.lake.erased import ORG, USER, acting, lake, reader, storage, store_all, work
from tests.lake.samples import stored_keys
from tests.support import ManualClock

__all__ = ["acting", "lake", "reader", "storage"]


async def test_the_archiver_reads_the_erased_users_only_after_a_new_erasure(
    any_store: RollupStore,
    lake: DeltaTables,
    reader: DuckDBReader,
    acting: Acting,
):
    await store_all(any_store, lake, [])
    found = list[type[object]]()

    class FindingStore:
        def __getattr__(self, name: str) -> Any:
            return getattr(any_store, name)

        async def find(self, kind: type[Any], owner: str | None, **bounds: str) -> Sequence[Any]:
            found.append(kind)
            return await any_store.find(kind, owner, **bounds)

    archiver = Archiver(FindingStore(), lake)  # pyright: ignore[reportArgumentType]
    await archiver.archive([event(1)])
    assert found == []
    for number, user_id in enumerate(["first", "second"], 1):
        await request_erasure(any_store, acting(), ORG, user_id)
        for _ in range(3):
            await archiver.archive([event(number, user_id=user_id), event(number + 10)])
        assert found == [Suppression] * number

    assert await stored_keys(reader, ORG) == [event(n).key for n in (1, 11, 12)]


async def test_a_suppression_that_is_not_readable_yet_is_read_again(
    store: RollupStore, lake: DeltaTables, reader: DuckDBReader, acting: Acting
):
    await store_all(store, lake, [])
    await request_erasure(store, acting(), ORG, "first")
    archiver = Archiver(store, lake)
    await archiver.archive([event(1)])
    stored = await store.read(Organization, ORG)
    assert stored
    await put(store, replace(stored.record, erasures=2))  # the act is decided, but not complete
    await archiver.archive([event(2)])
    [key] = await store.find(PrivacyKey, ORG, first=KEY_ID, last=KEY_ID)
    await store.create(Suppression(ORG, key.hash("second"), "ers_2"))
    await archiver.archive([event(3, user_id="first"), event(4, user_id="second"), event(5)])

    assert await stored_keys(reader, ORG) == [event(n).key for n in (1, 2, 5)]


async def test_an_unreadable_event_of_an_erased_user_does_not_become_a_dead_letter(
    any_store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    """The feed may deliver it after the erasure."""
    await store_all(any_store, lake, [])
    await request_erasure(any_store, acting(), ORG, USER)
    await work(any_store, lake, clock)
    mine = DeadLetter(ORG, "2026-03-01", "a", "broken", {"user_id": USER})
    other = DeadLetter(ORG, "2026-03-01", "b", "broken", {"user_id": "another"})
    await Archiver(any_store, lake).archive([], [mine, other])

    assert list(await any_store.find(DeadLetter, ORG)) == [other]
