"""GET /api/v1/members; test names begin with the response status."""

import pytest

from api.domain.reference import Membership, User
from tests.api.token_service import is_problem

PATH = "/api/v1/members"
LOCAL = {"user_001": "owner", "user_002": "admin", "user_005": "member", "user_007": "viewer"}


async def test_200_all_members_of_the_organisation_and_no_others(admin):
    response = await admin.get(PATH)
    found = {member["user_id"]: member["role"] for member in response.json()["data"]}

    assert response.status_code == 200
    assert found == LOCAL | {"usr_ada": "admin"}
    assert response.json()["data"][-1] == {
        "user_id": "usr_ada",
        "role": "admin",
        "email": "ada@example.com",
        "name": "Ada",
        "joined_at": "2026-01-01T00:00:00.000000Z",
    }
    assert response.json()["next_cursor"] is None


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 100])
async def test_200_pages_contain_every_member_once(admin, limit):
    every = [member["user_id"] for member in (await admin.get(PATH)).json()["data"]]
    found, cursor = [], {}
    while True:
        page = (await admin.get(PATH, params={"limit": limit, **cursor})).json()
        assert len(page["data"]) <= limit
        found += [member["user_id"] for member in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert found == every == sorted(every)


async def test_200_a_member_removed_between_two_pages_hides_no_other(admin):
    first = (await admin.get(PATH, params={"limit": 2})).json()
    await admin.delete(f"{PATH}/user_002")
    second = (await admin.get(PATH, params={"cursor": first["next_cursor"]})).json()

    assert [member["user_id"] for member in second["data"]] == ["user_005", "user_007", "usr_ada"]


async def test_200_removed_members_are_not_listed_and_an_unknown_user_has_no_name(admin, store):
    await store.create(Membership("usr_gone", "org_acme", "", "2026-01-01"))
    await store.create(Membership("usr_new", "org_acme", "viewer", "2026-01-01"))
    listed = {member["user_id"]: member for member in (await admin.get(PATH)).json()["data"]}

    assert "usr_gone" not in listed
    assert (listed["usr_new"]["email"], listed["usr_new"]["name"]) == (None, None)


async def test_200_adding_a_user_of_another_organisation_reveals_nothing_about_them(admin, store):
    """Any admin can add any user id, so the user's own record must stay hidden."""
    await store.create(User("usr_x", "x@globex.example", "Xenia", "", "", ""))
    await admin.post(PATH, json={"user_id": "usr_x", "role": "viewer"})
    await admin.post(PATH, json={"user_id": "usr_y", "role": "viewer", "email": "y@a.example"})
    listed = {member["user_id"]: member for member in (await admin.get(PATH)).json()["data"]}

    assert (listed["usr_x"]["email"], listed["usr_x"]["name"]) == (None, None)
    assert (listed["usr_y"]["email"], listed["usr_y"]["name"]) == ("y@a.example", None)


async def test_200_the_cursor_after_the_longest_user_id_is_valid(admin, store):
    for user_id in ('"' * 254, '"' * 255):
        await store.create(Membership(user_id, "org_acme", "viewer", "2026-01-01"))
    first = (await admin.get(PATH, params={"limit": 2})).json()
    second = await admin.get(PATH, params={"cursor": first["next_cursor"]})

    assert [member["user_id"] for member in first["data"]] == ['"' * 254, '"' * 255]
    assert second.status_code == 200


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "W10", "WyJhIiwiYiJd", "WzFd", "eyJhIjoxfQ"])
async def test_400_for_an_invalid_cursor(admin, cursor):
    assert is_problem(await admin.get(PATH, params={"cursor": cursor}), 400, "invalid_cursor")


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "role=admin"])
async def test_400_for_an_invalid_parameter(admin, query):
    assert is_problem(await admin.get(f"{PATH}?{query}"), 400, "invalid_parameter")


async def test_403_for_an_api_key(acme):
    assert is_problem(await acme.get(PATH), 403, "insufficient_scope")


async def test_401_without_a_token(http):
    assert is_problem(await http.get(PATH), 401, "token_missing")


async def test_429_when_the_store_throttles(admin, service):
    service.throttle()

    assert is_problem(await admin.get(PATH), 429, "throttled")
