"""The contract of every store: conditional deletion and records that are found by an index."""

from dataclasses import replace

import pytest

from api.domain.reference import INTENDED, AuditEntry, Membership
from api.domain.rollups import Checkpoint
from api.stores.protocol import Conflict, Store
from tests.contract.samples import AUDIT_ENTRY, ORG, OTHER
from tests.support import ManualClock


class TestConditionalDeletion:
    async def test_only_the_version_that_was_seen_is_deleted(self, any_store: Store):
        first = await any_store.create(Checkpoint("reader", "1"))
        second = await any_store.replace(Checkpoint("reader", "2"), version=first.version)

        with pytest.raises(Conflict):
            await any_store.delete(Checkpoint, "reader", version=first.version)
        assert await any_store.read(Checkpoint, "reader")
        await any_store.delete(Checkpoint, "reader", version=second.version)
        assert await any_store.read(Checkpoint, "reader") is None
        with pytest.raises(Conflict):
            await any_store.delete(Checkpoint, "reader", version=second.version)


class TestIndexedRecords:
    async def test_members_are_found_by_their_organisation(self, any_store: Store):
        for user in ("u2", "u1"):
            for org in (ORG, OTHER):
                await any_store.create(Membership(user, org, "viewer", "2026-01-01"))

        assert sorted(m.user_id for m in await any_store.find_indexed(Membership, ORG)) == [
            "u1",
            "u2",
        ]
        await any_store.delete(Membership, "u1", ORG)
        assert [m.user_id for m in await any_store.find_indexed(Membership, ORG)] == ["u2"]

    async def test_an_entry_leaves_the_index_when_it_is_complete(self, any_store: Store):
        entry = AUDIT_ENTRY
        stored = await any_store.create(entry)
        assert await any_store.find_indexed(AuditEntry, INTENDED) == [entry]
        done = replace(entry, pending="", effects=())
        await any_store.replace(done, version=stored.version)

        assert await any_store.find_indexed(AuditEntry, INTENDED) == []
        assert await any_store.find(AuditEntry, ORG) == [done]

    async def test_an_entry_is_gone_after_400_days(self, any_store: Store, clock: ManualClock):
        await any_store.create(AUDIT_ENTRY)
        clock.forward(days=399, hours=23)
        assert await any_store.read(AuditEntry, AUDIT_ENTRY.org_id, AUDIT_ENTRY.entry_id)
        clock.forward(hours=2)

        assert await any_store.read(AuditEntry, AUDIT_ENTRY.org_id, AUDIT_ENTRY.entry_id) is None
