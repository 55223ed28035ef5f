"""PATCH /api/v1/members/{user_id}; test names begin with the response status."""

import asyncio

import pytest

from api.domain.reference import AuditEntry, Membership
from tests.api.token_service import is_problem

PATH = "/api/v1/members"


async def test_200_the_member_has_the_new_role_at_the_next_sign_in(admin, service, store):
    responses = [await admin.patch(f"{PATH}/user_007", json={"role": "member"}) for _ in range(2)]
    issued = await service.exchange(await service.id_token(sub="user_007"), "org_acme")
    [entry] = await store.find(AuditEntry, "org_acme")

    assert [response.json()["role"] for response in responses] == ["member", "member"]
    assert responses[0].json()["email"] == "grace.abbott@acme.example"
    assert "events:write" in issued.json()["scope"]
    assert (entry.action, entry.target) == ("member.role", "user_007")
    assert entry.details == {"role": ["viewer", "member"]}


async def test_200_an_owner_makes_another_owner_and_steps_down(service):
    owner = await service.headers_of("user_001")
    for user_id, role in (("usr_ada", "owner"), ("user_001", "viewer")):
        response = await service.client.patch(
            f"{PATH}/{user_id}", json={"role": role}, headers=owner
        )
        assert response.json()["role"] == role


@pytest.mark.parametrize(
    ("user_id", "role"), [("user_007", "owner"), ("usr_ada", "owner"), ("user_001", "viewer")]
)
async def test_403_an_admin_may_neither_make_nor_change_an_owner(admin, store, user_id, role):
    before = await store.read(Membership, user_id, "org_acme")
    response = await admin.patch(f"{PATH}/{user_id}", json={"role": role})

    assert is_problem(response, 403, "owner_required")
    assert (await store.read(Membership, user_id, "org_acme")).record == before.record


async def test_409_the_last_owner_can_not_step_down(service):
    owner = await service.headers_of("user_001")
    response = await service.client.patch(f"{PATH}/user_001", json={"role": "admin"}, headers=owner)

    assert is_problem(response, 409, "last_owner")


async def test_409_two_owners_who_step_down_at_once_leave_one(service, store):
    owners = [await service.headers_of(user) for user in ("user_001", "usr_ada")]
    await service.client.patch(f"{PATH}/usr_ada", json={"role": "owner"}, headers=owners[0])
    responses = await asyncio.gather(
        *(
            service.client.patch(f"{PATH}/{user}", json={"role": "viewer"}, headers=headers)
            for user, headers in zip(("user_001", "usr_ada"), owners, strict=True)
        )
    )
    roles = [m.role for m in await store.find_indexed(Membership, "org_acme")]

    assert sorted(response.status_code for response in responses) == [200, 409]
    assert roles.count("owner") == 1


@pytest.mark.parametrize("user_id", ["usr_bob", "usr_nobody"])
async def test_404_for_a_user_of_another_organisation_as_for_nobody(admin, user_id):
    response = await admin.patch(f"{PATH}/{user_id}", json={"role": "viewer"})

    assert is_problem(response, 404, "not_found")


async def test_400_for_an_invalid_user_id(admin):
    response = await admin.patch(f"{PATH}/a%20b", json={"role": "viewer"})

    assert is_problem(response, 400, "invalid_parameter")


@pytest.mark.parametrize("body", [{}, {"role": "boss"}, {"role": None}, {"role": "admin", "x": 1}])
async def test_422_for_an_invalid_body(admin, body):
    response = await admin.patch(f"{PATH}/user_007", json=body)

    assert is_problem(response, 422, "invalid_payload")


async def test_403_for_an_api_key(acme):
    response = await acme.patch(f"{PATH}/user_007", json={"role": "owner"})

    assert is_problem(response, 403, "insufficient_scope")


async def test_401_without_a_token(http):
    response = await http.patch(f"{PATH}/user_007", json={"role": "owner"})

    assert is_problem(response, 401, "token_missing")
