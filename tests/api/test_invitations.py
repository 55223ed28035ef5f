"""`/api/v1/invitations`: test names begin with the operation and the response status."""

import pytest

from api.domain.reference import AuditEntry, hash_invitation
from api.services.pages import encode_cursor
from tests.api.token_service import is_problem

PATH = "/api/v1/invitations"
NEW = {"email": "cy@acme.example", "role": "member"}
CY = {"sub": "usr_cy", "email": "Cy@acme.example", "email_verified": True, "name": "Cy"}


@pytest.fixture
def accept(service):
    async def accept(token, **claims):
        id_token = await service.id_token(**{**CY, **claims})
        body = {"id_token": id_token, "invitation_token": token}
        return await service.client.post(f"{PATH}/accept", json=body)

    return accept


async def test_create_201_an_invitation_that_its_person_can_accept(admin, service, accept):
    response = await admin.post(PATH, json=NEW)
    made = response.json()
    listed = (await admin.get(PATH)).json()
    accepted = await accept(made["invitation_token"])
    issued = await service.exchange(await service.id_token(**CY), "org_acme")

    assert (response.status_code, response.headers["cache-control"]) == (201, "no-store")
    assert made == {
        "invitation_id": hash_invitation(made["invitation_token"]),
        **NEW,
        "created_at": "2026-03-10T12:00:00.000000Z",
        "expires_at": "2026-03-17T12:00:00.000000Z",
        "created_by": "usr_ada",
        "invitation_token": made["invitation_token"],
    }
    assert made.pop("invitation_token").startswith("inv_")
    assert listed == {"data": [made], "next_cursor": None}
    assert accepted.json() == {"org_id": "org_acme", "role": "member"}
    assert "events:write" in issued.json()["scope"]
    assert (await admin.get(PATH)).json()["data"] == []
    members = {m["user_id"]: m for m in (await admin.get("/api/v1/members")).json()["data"]}
    assert (members["usr_cy"]["email"], members["usr_cy"]["name"]) == ("Cy@acme.example", "Cy")


async def test_create_201_acts_are_audited_with_the_actor_and_the_request(admin, accept, store):
    headers = {"X-Request-Id": "r1"}
    made = (await admin.post(PATH, json=NEW, headers=headers)).json()
    await accept(made["invitation_token"])
    entries = {e.action: e for e in await store.find(AuditEntry, "org_acme")}

    created, accepted = entries["invitation.create"], entries["invitation.accept"]
    assert (created.actor_type, created.actor_id, created.request_id) == ("user", "usr_ada", "r1")
    assert (accepted.actor_type, accepted.actor_id) == ("user", "usr_cy")
    assert created.target == accepted.target == made["invitation_id"]
    assert created.details == NEW
    assert made["invitation_token"] not in repr(entries)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "x"}, "/email"),
        ({"email": "a b@acme.example"}, "/email"),
        ({"email": "a@b"}, "/email"),
        ({"email": "a@b."}, "/email"),
        ({"email": "a@b..example"}, "/email"),
        ({"role": "boss"}, "/role"),
        ({"expires_at": "tomorrow"}, "/expires_at"),
        ({"expires_at": "2026-03-10T12:00:00Z"}, "/expires_at"),
        ({"expires_at": "2026-04-09T12:00:01Z"}, "/expires_at"),
        ({"name": "Cy"}, "/name"),
    ],
)
async def test_create_422_for_an_invalid_body(admin, changes, pointer):
    response = await admin.post(PATH, json=NEW | changes)

    assert is_problem(response, 422, "invalid_payload")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_create_403_an_admin_may_not_invite_an_owner(admin):
    assert is_problem(await admin.post(PATH, json=NEW | {"role": "owner"}), 403, "owner_required")


async def test_list_200_pages_contain_every_invitation_once(admin, clock):
    for number in range(5):
        await admin.post(PATH, json=NEW | {"email": f"{number}@acme.example"})
        clock.forward(seconds=1)
    first = (await admin.get(PATH, params={"limit": 3})).json()
    second = (await admin.get(PATH, params={"cursor": first["next_cursor"]})).json()

    emails = [one["email"] for one in [*first["data"], *second["data"]]]
    assert emails == [f"{number}@acme.example" for number in (4, 3, 2, 1, 0)]


async def test_list_400_for_an_invalid_cursor_of_an_empty_list(admin):
    after_one = encode_cursor(("2026-03-10T12:00:00.000000Z", "0" * 64))

    assert (await admin.get(PATH, params={"cursor": after_one})).json()["data"] == []
    for cursor in ("x", encode_cursor(("user_1",))):
        response = await admin.get(PATH, params={"cursor": cursor})
        assert is_problem(response, 400, "invalid_cursor")


async def test_revoke_204_it_can_no_longer_be_accepted(admin, accept):
    made = (await admin.post(PATH, json=NEW)).json()
    revoked = await admin.delete(f"{PATH}/{made['invitation_id']}")

    assert (revoked.status_code, revoked.content) == (204, b"")
    assert is_problem(await accept(made["invitation_token"]), 403, "invitation_invalid")
    again = await admin.delete(f"{PATH}/{made['invitation_id']}")
    assert is_problem(again, 404, "not_found")


async def test_revoke_404_for_an_invitation_of_another_organisation(admin, service, accept):
    made = (await admin.post(PATH, json=NEW)).json()
    other = await service.headers_of("user_029", "org_globex")
    response = await service.client.delete(f"{PATH}/{made['invitation_id']}", headers=other)

    assert is_problem(response, 404, "not_found")
    assert (await accept(made["invitation_token"])).status_code == 200


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"email_verified": False}, "email_not_verified"),
        ({"email_verified": ...}, "email_not_verified"),
        ({"email_verified": 1}, "email_not_verified"),
        ({"email_verified": "false"}, "email_not_verified"),
        ({"email": ...}, "email_not_verified"),
        ({"email": ["cy@acme.example"]}, "email_not_verified"),
        ({"email": "eve@acme.example"}, "email_mismatch"),
    ],
)
async def test_accept_403_unless_the_verified_address_was_invited(admin, accept, claims, code):
    made = (await admin.post(PATH, json=NEW)).json()

    assert is_problem(await accept(made["invitation_token"], **claims), 403, code)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("Mah\N{ZERO WIDTH NON-JOINER}sa", "Mah\N{ZERO WIDTH NON-JOINER}sa"),
        ("Cy\N{RIGHT-TO-LEFT OVERRIDE}", None),
        ("\N{NO-BREAK SPACE}", None),
        ("x" * 101, None),
        (["Cy"], None),
    ],
)
async def test_accept_200_a_name_is_stored_only_if_it_is_valid(admin, accept, name, stored):
    made = (await admin.post(PATH, json=NEW)).json()
    accepted = await accept(made["invitation_token"], name=name)
    members = {m["user_id"]: m for m in (await admin.get("/api/v1/members")).json()["data"]}

    assert (accepted.status_code, members["usr_cy"]["name"]) == (200, stored)


async def test_accept_403_for_an_unknown_or_an_expired_invitation(admin, accept, clock):
    soon = {"expires_at": "2026-03-10T12:00:10Z"}
    made = (await admin.post(PATH, json=NEW | soon)).json()
    clock.forward(seconds=11)

    assert is_problem(await accept("inv_unknown"), 403, "invitation_invalid")
    assert is_problem(await accept(made["invitation_token"]), 403, "invitation_expired")


async def test_accept_403_a_removed_member_can_not_return(admin, accept):
    made = (await admin.post(PATH, json=NEW | {"role": "admin"})).json()
    member = {"user_id": "usr_cy", "role": "viewer", "email": NEW["email"]}
    await admin.post("/api/v1/members", json=member)
    listed = (await admin.get(PATH)).json()["data"]
    await admin.delete("/api/v1/members/usr_cy")

    assert listed == []
    assert is_problem(await accept(made["invitation_token"]), 403, "invitation_invalid")


async def test_accept_401_for_an_invalid_id_token(http):
    body = {"id_token": "a.b.c", "invitation_token": "inv_x"}

    response = await http.post(f"{PATH}/accept", json=body)

    assert is_problem(response, 401, "token_invalid")
    assert response.json()["detail"].startswith("The ID token is invalid: ")


@pytest.mark.parametrize("user_id", [".", "..", "a/b"])
async def test_accept_400_for_a_user_id_that_can_not_be_in_a_path(admin, accept, user_id):
    made = (await admin.post(PATH, json=NEW)).json()
    response = await accept(made["invitation_token"], sub=user_id)

    assert is_problem(response, 400, "invalid_parameter")


@pytest.mark.parametrize("body", [{}, {"id_token": "x"}, {"id_token": 1, "invitation_token": "x"}])
async def test_accept_422_for_an_invalid_body(http, body):
    assert is_problem(await http.post(f"{PATH}/accept", json=body), 422, "invalid_payload")
