"""The lists of properties and users."""

import pytest

from tests.api.lake_client import DAY, LakeClient
from tests.support import an_event

PROPERTIES, USERS = "/api/v1/properties", "/api/v1/users"


async def test_properties_are_listed_per_event_type(lake: LakeClient):
    await lake.send(
        an_event(0, event_type="paid", properties={"amount": 5, "plan": "pro"}),
        an_event(1, event_type="paid", properties={"amount": 5}),
        an_event(2, event_type="seen", properties={"amount": "5"}),
        an_event(3, event_type="other", properties={"amount": True}),
    )
    types = ("event_type", "paid"), ("event_type", "seen")
    response = await lake.http.get(PROPERTIES, params=[*types, *DAY.items()])

    assert response.json() == {
        "data": [
            {
                "event_type": "paid",
                "name": "amount",
                "types": ["number"],
                "events": 2,
                "values": [{"value": 5, "events": 2}],
            },
            {
                "event_type": "paid",
                "name": "plan",
                "types": ["string"],
                "events": 1,
                "values": [{"value": "pro", "events": 1}],
            },
            {
                "event_type": "seen",
                "name": "amount",
                "types": ["string"],
                "events": 1,
                "values": [{"value": "5", "events": 1}],
            },
        ],
        "complete_through": "2026-03-10T12:00:00.000000Z",
    }


async def test_users_are_listed_by_their_last_event(lake: LakeClient):
    await lake.send(*(an_event(n, properties={"number": n}) for n in range(10)))
    pages = [(await lake.http.get(USERS, params={"limit": 3})).json()]
    while cursor := pages[-1]["next_cursor"]:
        found = await lake.http.get(USERS, params={"limit": 3, "cursor": cursor})
        pages.append(found.json())

    users = [user for page in pages for user in page["data"]]
    assert [user["user_id"] for user in users] == [f"user-{n}" for n in (2, 1, 0, 6, 5, 4, 3)]
    assert users[0] == {
        "user_id": "user-2",
        "first_seen": "2026-03-10T11:00:02.000000Z",
        "last_seen": "2026-03-10T11:00:09.000000Z",
        "events": 2,
        "last_properties": {"number": 9},
    }


async def test_users_with_any_id_can_be_listed_in_pages(lake: LakeClient):
    ids = ["a/b", "\u00a0", "ä" * 256, "🦆" * 256, "~", "x y"]
    await lake.send(*(an_event(n, user_id=user_id) for n, user_id in enumerate(ids)))
    found: list[str] = []
    query: dict[str, str] = {"limit": "1"}
    while query.get("cursor") or not found:
        page = (await lake.http.get(USERS, params=query)).json()
        found += [user["user_id"] for user in page["data"]]
        query["cursor"] = page["next_cursor"] or ""

    assert found == ids[::-1]


async def test_users_are_searched_by_a_part_of_their_id(lake: LakeClient):
    await lake.send(an_event(0, user_id="Ada@acme.example"), an_event(1, user_id="bob_"))
    for search, expected in (("ADA", ["Ada@acme.example"]), ("_", ["bob_"]), ("%", [])):
        response = await lake.http.get(USERS, params={"search": search})

        assert [user["user_id"] for user in response.json()["data"]] == expected


async def test_a_cursor_belongs_to_its_search(lake: LakeClient):
    await lake.send(*(an_event(n) for n in range(3)))
    cursor = (await lake.http.get(USERS, params={"limit": 1})).json()["next_cursor"]
    response = await lake.http.get(USERS, params={"cursor": cursor, "search": "u"})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


async def test_a_profile_has_the_users_events_per_type(lake: LakeClient):
    await lake.send(
        an_event(0, user_id="ada b", event_type="seen"),
        an_event(1, user_id="ada b", event_type="paid"),
        an_event(2, user_id="ada b", event_type="seen"),
        an_event(3, user_id="bob"),
    )
    response = await lake.http.get(f"{USERS}/ada%20b")

    assert response.json() == {
        "user_id": "ada b",
        "first_seen": "2026-03-10T11:00:00.000000Z",
        "last_seen": "2026-03-10T11:00:02.000000Z",
        "events": 3,
        "event_types": [
            {
                "event_type": "seen",
                "first_seen": "2026-03-10T11:00:00.000000Z",
                "last_seen": "2026-03-10T11:00:02.000000Z",
                "events": 2,
            },
            {
                "event_type": "paid",
                "first_seen": "2026-03-10T11:00:01.000000Z",
                "last_seen": "2026-03-10T11:00:01.000000Z",
                "events": 1,
            },
        ],
        "complete_through": "2026-03-10T12:00:00.000000Z",
    }


@pytest.mark.parametrize("user_id", ["nobody", "x" * 257])
async def test_an_unknown_user_is_not_found(lake: LakeClient, user_id: str):
    response = await lake.http.get(f"{USERS}/{user_id}")

    assert response.status_code == (404 if len(user_id) < 257 else 400), response.text


async def test_a_list_is_not_sent_again_if_it_has_not_changed(lake: LakeClient):
    await lake.send(an_event(0))
    for path in (PROPERTIES, USERS, f"{USERS}/user-0"):
        tag = (await lake.http.get(path)).headers["ETag"]
        again = await lake.http.get(path, headers={"If-None-Match": tag})

        assert (again.status_code, again.content) == (304, b"")
