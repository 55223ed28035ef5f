"""Organisations that persons create, on every store: the limit, repetition and the audit log."""

import asyncio

import pytest

from api.domain.reference import Actor, AuditEntry, Membership, Organization, User
from api.errors import ApiError
from api.services.administration import delete_organization, suspend_organization
from api.services.invitations import SignedIn
from api.services.members import Person, add_member, remove_member
from api.services.sign_up import EVENTS_PER_MONTH, ORGANIZATIONS_MAX, nth_org_id, sign_up
from api.stores.protocol import Store
from tests.contract.acts import Acting
from tests.support import ManualClock

ADA = SignedIn("ada", "ada@new.test", "Ada")


@pytest.fixture
def as_ada(clock: ManualClock) -> Acting:
    return Acting(clock, Actor("user", "ada"))


@pytest.fixture
def as_operator(clock: ManualClock) -> Acting:
    return Acting(clock)


def refused(code: str):
    return pytest.raises(ApiError, check=lambda error: error.code == code)


async def test_a_person_becomes_the_owner_of_an_organisation_with_a_quota(
    any_store: Store, as_ada: Acting
):
    made = await sign_up(any_store, as_ada(), ADA, "Northwind")
    stored = await any_store.read(Organization, made.org_id)
    member = await any_store.read(Membership, "ada", made.org_id)
    user = await any_store.read(User, "ada")
    [entry] = await any_store.find(AuditEntry, made.org_id)

    assert stored
    assert member
    assert user
    assert (stored.record.name, stored.record.plan) == ("Northwind", "starter")
    assert stored.record.events_per_month == EVENTS_PER_MONTH
    assert (stored.record.owners, member.record.role) == (("ada",), "owner")
    assert (user.record.email, user.record.name) == ("ada@new.test", "Ada")
    assert (entry.action, entry.actor_id, entry.pending) == ("organization.create", "ada", "")
    assert entry.details["events_per_month"] == EVENTS_PER_MONTH


async def test_repeating_the_call_creates_nothing(any_store: Store, as_ada: Acting):
    first = await sign_up(any_store, as_ada(), ADA, "Northwind")
    again = await sign_up(any_store, as_ada(), ADA, "Northwind")

    assert again.org_id == first.org_id
    assert len(await any_store.find(AuditEntry, first.org_id)) == 1


async def test_calls_at_the_same_time_create_one_organisation_per_name(
    any_store: Store, as_ada: Acting
):
    calls = [sign_up(any_store, as_ada(), ADA, "Northwind") for _ in range(4)]
    made = await asyncio.gather(*calls)
    completed = [e for e in await any_store.find(AuditEntry, made[0].org_id) if not e.pending]

    assert len({one.org_id for one in made}) == len(completed) == 1
    assert await any_store.read(Membership, "ada", made[0].org_id)


async def test_the_limit_holds_for_calls_at_the_same_time(any_store: Store, as_ada: Acting):
    names = [f"Organisation {number}" for number in range(ORGANIZATIONS_MAX + 2)]
    calls = [sign_up(any_store, as_ada(), ADA, name) for name in names]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    made = {one.org_id for one in outcomes if isinstance(one, Organization)}
    errors = [error.code for error in outcomes if isinstance(error, ApiError)]

    assert made == {nth_org_id("ada", number) for number in range(1, ORGANIZATIONS_MAX + 1)}
    assert errors == ["organization_limit_reached"] * 2


async def test_deleted_organisations_count(any_store: Store, as_ada: Acting, as_operator: Acting):
    for _ in range(ORGANIZATIONS_MAX):
        made = await sign_up(any_store, as_ada(), ADA, "Northwind")
        await delete_organization(any_store, as_operator(), made.org_id)

    with refused("organization_limit_reached"):
        await sign_up(any_store, as_ada(), ADA, "Northwind")


async def test_an_organisation_that_its_creator_left_is_not_returned_again(
    any_store: Store, as_ada: Acting, as_operator: Acting
):
    made = await sign_up(any_store, as_ada(), ADA, "Northwind")
    bob = Person("bob")
    await add_member(any_store, as_operator(), made.org_id, person=bob, role="owner")
    await remove_member(any_store, as_operator(), made.org_id, user_id="ada")

    assert (await sign_up(any_store, as_ada(), ADA, "Northwind")).org_id == nth_org_id("ada", 2)


async def test_a_suspended_organisation_is_not_returned_again(
    any_store: Store, as_ada: Acting, as_operator: Acting
):
    made = await sign_up(any_store, as_ada(), ADA, "Northwind")
    await suspend_organization(any_store, as_operator(), made.org_id)

    assert (await sign_up(any_store, as_ada(), ADA, "Northwind")).org_id == nth_org_id("ada", 2)


async def test_persons_have_organisations_of_their_own(any_store: Store, as_ada: Acting):
    eve = SignedIn("eve", "eve@new.test", "Eve")
    made = [await sign_up(any_store, as_ada(), who, "Northwind") for who in (ADA, eve)]

    assert made[0].org_id != made[1].org_id


async def test_a_person_without_a_verified_address_is_refused(any_store: Store, as_ada: Acting):
    with refused("email_not_verified"):
        await sign_up(any_store, as_ada(), SignedIn("ada", "", "Ada"), "Northwind")
    assert await any_store.read(Organization, nth_org_id("ada", 1)) is None
