"""DELETE /api/v1/members/{user_id}; test names begin with the response status."""

import asyncio

import pytest

from api.domain.reference import AuditEntry, Membership
from tests.api.token_service import is_problem

PATH = "/api/v1/members"


async def test_204_the_member_can_no_longer_sign_in(admin, service, store):
    response = await admin.delete(f"{PATH}/user_007")
    issued = await service.exchange(await service.id_token(sub="user_007"), "org_acme")
    [entry] = await store.find(AuditEntry, "org_acme")

    assert (response.status_code, response.content) == (204, b"")
    assert is_problem(issued, 403, "not_a_member")
    assert (entry.action, entry.target, entry.details) == (
        "member.remove",
        "user_007",
        {"role": "viewer"},
    )


@pytest.mark.parametrize("user_id", ["user_002", "user_005", "user_007"])
async def test_204_every_member_may_leave(service, store, user_id):
    own = await service.headers_of(user_id)
    response = await service.client.delete(f"{PATH}/{user_id}", headers=own)
    [entry] = await store.find(AuditEntry, "org_acme")

    assert response.status_code == 204
    assert (entry.actor_id, entry.target) == (user_id, user_id)
    again = await service.client.delete(f"{PATH}/{user_id}", headers=own)
    assert is_problem(again, 404, "not_found")


async def test_409_the_last_owner_can_not_leave(service):
    own = await service.headers_of("user_001")
    response = await service.client.delete(f"{PATH}/user_001", headers=own)

    assert is_problem(response, 409, "last_owner")
    assert "another member an owner" in response.json()["detail"]


async def test_409_two_owners_who_leave_at_once_leave_one(service, store):
    owners = [await service.headers_of(user) for user in ("user_001", "usr_ada")]
    await service.client.patch(f"{PATH}/usr_ada", json={"role": "owner"}, headers=owners[0])
    responses = await asyncio.gather(
        *(
            service.client.delete(f"{PATH}/{user}", headers=headers)
            for user, headers in zip(("user_001", "usr_ada"), owners, strict=True)
        )
    )

    assert sorted(response.status_code for response in responses) == [204, 409]
    roles = [m.role for m in await store.find_indexed(Membership, "org_acme")]
    assert roles.count("owner") == 1


async def test_403_an_admin_may_not_remove_an_owner(admin):
    assert is_problem(await admin.delete(f"{PATH}/user_001"), 403, "owner_required")


@pytest.mark.parametrize("user_id", ["user_005", "user_007"])
async def test_403_a_member_may_not_remove_others(service, user_id):
    own = await service.headers_of(user_id)
    response = await service.client.delete(f"{PATH}/user_002", headers=own)

    assert is_problem(response, 403, "insufficient_scope")


@pytest.mark.parametrize("user_id", ["usr_bob", "usr_nobody"])
async def test_404_for_a_user_of_another_organisation_as_for_nobody(admin, store, user_id):
    assert is_problem(await admin.delete(f"{PATH}/{user_id}"), 404, "not_found")
    assert await store.read(Membership, "usr_bob", "org_globex")


async def test_403_for_an_api_key_even_with_its_own_id(acme):
    subject = (await acme.get("/api/v1/me")).json()["subject"]

    assert is_problem(await acme.delete(f"{PATH}/user_007"), 403, "insufficient_scope")
    assert is_problem(await acme.delete(f"{PATH}/{subject}"), 403, "insufficient_scope")


async def test_403_a_narrow_token_can_not_make_its_user_leave(service):
    id_token = await service.id_token(sub="user_007")
    issued = await service.exchange(id_token, "org_acme", scope="events:read")
    narrow = {"Authorization": f"Bearer {issued.json()['access_token']}"}
    response = await service.client.delete(f"{PATH}/user_007", headers=narrow)

    assert is_problem(response, 403, "insufficient_scope")


async def test_401_without_a_token(http):
    assert is_problem(await http.delete(f"{PATH}/user_007"), 401, "token_missing")
