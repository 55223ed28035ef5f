"""PATCH /api/v1/organization; test names begin with the response status."""

import asyncio

import pytest

from api.domain.reference import AuditEntry
from api.routers.audit_log import PATH as AUDIT_LOG
from tests.api.token_service import is_problem

PATH = "/api/v1/organization"


async def test_200_the_organisation_has_the_new_name(admin, store):
    response = await admin.patch(PATH, json={"name": "Acme Ltd"}, headers={"X-Request-Id": "r1"})
    again = await admin.patch(PATH, json={"name": "Acme Ltd"})
    [entry] = await store.find(AuditEntry, "org_acme")

    assert (response.status_code, response.json()["name"]) == (200, "Acme Ltd")
    assert again.json() == response.json() == (await admin.get(PATH)).json()
    assert (entry.action, entry.pending) == ("organization.update", "")
    assert (entry.actor_type, entry.actor_id, entry.request_id) == ("user", "usr_ada", "r1")
    assert entry.details == {"name": ["Acme Corporation", "Acme Ltd"]}


async def test_200_the_organisation_has_the_new_time_zone(admin, store):
    renamed = await admin.patch(PATH, json={"name": "Acme Ltd"})
    moved = await admin.patch(PATH, json={"timezone": "Europe/Berlin"})
    unchanged = await admin.patch(PATH, json={})
    entries = await store.find(AuditEntry, "org_acme")
    organizations = (await admin.get("/api/v1/me")).json()["organizations"]
    zones = {one["org_id"]: one["timezone"] for one in organizations}

    assert renamed.json()["timezone"] == "UTC"
    assert moved.json() == renamed.json() | {"timezone": "Europe/Berlin"} == unchanged.json()
    assert zones["org_acme"] == "Europe/Berlin"
    assert [entry.details for entry in entries][1:] == [{"timezone": ["UTC", "Europe/Berlin"]}]


async def test_422_names_a_valid_time_zone(admin):
    response = await admin.patch(PATH, json={"timezone": "CET+1"})
    [error] = response.json()["errors"]

    assert error["code"] == "timezone_invalid"
    assert error["detail"] == "must be an IANA time zone, such as Europe/Berlin or UTC"


async def test_200_of_many_changes_at_once_each_is_audited_once_in_order(admin):
    names = [f"Acme {number}" for number in range(6)]
    responses = await asyncio.gather(*(admin.patch(PATH, json={"name": n}) for n in names))
    entries = (await admin.get(AUDIT_LOG)).json()["data"][::-1]
    final = (await admin.get(PATH)).json()["name"]
    changes = [entry["details"]["name"] for entry in entries]

    assert {response.status_code for response in responses} == {200}
    assert sorted(new for _, new in changes) == names
    assert [old for old, _ in changes] + [final] == [
        "Acme Corporation",
        *(new for _, new in changes),
    ]
    assert len({entry["at"] for entry in entries}) == len(names)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": " "}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "Acme", "plan": "free"}, "/plan"),
        ({"timezone": ""}, "/timezone"),
        ({"timezone": "Europe/Atlantis"}, "/timezone"),
        ({"name": "Acme", "timezone": None}, "/timezone"),
    ],
)
async def test_422_for_an_invalid_body(admin, store, body, pointer):
    response = await admin.patch(PATH, json=body)

    assert is_problem(response, 422, "invalid_payload")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert not await store.find(AuditEntry, "org_acme")


async def test_415_413_and_400_for_a_body_that_is_not_small_json(admin):
    text = {"Content-Type": "text/plain"}

    assert is_problem(
        await admin.patch(PATH, content="{}", headers=text), 415, "unsupported_media_type"
    )
    assert is_problem(await admin.patch(PATH, json={"name": "x" * 5000}), 413, "body_too_large")
    json = {"Content-Type": "application/json"}
    assert is_problem(await admin.patch(PATH, content="{", headers=json), 400, "malformed_json")


async def test_403_for_an_api_key(acme):
    assert is_problem(await acme.patch(PATH, json={"name": "x"}), 403, "insufficient_scope")


async def test_401_without_a_token(http):
    assert is_problem(await http.patch(PATH, json={"name": "x"}), 401, "token_missing")


async def test_a_page_may_send_it(http):
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "PATCH"}

    assert (await http.options(PATH, headers=asked)).status_code == 200
