"""GET /api/v1/audit-log; test names begin with the response status."""

import pytest

from api.services import audit_log
from tests.api.token_service import is_problem

PATH = "/api/v1/audit-log"


@pytest.fixture
async def acts(admin, service, clock):
    """Perform five acts of two admins, a minute apart."""
    key = (await admin.post("/api/v1/keys", json={"name": "k", "kind": "read"})).json()
    clock.forward(minutes=1)
    ada = await service.headers_of("usr_ada")
    await admin.delete(f"/api/v1/keys/{key['key_id']}", headers=ada)
    for name, headers in (("Acme 1", ada), ("Acme 2", await service.headers_of("user_002"))):
        clock.forward(minutes=1)
        await admin.patch("/api/v1/organization", json={"name": name}, headers=headers)
    clock.forward(minutes=1)
    await admin.patch("/api/v1/members/user_007", json={"role": "member"}, headers=ada)
    service.client.headers.update(ada)
    return key["key_id"]


async def actions(client, **query):
    found, cursor = [], {}
    while True:
        page = (await client.get(PATH, params={**query, **cursor})).json()
        assert len(page["data"]) <= int(query.get("limit", 100))
        found += [entry["action"] for entry in page["data"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


EVERY = [
    "member.role",
    "organization.update",
    "organization.update",
    "api_key.revoke",
    "api_key.create",
]


async def test_200_who_did_what_to_whom_newest_first(admin, acts):
    response = await admin.get(PATH)
    data = response.json()["data"]

    assert [entry["action"] for entry in data] == EVERY
    assert data[0] == {
        "entry_id": data[0]["entry_id"],
        "at": "2026-03-10T12:04:00.000000Z",
        "actor": {"type": "user", "id": "usr_ada"},
        "action": "member.role",
        "target": "user_007",
        "details": {"role": ["viewer", "member"]},
        "request_id": data[0]["request_id"],
    }
    assert data[-1]["target"] == acts
    assert data[-1]["details"] == {"name": "k", "kind": "read"}
    assert len({entry["request_id"] for entry in data}) == len(data)


@pytest.mark.usefixtures("acts")
@pytest.mark.parametrize("limit", [1, 2, 4, 5, 100])
async def test_200_pages_contain_every_act_once(admin, limit):
    assert await actions(admin, limit=limit) == EVERY


@pytest.mark.usefixtures("acts")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"actor": "user_002"}, EVERY[1:2]),
        ({"actor": "nobody"}, []),
        ({"action": "organization.update"}, EVERY[1:3]),
        ({"action": "organization.update", "actor": "usr_ada"}, EVERY[2:3]),
        ({"start_date": "2026-03-10T12:02:00Z"}, EVERY[:3]),
        ({"end_date": "2026-03-10T12:02:00Z"}, EVERY[2:]),
        ({"start_date": "2026-03-10", "end_date": "2026-03-10"}, EVERY),
        ({"end_date": "2026-03-09"}, []),
    ],
)
async def test_200_filters_by_actor_action_and_time(admin, filters, expected):
    assert await actions(admin, **filters) == expected
    assert await actions(admin, **filters, limit=1) == expected


@pytest.mark.usefixtures("acts")
async def test_200_a_page_that_reads_many_other_acts_ends_early(admin, monkeypatch):
    monkeypatch.setattr(audit_log, "PAGE_LIMIT", 1)
    monkeypatch.setattr(audit_log, "SCANNED_MAX", 2)
    first = (await admin.get(PATH, params={"action": "api_key.create"})).json()

    assert first["data"] == []
    assert await actions(admin, action="api_key.create") == EVERY[-1:]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "W10", "WyJhIiwiYiJd", "WyJcdWQ4MDAiXQ"])
async def test_400_for_an_invalid_cursor(admin, cursor):
    assert is_problem(await admin.get(PATH, params={"cursor": cursor}), 400, "invalid_cursor")


async def test_400_for_a_cursor_that_is_too_long(admin):
    response = await admin.get(PATH, params={"cursor": "WyJ" + "h" * 2000})

    assert is_problem(response, 400, "invalid_cursor")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "start_date=2026-02-30",
        "end_date=x",
        "start_date=2026-03-02&end_date=2026-03-01",
        "action=a%20b",
        "actor=a%00",
        "target=x",
    ],
)
async def test_400_for_an_invalid_parameter(admin, query):
    assert is_problem(await admin.get(f"{PATH}?{query}"), 400, "invalid_parameter")


async def test_403_for_a_member_and_for_an_api_key(service, acme):
    member = await service.headers_of("user_005")

    assert is_problem(await service.client.get(PATH, headers=member), 403, "insufficient_scope")
    assert is_problem(await acme.get(PATH), 403, "insufficient_scope")


async def test_401_without_a_token(http):
    assert is_problem(await http.get(PATH), 401, "token_missing")


async def test_429_when_the_store_throttles(admin, service):
    service.throttle()

    assert is_problem(await admin.get(PATH), 429, "throttled")
