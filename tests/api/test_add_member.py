"""POST /api/v1/members; test names begin with the response status."""

import asyncio

import pytest

from api.domain.reference import INTENDED, AuditEntry, Membership, User
from tests.api.token_service import claims_of, is_problem

PATH = "/api/v1/members"
NEW = {"user_id": "auth0|new@x", "role": "member", "email": "new@acme.example", "name": "New"}


async def test_201_the_user_is_a_member_and_can_sign_in(admin, service, clock, store):
    response = await admin.post(PATH, json=NEW, headers={"X-Request-Id": "r1"})
    issued = await service.exchange(await service.id_token(sub=NEW["user_id"]), "org_acme")
    [entry] = await store.find(AuditEntry, "org_acme")

    assert response.status_code == 201
    assert response.json() == NEW | {"joined_at": clock().strftime("%Y-%m-%dT%H:%M:%S.000000Z")}
    assert (
        issued.json()["scope"] == "events:read events:write insights:read metrics:read views:write"
    )
    assert (entry.action, entry.target, entry.details) == (
        "member.add",
        NEW["user_id"],
        {"role": "member"},
    )
    assert (entry.actor_type, entry.actor_id, entry.request_id) == ("user", "usr_ada", "r1")


async def test_201_a_repeated_request_changes_nothing(admin, store):
    responses = await asyncio.gather(*(admin.post(PATH, json=NEW) for _ in range(4)))
    bodies = [response.json() for response in responses]

    assert {response.status_code for response in responses} == {201}
    assert bodies == [bodies[0]] * 4
    entries = await store.find(AuditEntry, "org_acme")
    assert [e.action for e in entries if e.pending != INTENDED] == ["member.add"]


async def test_201_the_user_s_own_record_is_not_changed(admin, store):
    await admin.post(PATH, json=NEW | {"user_id": "usr_bob"})
    stored = await store.read(User, "usr_bob")

    assert (stored.record.email, stored.record.name) == ("bob@example.com", "Bob")


async def test_201_the_user_s_default_organisation_stays(admin, service):
    before = await service.exchange(await service.id_token(sub="user_049"), ...)
    await admin.post(PATH, json=NEW | {"user_id": "user_049"})
    after = await service.exchange(await service.id_token(sub="user_049"), ...)

    assert claims_of(before)["org_id"] == claims_of(after)["org_id"] == "org_initech"


async def test_201_an_owner_may_add_an_owner(service):
    owner = await service.headers_of("user_001")
    response = await service.client.post(PATH, json=NEW | {"role": "owner"}, headers=owner)

    assert response.json()["role"] == "owner"


async def test_403_an_admin_may_not_add_an_owner(admin, store):
    response = await admin.post(PATH, json=NEW | {"role": "owner"})

    assert is_problem(response, 403, "owner_required")
    assert await store.read(Membership, NEW["user_id"], "org_acme") is None


async def test_409_for_a_member_with_another_role(admin):
    response = await admin.post(PATH, json={"user_id": "user_007", "role": "admin"})

    assert is_problem(response, 409, "already_exists")
    assert "viewer" in response.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"user_id": ""}, "/user_id"),
        ({"user_id": "a b"}, "/user_id"),
        ({"user_id": "."}, "/user_id"),
        ({"user_id": ".."}, "/user_id"),
        ({"user_id": "a/b"}, "/user_id"),
        ({"user_id": "a\\b"}, "/user_id"),
        ({"user_id": "a?b"}, "/user_id"),
        ({"user_id": "a#b"}, "/user_id"),
        ({"user_id": "é"}, "/user_id"),
        ({"user_id": "x" * 256}, "/user_id"),
        ({"role": "boss"}, "/role"),
        ({"email": "no address"}, "/email"),
        ({"email": ""}, "/email"),
        ({"name": "a\x00"}, "/name"),
        ({"org_id": "org_acme"}, "/org_id"),
    ],
)
async def test_422_for_an_invalid_body(admin, changes, pointer):
    response = await admin.post(PATH, json=NEW | changes)

    assert is_problem(response, 422, "invalid_payload")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_403_for_an_api_key(acme):
    assert is_problem(await acme.post(PATH, json=NEW), 403, "insufficient_scope")


async def test_401_without_a_token(http):
    assert is_problem(await http.post(PATH, json=NEW), 401, "token_missing")
