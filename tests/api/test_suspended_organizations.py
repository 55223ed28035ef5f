"""A suspended or deleted organisation gets no access tokens."""

from dataclasses import replace

from api.domain.reference import ACTIVE, DELETED, SUSPENDED, Membership, Organization
from tests.api.token_service import SECRET_KEY, claims_of, is_problem


async def set_status(store, org_id, status):
    stored = await store.read(Organization, org_id)
    await store.replace(replace(stored.record, status=status), version=stored.version)


async def test_a_suspended_organisation_gets_no_token_until_it_is_resumed(service, app):
    store, ada = app.state.resources.store, await service.id_token(sub="usr_ada")
    before = await service.exchange_key(SECRET_KEY)
    await set_status(store, "org_acme", SUSPENDED)
    refusals = [
        await service.exchange_key(SECRET_KEY),
        await service.exchange(ada, "org_acme"),
    ]
    assert all(is_problem(response, 403, "organization_suspended") for response in refusals)
    assert (await service.me(before)).status_code == 200  # until it expires

    await set_status(store, "org_acme", ACTIVE)
    assert (await service.exchange_key(SECRET_KEY)).status_code == 200
    assert (await service.exchange(ada, "org_acme")).status_code == 200


async def test_sign_in_prefers_an_organisation_that_is_not_suspended(service, app):
    store, ada = app.state.resources.store, await service.id_token(sub="usr_ada")
    before = claims_of(await service.exchange(ada, ...))
    await set_status(store, "org_acme", SUSPENDED)
    after = claims_of(await service.exchange(ada, ...))

    assert (before["org_id"], after["org_id"]) == ("org_acme", "org_globex")


async def test_a_user_of_suspended_organisations_only_learns_why(service, app):
    store, ada = app.state.resources.store, await service.id_token(sub="usr_ada")
    for membership in await store.find(Membership, "usr_ada"):
        await set_status(store, membership.org_id, SUSPENDED)

    assert is_problem(await service.exchange(ada, ...), 403, "organization_suspended")


async def test_a_deleted_organisation_and_a_removed_member_get_no_token(service, app):
    store, ada = app.state.resources.store, await service.id_token(sub="usr_ada")
    await set_status(store, "org_acme", DELETED)
    key, member = (
        await service.exchange_key(SECRET_KEY),
        await service.exchange(ada, "org_acme"),
    )
    assert is_problem(key, 401, "credential_invalid")
    assert is_problem(member, 403, "not_a_member")

    await set_status(store, "org_acme", ACTIVE)
    stored = await store.read(Membership, "usr_ada", "org_acme")
    await store.replace(replace(stored.record, role=""), version=stored.version)
    assert is_problem(await service.exchange(ada, "org_acme"), 403, "not_a_member")
