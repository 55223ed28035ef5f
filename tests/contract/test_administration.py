"""Administrative acts on every store: their effects, their audit entries, their refusals."""

import asyncio

import pytest

from api.domain.events import DayBatch
from api.domain.metrics import Metric, MetricValue
from api.domain.reference import (
    DELETED,
    SUSPENDED,
    Actor,
    ApiKey,
    AuditEntry,
    Membership,
    Organization,
    hash_api_key,
)
from api.errors import ApiError
from api.services import administration
from api.services.acts import Context
from api.services.administration import (
    create_organization,
    delete_organization,
    resume_organization,
    suspend_organization,
    update_organization,
)
from api.services.audit_log import AuditQuery, read_audit_log
from api.services.invitations import LIFETIME, NewInvitation, create_invitation
from api.services.keys import NewKey, create_key, list_keys, revoke_key
from api.services.member_records import list_members
from api.services.members import Person, add_member, change_role, remove_member
from api.services.organization_records import find_organization
from api.services.unfinished_acts import (
    PURGE_AFTER,
    PURGE_MEMBERSHIP_AFTER,
    finish_intents,
)
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting, log, organization_with, roles, save_one_of_each, state
from tests.contract.samples import event
from tests.support import ManualClock

TWO_OWNERS = (("ada", "owner"), ("bob", "owner"))


async def audit_log(store: Store) -> list[AuditEntry]:
    return [entry async for entry in read_audit_log(store, AuditQuery(ORG))]


def refused(code: str):
    return pytest.raises(ApiError, check=lambda error: error.code == code)


async def invite_cy(store: Store, context: Context) -> None:
    new = NewInvitation("cy@new.test", "viewer", context.now + LIFETIME)
    await create_invitation(store, context, ORG, new, random="1")


class TestOrganizations:
    async def test_one_is_created_once(self, any_store: Store, acting: Acting):
        values = {"org_id": ORG, "name": "New", "plan": "growth", "owner": "ada"}
        outcomes = [await create_organization(any_store, acting(), **values) for _ in range(2)]

        assert outcomes == [True, False]
        assert (await find_organization(any_store, ORG)).owners == ("ada",)
        assert await roles(any_store) == {"ada": "owner"}
        assert await log(any_store) == [("organization.create", "")]
        with refused("already_exists"):
            await create_organization(any_store, acting(), **values | {"plan": "starter"})
        with refused("already_exists"):
            await create_organization(any_store, acting(), **values | {"owner": "bob"})

    async def test_of_many_at_once_one_creates_it(self, any_store: Store, acting: Acting):
        values = {"org_id": ORG, "name": "New", "plan": "growth"}
        contexts = [acting() for _ in range(8)]
        outcomes = await asyncio.gather(
            *(create_organization(any_store, context, **values) for context in contexts)
        )
        await finish_intents(any_store, acting().now, grace=PURGE_AFTER * 0)

        assert sorted(outcomes) == [False] * 7 + [True]
        assert await log(any_store) == [("organization.create", "")]

    async def test_it_is_renamed_suspended_and_resumed(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, [])
        for _ in range(2):
            await update_organization(any_store, acting(), ORG, name="Newer", plan="starter")
            await suspend_organization(any_store, acting(), ORG)
        suspended = await find_organization(any_store, ORG)
        assert await resume_organization(any_store, acting(), ORG)

        assert (suspended.name, suspended.plan, suspended.status) == ("Newer", "starter", SUSPENDED)
        assert [entry.action for entry in await audit_log(any_store)] == [
            "organization.resume",
            "organization.suspend",
            "organization.update",
            "organization.create",
        ]

    async def test_an_entry_says_who_did_what_when(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, [])
        context = acting()
        await update_organization(any_store, context, ORG, name="Newer")
        [entry, _] = await audit_log(any_store)

        assert (entry.actor_type, entry.actor_id) == ("operator", "alice")
        assert (entry.at, entry.request_id) == ("2026-03-10T12:00:02.000000Z", "request-2")
        assert (entry.target, entry.details) == (ORG, {"name": ["New", "Newer"]})
        assert not entry.effects

    async def test_deletion_removes_members_keys_invitations_and_metrics(
        self, any_store: Store, acting: Acting
    ):
        await organization_with(any_store, acting, TWO_OWNERS)
        await create_key(any_store, acting(), ORG, NewKey("server", "secret"), random="1")
        await invite_cy(any_store, acting())
        await save_one_of_each(any_store, acting)
        for record in (Metric(ORG, "mrr", "sum"), MetricValue(ORG, "mrr", "2026-03-01", 1.0)):
            await any_store.create(record)
        outcomes = [await delete_organization(any_store, acting(), ORG) for _ in range(2)]

        assert outcomes == [True, False]
        assert await state(any_store) == {
            "organization": ("New", DELETED, ()),
            "roles": {},
            "keys": set(),
            "invitations": set(),
            "views": set(),
            "boards": {},
            "annotations": set(),
            "alerts": set(),
            "shares": set(),
        }
        [entry, *_] = await audit_log(any_store)
        assert entry.details == {
            "members": 2,
            "keys": 1,
            "invitations": 1,
            "views": 1,
            "boards": 1,
            "annotations": 1,
            "alerts": 1,
            "shares": 1,
        }
        assert not await any_store.find(MetricValue, ORG, last="metric}")
        assert not await any_store.find(Metric, ORG, first="metric~")
        with refused("not_found"):
            await update_organization(any_store, acting(), ORG, name="Newer")
        with refused("already_exists"):
            await create_organization(any_store, acting(), org_id=ORG, name="New", plan="growth")

    async def test_one_with_too_many_records_is_not_deleted(
        self, store: Store, acting: Acting, monkeypatch: pytest.MonkeyPatch
    ):
        await organization_with(store, acting, TWO_OWNERS)
        await create_key(store, acting(), ORG, NewKey("server", "secret"), random="1")
        await invite_cy(store, acting())
        monkeypatch.setattr(administration, "REMOVED_MAX", 3)

        with refused("organization_not_empty") as refusal:
            await delete_organization(store, acting(), ORG)
        assert "more than 3 members, keys, invitations, views, boards" in refusal.value.detail
        monkeypatch.setattr(administration, "REMOVED_MAX", 4)
        assert await delete_organization(store, acting(), ORG)

    async def test_one_with_events_is_not_deleted(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, [])
        one = event(1, org=ORG)
        await any_store.append(DayBatch(ORG, one.day, [one], None))

        with refused("organization_not_empty"):
            await delete_organization(any_store, acting(), ORG)
        assert await log(any_store) == [("organization.create", "")]

    async def test_an_unknown_one_is_not_found(self, any_store: Store, acting: Acting):
        with refused("not_found"):
            await suspend_organization(any_store, acting(), ORG)
        assert not await log(any_store)

    @pytest.mark.parametrize(
        "changes",
        [{"name": " "}, {"plan": "x" * 101}]
        + [{"org_id": org_id} for org_id in ("", "org acme", "x" * 129, "..")]
        + [{"owner": user} for user in ("", "a/b", "a b", "x" * 256)],
    )
    async def test_bad_input_is_refused(self, store: Store, acting: Acting, changes):
        values = {"org_id": ORG, "name": "New", "plan": "growth"} | changes

        with refused("invalid_parameter"):
            await create_organization(store, acting(), **values)


class TestMembers:
    async def test_a_member_comes_changes_and_goes(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, [("ada", "owner")])
        bob = Person("bob", "bob@new.test", "Bob")
        added = [await add_member(any_store, acting(), ORG, person=bob, role="viewer")] * 2
        [_, member] = await list_members(any_store, ORG)
        changed = [
            await change_role(any_store, acting(), ORG, user_id="bob", role="admin")
            for _ in range(2)
        ]
        during = await roles(any_store)
        removed = [await remove_member(any_store, acting(), ORG, user_id="bob") for _ in range(2)]

        assert (added, changed, removed) == ([True, True], [True, False], [True, False])
        assert member.user
        assert (member.user.email, member.membership.role) == ("bob@new.test", "viewer")
        assert during == {"ada": "owner", "bob": "admin"}
        assert await roles(any_store) == {"ada": "owner"}
        assert [entry.action for entry in await audit_log(any_store)][:3] == [
            "member.remove",
            "member.role",
            "member.add",
        ]

    async def test_adding_again_says_so(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, [("ada", "owner"), ("bob", "viewer")])

        assert not await add_member(any_store, acting(), ORG, person=Person("bob"), role="viewer")
        with refused("already_exists"):
            await add_member(any_store, acting(), ORG, person=Person("bob"), role="admin")
        assert await add_member(
            any_store, acting(), ORG, person=Person("bob", "bob@new.test"), role="viewer"
        )

    async def test_a_removed_member_can_come_back(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, [("ada", "owner"), ("bob", "viewer")])
        await remove_member(any_store, acting(), ORG, user_id="bob")
        await add_member(any_store, acting(), ORG, person=Person("bob"), role="member")
        late = acting().now + PURGE_AFTER
        await finish_intents(any_store, late)

        assert await roles(any_store) == {"ada": "owner", "bob": "member"}

    async def test_records_of_removed_members_and_keys_are_deleted_later(
        self, any_store: Store, acting: Acting
    ):
        await organization_with(any_store, acting, [("ada", "owner")])
        as_ada = Acting(ManualClock(acting().now), Actor("user", "ada"))
        bob = Person("bob", "bob@new.test", "Bob")
        await add_member(any_store, as_ada(), ORG, person=bob, role="viewer")
        key, _ = await create_key(any_store, acting(), ORG, NewKey("k", "secret"), random="1")
        await revoke_key(any_store, acting(), ORG, key.key_hash)
        await remove_member(any_store, acting(), ORG, user_id="bob")
        now = acting().now
        await finish_intents(any_store, now)
        assert await any_store.read(ApiKey, key.key_hash)
        await finish_intents(any_store, now + PURGE_AFTER)
        kept = await any_store.read(Membership, "bob", ORG)
        await finish_intents(any_store, now + PURGE_MEMBERSHIP_AFTER)

        assert kept
        assert (kept.record.email, kept.record.name) == (None, None)
        assert await any_store.read(Membership, "bob", ORG) is None
        assert await any_store.read(ApiKey, key.key_hash) is None
        assert all(not pending for _, pending in await log(any_store))
        assert not any(entry.effects for entry in await any_store.find(AuditEntry, ORG))

    async def test_the_last_owner_stays(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, [("ada", "owner"), ("bob", "admin")])

        with refused("last_owner"):
            await change_role(any_store, acting(), ORG, user_id="ada", role="admin")
        with refused("last_owner"):
            await remove_member(any_store, acting(), ORG, user_id="ada")
        await change_role(any_store, acting(), ORG, user_id="bob", role="owner")
        assert await remove_member(any_store, acting(), ORG, user_id="ada")
        assert await roles(any_store) == {"bob": "owner"}

    async def test_two_owners_demote_each_other_and_one_succeeds(
        self, any_store: Store, acting: Acting
    ):
        await organization_with(any_store, acting, TWO_OWNERS)
        contexts = acting(), acting()
        outcomes = await asyncio.gather(
            change_role(any_store, contexts[0], ORG, user_id="bob", role="viewer"),
            change_role(any_store, contexts[1], ORG, user_id="ada", role="viewer"),
            return_exceptions=True,
        )
        await finish_intents(any_store, acting().now, grace=PURGE_AFTER * 0)

        [refusal] = [outcome for outcome in outcomes if outcome is not True]
        assert isinstance(refusal, ApiError)
        assert refusal.code == "last_owner"
        assert sorted((await roles(any_store)).values()) == ["owner", "viewer"]
        assert [action for action, _ in await log(any_store)].count("member.role") == 1

    async def test_of_sixteen_acts_at_once_none_is_lost(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, [("ada", "owner")])
        contexts = [(f"user{n:02}", acting()) for n in range(16)]
        await asyncio.gather(
            *(
                add_member(any_store, context, ORG, person=Person(user_id), role="viewer")
                for user_id, context in contexts
            )
        )
        await finish_intents(any_store, acting().now, grace=PURGE_AFTER * 0)

        assert await roles(any_store) == {"ada": "owner"} | {
            user_id: "viewer" for user_id, _ in contexts
        }
        assert await log(any_store) == [("organization.create", "")] + [("member.add", "")] * 17

    async def test_owners_are_read_from_memberships_of_an_earlier_version(
        self, any_store: Store, acting: Acting
    ):
        await any_store.create(Organization(ORG, "New", "growth", "2026-01-01T00:00:00Z"))
        for user_id, role in (("ada", "owner"), ("bob", "viewer")):
            await any_store.create(Membership(user_id, ORG, role, "2026-01-01"))

        with refused("last_owner"):
            await remove_member(any_store, acting(), ORG, user_id="ada")
        await change_role(any_store, acting(), ORG, user_id="bob", role="owner")
        assert (await find_organization(any_store, ORG)).owners == ("ada", "bob")


class TestKeys:
    async def test_a_key_is_created_and_revoked_once(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, [])
        key, secret = await create_key(
            any_store, acting(), ORG, NewKey("server", "secret"), random="1"
        )
        assert hash_api_key(secret) == key.key_hash
        assert [one.name for one in await list_keys(any_store, ORG)] == ["server"]
        outcomes = await asyncio.gather(
            *(revoke_key(any_store, acting(), ORG, key.key_hash) for _ in range(4)),
            return_exceptions=True,
        )
        await finish_intents(any_store, acting().now, grace=PURGE_AFTER * 0)

        assert sum(outcome is None for outcome in outcomes) == 1
        assert not await list_keys(any_store, ORG)
        actions = [action for action, _ in await log(any_store)]
        assert actions == ["organization.create", "api_key.create", "api_key.revoke"]

    async def test_a_suspended_organisation_is_changed_by_operators_only(
        self, any_store: Store, clock: ManualClock, acting: Acting
    ):
        await organization_with(any_store, acting, [])
        await suspend_organization(any_store, acting(), ORG)
        admin = Acting(clock, Actor("user", "ada"))

        with refused("organization_suspended"):
            await create_key(any_store, admin(), ORG, NewKey("k", "secret"), random="1")
        await create_key(any_store, acting(), ORG, NewKey("k", "secret"), random="2")
