"""`/api/v1/views` and `/api/v1/boards`: test names begin with the operation and the status."""

import pytest

from api.domain.reference import Membership
from api.routers.boards import PATH as BOARDS
from api.routers.views import PATH as VIEWS
from api.services.organizations import put
from api.services.views import STATE_MAX, TILES_MAX
from tests.api.token_service import is_problem

NEW = {"name": "Sign-ups", "page": "explore", "state": "range=7d&filter=%7B%22a%22%3A1%7D"}
NOW = "2026-03-10T12:00:00.000000Z"
UNKNOWN = f"view_{'0' * 16}"


@pytest.fixture
async def member(service, store):
    """Return a client of a member of org_acme who isn't an admin."""
    await put(store, Membership("usr_bob", "org_acme", "member", "2026-01-01"))
    service.client.headers.update(await service.headers_of("usr_bob"))
    return service.client


@pytest.fixture
async def view(member):
    return (await member.post(VIEWS, json=NEW)).json()


async def test_create_201_a_view_that_the_organisation_can_read(member, service):
    created = await member.post(VIEWS, json=NEW)
    view = created.json()
    read = await member.get(f"{VIEWS}/{view['view_id']}")
    key = await service.exchange_key("rk_local_acme")
    by_key = {"Authorization": f"Bearer {key.json()['access_token']}"}
    listed = await member.get(VIEWS, headers=by_key)

    assert created.status_code == 201
    assert view == {
        "view_id": view["view_id"],
        **NEW,
        "created_by": "usr_bob",
        "created_at": NOW,
        "updated_at": NOW,
        "version": created.headers["etag"].strip('"'),
    }
    assert (read.json(), read.headers["etag"]) == (view, created.headers["etag"])
    assert listed.json() == {"data": [view], "next_cursor": None}
    assert is_problem(await member.post(VIEWS, json=NEW, headers=by_key), 403, "insufficient_scope")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"page": "settings"}, "/page"),
        ({"page": "https://evil.example"}, "/page"),
        ({"state": "?range=7d"}, "/state"),
        ({"state": "https://evil.example"}, "/state"),
        ({"state": "https://evil.example/?a=b"}, "/state"),
        ({"state": "filter={}"}, "/state"),
        ({"state": "a=%4"}, "/state"),
        ({"state": "a=" + "x" * STATE_MAX}, "/state"),
        ({"view_id": UNKNOWN}, "/view_id"),
    ],
)
async def test_create_422_for_an_invalid_view(member, changes, pointer):
    response = await member.post(VIEWS, json=NEW | changes)

    assert is_problem(response, 422, "invalid_payload")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_update_200_only_the_given_fields_change(member, view, clock):
    clock.forward(seconds=1)
    path = f"{VIEWS}/{view['view_id']}"
    updated = await member.patch(path, json={"state": ""})
    unchanged = await member.patch(path, json={})

    assert updated.json() == view | {
        "state": "",
        "updated_at": "2026-03-10T12:00:01.000000Z",
        "version": updated.headers["etag"].strip('"'),
    }
    assert unchanged.json() == updated.json()
    assert unchanged.headers["etag"] == updated.headers["etag"]


async def test_update_412_if_another_member_has_changed_the_view(member, view):
    path = f"{VIEWS}/{view['view_id']}"
    read = await member.get(path)
    based = {"If-Match": read.headers["etag"]}
    first = await member.patch(path, json={"name": "First"}, headers=based)
    second = await member.patch(path, json={"name": "Second"}, headers=based)

    assert first.status_code == 200
    assert is_problem(second, 412, "precondition_failed")
    assert is_problem(await member.delete(path, headers=based), 412, "precondition_failed")
    anything = await member.patch(path, json={"name": "Third"}, headers={"If-Match": "*"})
    assert anything.json()["name"] == "Third"
    current = {"If-Match": anything.headers["etag"]}
    assert (await member.delete(path, headers=current)).status_code == 204


async def test_list_200_pages_contain_every_view_once(member, clock):
    for number in range(3):
        await member.post(VIEWS, json=NEW | {"name": str(number)})
        clock.forward(seconds=1)
    first = (await member.get(VIEWS, params={"limit": 2})).json()
    second = (await member.get(VIEWS, params={"cursor": first["next_cursor"]})).json()

    assert [one["name"] for one in (*first["data"], *second["data"])] == ["2", "1", "0"]


async def test_delete_204_the_view_leaves_its_boards(member, view):
    other = (await member.post(VIEWS, json=NEW)).json()["view_id"]
    new = {"name": "Growth", "view_ids": [view["view_id"], other]}
    board = (await member.post(BOARDS, json=new)).json()
    path = f"{VIEWS}/{view['view_id']}"

    assert (await member.delete(path)).status_code == 204
    assert is_problem(await member.get(path), 404, "not_found")
    assert is_problem(await member.delete(path), 404, "not_found")
    left = await member.get(f"{BOARDS}/{board['board_id']}")
    assert left.json()["view_ids"] == [other]


async def test_boards_200_are_created_changed_and_deleted(member, view):
    created = await member.post(BOARDS, json={"name": "Growth"})
    path = f"{BOARDS}/{created.json()['board_id']}"
    based = {"If-Match": created.headers["etag"]}
    tiles = {"view_ids": [view["view_id"]]}
    updated = await member.patch(path, json=tiles, headers=based)
    outdated = await member.patch(path, json={"view_ids": []}, headers=based)

    assert (created.status_code, created.json()["view_ids"]) == (201, [])
    assert updated.json()["view_ids"] == tiles["view_ids"]
    assert is_problem(outdated, 412, "precondition_failed")
    assert (await member.get(BOARDS)).json()["data"] == [updated.json()]
    assert (await member.get(path)).headers["etag"] == updated.headers["etag"]
    assert (await member.delete(path)).status_code == 204
    assert is_problem(await member.get(path), 404, "not_found")
    assert (await member.get(f"{VIEWS}/{view['view_id']}")).status_code == 200


@pytest.mark.parametrize(
    ("view_ids", "pointer"),
    [
        (["{view}", UNKNOWN], "/view_ids/1"),
        (["{view}", "{view}"], "/view_ids"),
        (["x"], "/view_ids/0"),
        ([f"view_{number:016x}" for number in range(TILES_MAX + 1)], "/view_ids"),
    ],
)
async def test_board_422_for_invalid_views(member, view, view_ids, pointer):
    wanted = [one.format(view=view["view_id"]) for one in view_ids]
    response = await member.post(BOARDS, json={"name": "Growth", "view_ids": wanted})

    assert is_problem(response, 422, "invalid_payload")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
