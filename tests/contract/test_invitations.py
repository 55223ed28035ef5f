"""Invitations on every store: who can accept one, and what remains of it."""

import asyncio
from datetime import timedelta

import pytest

from api.domain.reference import INVITATION_LIFETIME_MAX, Actor, AuditEntry, Invitation, User
from api.errors import ApiError
from api.services.invitations import (
    INVITATIONS_MAX,
    LIFETIME,
    NewInvitation,
    SignedIn,
    accept_invitation,
    create_invitation,
    list_invitations,
    revoke_invitation,
)
from api.services.members import Person, add_member, change_role, remove_member
from api.services.unfinished_acts import PURGE_AFTER, finish_intents
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting, log, organization_with, roles
from tests.support import ManualClock

CY = SignedIn("cy", "cy@new.test", "Cy")
MEMBERS = (("ada", "owner"), ("bob", "admin"))


@pytest.fixture
def acting(clock: ManualClock) -> Acting:
    return Acting(clock)


@pytest.fixture
def as_bob(clock: ManualClock) -> Acting:
    return Acting(clock, Actor("user", "bob"))


def refused(code: str):
    return pytest.raises(ApiError, check=lambda error: error.code == code)


async def invite(
    store: Store,
    acting: Acting,
    email: str = "cy@new.test",
    role: str = "member",
    secret: str = "",
    lifetime: timedelta = LIFETIME,
) -> str:
    context = acting()
    new = NewInvitation(email, role, context.now + lifetime)
    _, token = await create_invitation(store, context, ORG, new, random=secret or email)
    return token


async def accept(store: Store, acting: Acting, token: str, person: SignedIn = CY) -> str:
    return (await accept_invitation(store, acting(), token, person)).role


class TestAcceptance:
    async def test_the_invited_person_becomes_a_member_once(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, MEMBERS)
        token = await invite(any_store, acting)
        outcomes = [await accept(any_store, acting, token) for _ in range(2)]
        user = await any_store.read(User, "cy")

        assert outcomes == ["member", "member"]
        assert (await roles(any_store))["cy"] == "member"
        assert user
        assert (user.record.email, user.record.name) == ("cy@new.test", "Cy")
        assert not await list_invitations(any_store, ORG)
        [*_, invited, accepted] = await any_store.find(AuditEntry, ORG)
        assert [invited.action, accepted.action] == ["invitation.create", "invitation.accept"]
        assert accepted.details == {"email": "cy@new.test", "role": "member"}

    async def test_of_many_at_once_one_act_is_audited(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, MEMBERS)
        token = await invite(any_store, acting)
        await asyncio.gather(*(accept(any_store, acting, token) for _ in range(6)))
        await finish_intents(any_store, acting().now, grace=timedelta())

        assert [action for action, _ in await log(any_store)].count("invitation.accept") == 1

    async def test_two_persons_can_not_use_the_same_invitation(
        self, any_store: Store, acting: Acting
    ):
        await organization_with(any_store, acting, MEMBERS)
        token = await invite(any_store, acting)
        await accept(any_store, acting, token)

        with refused("invitation_invalid"):
            await accept(any_store, acting, token, SignedIn("eve", "cy@new.test"))
        assert "eve" not in await roles(any_store)

    @pytest.mark.parametrize(
        ("email", "code"),
        [
            ("", "email_not_verified"),
            ("eve@new.test", "email_mismatch"),
            ("cy@new.test.evil", "email_mismatch"),
        ],
    )
    async def test_another_or_an_unverified_address_is_refused(
        self, store: Store, acting: Acting, email: str, code: str
    ):
        await organization_with(store, acting, MEMBERS)
        token = await invite(store, acting)

        with refused(code):
            await accept(store, acting, token, SignedIn("cy", email))
        assert "cy" not in await roles(store)

    @pytest.mark.parametrize(
        ("invited", "verified", "is_same"),
        [
            ("Cy@New.test", "cy@new.test", True),
            ("straße@new.test", "straße@new.test", True),
            ("straße@new.test", "strasse@new.test", False),
            ("k@new.test", "\N{KELVIN SIGN}@new.test", False),
        ],
    )
    async def test_the_case_of_an_address_does_not_matter(
        self, store: Store, acting: Acting, invited: str, verified: str, *, is_same: bool
    ):
        await organization_with(store, acting, MEMBERS)
        token = await invite(store, acting, invited)
        if is_same:
            assert await accept(store, acting, token, SignedIn("cy", verified)) == "member"
        else:
            with refused("email_mismatch"):
                await accept(store, acting, token, SignedIn("cy", verified))

    async def test_a_member_keeps_their_role(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, [*MEMBERS, ("cy", "viewer")])
        token = await invite(any_store, acting, role="admin")

        assert await accept(any_store, acting, token) == "viewer"
        assert not await list_invitations(any_store, ORG)
        [*_, entry] = await any_store.find(AuditEntry, ORG)
        assert entry.details == {"email": "cy@new.test"}  # no role was given

    async def test_a_removed_member_can_not_come_back_with_a_used_invitation(
        self, any_store: Store, acting: Acting
    ):
        await organization_with(any_store, acting, MEMBERS)
        token = await invite(any_store, acting)
        await accept(any_store, acting, token)
        await remove_member(any_store, acting(), ORG, user_id="cy")

        with refused("invitation_invalid"):
            await accept(any_store, acting, token)
        assert "cy" not in await roles(any_store)

    async def test_an_invited_owner_is_an_owner(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, MEMBERS)
        await accept(any_store, acting, await invite(any_store, acting, role="owner"))

        assert await remove_member(any_store, acting(), ORG, user_id="ada")


class TestValidity:
    async def test_it_expires(self, any_store: Store, acting: Acting, clock: ManualClock):
        await organization_with(any_store, acting, MEMBERS)
        token = await invite(any_store, acting)
        clock.forward(days=7)

        with refused("invitation_expired"):
            await accept(any_store, acting, token)

    async def test_a_revoked_one_is_invalid_and_its_record_is_deleted(
        self, any_store: Store, acting: Acting
    ):
        await organization_with(any_store, acting, MEMBERS)
        token = await invite(any_store, acting)
        [invitation] = await list_invitations(any_store, ORG)
        await revoke_invitation(any_store, acting(), ORG, invitation.token_hash)

        with refused("invitation_invalid"):
            await accept(any_store, acting, token)
        with refused("not_found"):
            await revoke_invitation(any_store, acting(), ORG, invitation.token_hash)
        await finish_intents(any_store, acting().now + PURGE_AFTER)
        assert await any_store.read(Invitation, invitation.token_hash) is None

    async def test_inviting_again_replaces_the_earlier_one(self, any_store: Store, acting: Acting):
        await organization_with(any_store, acting, MEMBERS)
        first = await invite(any_store, acting, secret="1")
        second = await invite(any_store, acting, "CY@new.test", secret="2")

        with refused("invitation_invalid"):
            await accept(any_store, acting, first)
        assert await accept(any_store, acting, second) == "member"

    @pytest.mark.parametrize("change", ["removed", "member"])
    async def test_it_is_invalid_once_the_inviter_may_not_invite(
        self, any_store: Store, acting: Acting, as_bob: Acting, change: str
    ):
        await organization_with(any_store, acting, MEMBERS)
        token = await invite(any_store, as_bob)
        if change == "removed":
            await remove_member(any_store, acting(), ORG, user_id="bob")
        else:
            await change_role(any_store, acting(), ORG, user_id="bob", role=change)

        with refused("invitation_invalid"):
            await accept(any_store, acting, token)

    async def test_only_an_owner_invites_owners_and_must_still_be_one(
        self, any_store: Store, acting: Acting, as_bob: Acting
    ):
        await organization_with(any_store, acting, MEMBERS)
        with refused("owner_required"):
            await invite(any_store, as_bob, role="owner")
        await change_role(any_store, acting(), ORG, user_id="bob", role="owner")
        token = await invite(any_store, as_bob, role="owner")
        await change_role(any_store, acting(), ORG, user_id="bob", role="admin")

        with refused("invitation_invalid"):
            await accept(any_store, acting, token)

    @pytest.mark.parametrize("is_own", [True, False])
    async def test_adding_the_person_revokes_it(
        self, any_store: Store, acting: Acting, as_bob: Acting, *, is_own: bool
    ):
        await organization_with(any_store, acting, MEMBERS)
        await any_store.create(User("cy", "cy@new.test", "", "", "", ""))
        token = await invite(any_store, acting, role="admin")
        await invite(any_store, acting, "dee@new.test")
        context, email = (as_bob(), "CY@new.test") if is_own else (acting(), "")
        await add_member(any_store, context, ORG, person=Person("cy", email), role="viewer")
        left = [one.email for one in await list_invitations(any_store, ORG)]
        [*_, entry] = await any_store.find(AuditEntry, ORG)
        await remove_member(any_store, acting(), ORG, user_id="cy")

        assert left == ["dee@new.test"]
        assert entry.details == {"role": "viewer", "revoked_invitations": 1}
        with refused("invitation_invalid"):
            await accept(any_store, acting, token)

    @pytest.mark.parametrize("is_own", [True, False])
    async def test_removing_the_person_revokes_it(
        self, any_store: Store, acting: Acting, as_bob: Acting, *, is_own: bool
    ):
        await organization_with(any_store, acting, MEMBERS)
        adder = as_bob if is_own else acting  # operators write the user's own record
        await add_member(
            any_store, adder(), ORG, person=Person("cy", CY.verified_email), role="viewer"
        )
        token = await invite(any_store, acting, role="admin")
        await remove_member(any_store, acting(), ORG, user_id="cy")

        assert not await list_invitations(any_store, ORG)
        with refused("invitation_invalid"):
            await accept(any_store, acting, token)
        assert await accept(any_store, acting, await invite(any_store, acting, secret="2"))

    @pytest.mark.parametrize("later", [timedelta(), 2 * PURGE_AFTER, timedelta(days=29)])
    async def test_one_that_the_removal_missed_is_invalid(
        self,
        any_store: Store,
        acting: Acting,
        as_bob: Acting,
        clock: ManualClock,
        later: timedelta,
    ):
        await organization_with(any_store, acting, MEMBERS)
        await any_store.create(User("cy", "cy@new.test", "", "", "", ""))
        lifetime = INVITATION_LIFETIME_MAX
        token = await invite(any_store, acting, role="admin", lifetime=lifetime)
        await add_member(any_store, as_bob(), ORG, person=Person("cy"), role="viewer")
        await remove_member(any_store, acting(), ORG, user_id="cy")

        assert await list_invitations(any_store, ORG)  # admins don't see the user's own address
        clock.forward(seconds=later.total_seconds())
        await finish_intents(any_store, clock())
        with refused("invitation_invalid"):
            await accept(any_store, acting, token)

    async def test_only_an_owner_revokes_the_invitation_of_an_owner(
        self, store: Store, acting: Acting, as_bob: Acting
    ):
        await organization_with(store, acting, MEMBERS)
        dee = Person("dee", "dee@new.test")
        await add_member(store, acting(), ORG, person=dee, role="viewer")
        token = await invite(store, acting, role="owner")
        await invite(store, acting, "dee@new.test", role="owner")
        [_, own] = await list_invitations(store, ORG)

        with refused("owner_required"):
            await revoke_invitation(store, as_bob(), ORG, own.token_hash)
        with refused("owner_required"):
            await invite(store, as_bob, secret="2")
        with refused("owner_required"):
            person = Person("cy", CY.verified_email)
            await add_member(store, as_bob(), ORG, person=person, role="viewer")
        with refused("owner_required"):
            await remove_member(store, as_bob(), ORG, user_id="dee")
        assert await accept(store, acting, token) == "owner"
        leaving = Acting(ManualClock(acting().now), Actor("user", "dee"))
        assert await remove_member(store, leaving(), ORG, user_id="dee")

    async def test_the_number_of_invitations_is_limited(self, store: Store, acting: Acting):
        await organization_with(store, acting, MEMBERS)
        for number in range(INVITATIONS_MAX):
            await store.create(
                Invitation(f"{number}", ORG, f"{number}@x.test", "viewer", "", "9", "")
            )

        with refused("invitation_limit_reached"):
            await invite(store, acting)
        assert await invite(store, acting, "7@x.test")  # replaces one
