"""Acts of several organisations: they write the same users, and don't delay each other."""

from dataclasses import replace

import pytest

from api.domain.reference import INTENDED, AuditEntry, User
from api.services.acts import complete_act
from api.services.members import Person, add_member
from api.services.unfinished_acts import finish_intents
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting, organization_with


async def test_a_user_s_record_is_shared_by_their_organisations(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [])
    known = User("bob", "bob@old.test", "Bob", "owner", "2026-01-01", "2026-01-01")
    await any_store.create(known)
    await add_member(any_store, acting(), ORG, person=Person("bob"), role="viewer")
    unchanged = await any_store.read(User, "bob")
    await add_member(any_store, acting(), ORG, person=Person("bob", "b@new.test"), role="viewer")
    changed = await any_store.read(User, "bob")

    assert unchanged
    assert changed
    assert unchanged.record == known
    assert (changed.record.email, changed.record.name) == ("b@new.test", "Bob")


async def test_a_delayed_write_does_not_undo_a_later_act_of_another_organisation(any_store: Store):
    earlier, later = (
        User("bob", f"{name}@new.test", "Bob", "viewer", "2026-01-01", f"2026-03-0{day}")
        for day, name in ((1, "old"), (2, "new"))
    )
    await any_store.create(later)
    entry = AuditEntry(
        *(ORG, "2026-03-01~1", "2026-03-01", "operator", "alice", "member.add", "bob"),
        pending=INTENDED,
        effects=(earlier,),
    )
    await complete_act(any_store, await any_store.create(entry))
    stored = await any_store.read(User, "bob")

    assert stored
    assert stored.record == later


async def test_an_act_that_fails_unexpectedly_does_not_delay_other_acts(
    store: Store, acting: Acting, monkeypatch: pytest.MonkeyPatch
):
    entry = AuditEntry(
        *(ORG, "2026-03-01~1", "2026-03-01T00:00:00Z", "operator", "alice", "member.add", "bob"),
        pending=INTENDED,
    )
    for org_id in ("org_a", ORG):
        await store.create(replace(entry, org_id=org_id))
    read = store.read

    async def fail_for_one(kind: type[object], *key: str) -> object:
        if key[0] == "org_a":
            raise OSError("as planned")
        return await read(kind, *key)

    monkeypatch.setattr(store, "read", fail_for_one)
    await finish_intents(store, acting().now)

    assert [each.org_id for each in await store.find(AuditEntry, None)] == ["org_a"]


async def test_a_user_written_by_a_clock_that_is_ahead_can_be_changed(
    any_store: Store, acting: Acting
):
    await organization_with(any_store, acting, [])
    ahead = "2026-03-11T00:00:00.000000Z"
    await any_store.create(User("bob", "b@old.test", "Bob", "viewer", ahead, ahead))
    await add_member(any_store, acting(), ORG, person=Person("bob", "b@new.test"), role="viewer")
    stored = await any_store.read(User, "bob")

    assert stored
    assert (stored.record.email, stored.record.updated_at[-8:]) == ("b@new.test", ".000001Z")
