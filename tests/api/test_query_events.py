"""GET /api/v1/events, one test class per response status."""

from urllib.parse import parse_qs, urlsplit

import pytest
from httpx2 import AsyncClient

from tests.support import ManualClock, an_event, send

PATH = "/api/v1/events"


async def ids(client: AsyncClient, **params: object) -> list[str]:
    response = await client.get(PATH, params=params)
    assert response.status_code == 200, response.text
    return [event["event_id"] for event in response.json()["data"]]


async def all_pages(client: AsyncClient, **params: object) -> list[str]:
    """Return the ids of all pages."""
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        response = (await client.get(PATH, params={**params, **cursor})).json()
        seen += [event["event_id"] for event in response["data"]]
        if response["next_cursor"] is None:
            return seen
        cursor = {"cursor": response["next_cursor"]}


class Test200:
    async def test_newest_first_with_times_in_utc(self, acme: AsyncClient):
        await send(acme, an_event(1, timestamp="2026-03-10T13:00:00+02:00"), an_event(2))
        response = await acme.get(PATH)

        assert response.json() == {
            "data": [
                {
                    "event_id": "event-0002",
                    "org_id": "org_acme",
                    "event_type": "page_viewed",
                    "user_id": "user-2",
                    "timestamp": "2026-03-10T11:00:02.000000Z",
                    "source": "trusted",
                    "properties": {"path": "/pricing", "number": 2},
                    "received_at": "2026-03-10T12:00:00.000000Z",
                },
                {
                    "event_id": "event-0001",
                    "org_id": "org_acme",
                    "event_type": "page_viewed",
                    "user_id": "user-1",
                    "timestamp": "2026-03-10T11:00:00.000000Z",
                    "source": "trusted",
                    "properties": {"path": "/pricing", "number": 1},
                    "received_at": "2026-03-10T12:00:00.000000Z",
                },
            ],
            "next_cursor": None,
        }
        assert "Link" not in response.headers

    async def test_an_empty_organisation_has_an_empty_page(self, acme: AsyncClient):
        assert (await acme.get(PATH)).json() == {"data": [], "next_cursor": None}

    @pytest.mark.parametrize("order", ["asc", "desc"])
    async def test_pages_contain_every_event_once_despite_equal_timestamps(self, acme, order: str):
        same = "2026-03-09T10:00:00Z"
        events = [an_event(n, timestamp=same) for n in range(40)]
        events += [an_event(n) for n in range(100, 120)]
        await send(acme, *events)

        expected = [f"event-{n:04}" for n in [*range(40), *range(100, 120)]]
        pages = await all_pages(acme, limit=7, order=order)
        assert pages == (expected if order == "asc" else expected[::-1])

    async def test_events_written_between_pages_cause_no_gaps_or_repeats(self, acme):
        await send(acme, *(an_event(2 * n) for n in range(20)))
        seen: list[str] = []
        cursor: dict[str, str] = {}
        for page in range(9):
            response = (await acme.get(PATH, params={"limit": 3, **cursor})).json()
            seen += [event["event_id"] for event in response["data"]]
            await send(acme, an_event(2 * page + 1), an_event(101 + page))
            if response["next_cursor"] is None:
                break
            cursor = {"cursor": response["next_cursor"]}

        before = [f"event-{2 * n:04}" for n in range(20)]
        assert [i for i in seen if i in before] == before[::-1]
        assert len(set(seen)) == len(seen)

    async def test_the_link_header_points_to_the_next_page(self, acme: AsyncClient):
        await send(acme, *(an_event(n) for n in range(5)))
        params = {"limit": 3, "event_type": ["page_viewed", "x y&z"]}
        first = await acme.get(PATH, params=params)
        address = first.links["next"]["url"]
        second = await acme.get(address)

        assert parse_qs(urlsplit(address).query)["event_type"] == ["page_viewed", "x y&z"]
        assert [e["event_id"] for e in second.json()["data"]] == ["event-0001", "event-0000"]

    async def test_filters(self, acme: AsyncClient):
        kinds = ["a", "b", "c"]
        await send(acme, *(an_event(n, event_type=kinds[n % 3]) for n in range(9)))

        assert await ids(acme, event_type="b") == ["event-0007", "event-0004", "event-0001"]
        assert len(await ids(acme, event_type=["a", "b"])) == 6
        assert await ids(acme, user_id="user-1") == ["event-0008", "event-0001"]
        assert await ids(acme, user_id="user-1", event_type="c") == ["event-0008"]
        assert await ids(acme, event_type="never") == []

    async def test_dates_are_inclusive_and_mean_whole_days(self, acme: AsyncClient):
        times = [
            "03-07T23:59:59.999999",
            "03-08T00:00:00",
            "03-09T23:59:59.999999",
            "03-10T00:00:00",
        ]
        await send(acme, *(an_event(n, timestamp=f"2026-{t}Z") for n, t in enumerate(times)))

        days = {"start_date": "2026-03-08", "end_date": "2026-03-09"}
        assert await ids(acme, **days) == ["event-0002", "event-0001"]
        moments = {"start_date": "2026-03-08T00:00:00Z", "end_date": "2026-03-10T01:00:00+01:00"}
        assert await ids(acme, **moments) == ["event-0003", "event-0002", "event-0001"]

    async def test_the_default_is_the_last_30_days(self, acme: AsyncClient):
        days = ["02-08T23:59:59", "02-09T00:00:00", "03-10T23:59:59"]
        await send(acme, *(an_event(n, timestamp=f"2026-{t}Z") for n, t in enumerate(days)))

        assert await ids(acme) == ["event-0002", "event-0001"]

    async def test_later_pages_keep_the_date_range_of_the_first(
        self, acme: AsyncClient, clock: ManualClock, sign_in
    ):
        await send(acme, *(an_event(n) for n in range(4)))
        cursor = (await acme.get(PATH, params={"limit": 2})).json()["next_cursor"]
        clock.forward(days=40)
        later = await (await sign_in("ak_local_acme")).get(PATH, params={"cursor": cursor})

        assert [e["event_id"] for e in later.json()["data"]] == ["event-0001", "event-0000"]

    async def test_gaps_of_years_are_skipped(self, acme: AsyncClient):
        await send(
            acme, *(an_event(y, timestamp=f"{y}-01-01T00:00:00Z") for y in (1970, 1999, 2025))
        )

        found = await all_pages(acme, start_date="1900-01-01", limit=1)
        assert found == ["event-2025", "event-1999", "event-1970"]


class Test400:
    @pytest.mark.parametrize(
        "params",
        [
            {"limit": 0},
            {"limit": 201},
            {"limit": "many"},
            {"order": "up"},
            {"start_date": "yesterday"},
            {"end_date": "2026-02-30"},
            {"usr_id": "typo"},
            {"start_date": "2026-03-10", "end_date": "2026-03-09"},
            {"user_id": ""},
            {"start_date": "2026-03-10T00:00:00"},
            {"event_type": ["x"] * 51},
        ],
    )
    async def test_unknown_or_impossible_parameters(self, acme: AsyncClient, params):
        response = await acme.get(PATH, params=params)

        assert response.status_code == 400
        assert response.json()["code"] == "invalid_parameter"
        assert any(name in response.text for name in params)

    async def test_a_cursor_of_another_query_or_organisation(self, acme: AsyncClient, sign_in):
        await send(acme, *(an_event(n) for n in range(4)))
        cursor = (await acme.get(PATH, params={"limit": 2})).json()["next_cursor"]
        refused = [
            await acme.get(PATH, params={"cursor": cursor, "user_id": "user-1"}),
            await acme.get(PATH, params={"cursor": cursor, "order": "asc"}),
            await acme.get(PATH, params={"cursor": cursor[:-2]}),
            await acme.get(PATH, params={"cursor": "nonsense"}),
            await (await sign_in("ak_local_globex")).get(PATH, params={"cursor": cursor}),
        ]

        assert [response.status_code for response in refused] == [400] * 5
        assert {response.json()["code"] for response in refused} == {"invalid_cursor"}

    async def test_a_cursor_may_be_used_with_another_limit(self, acme: AsyncClient):
        await send(acme, *(an_event(n) for n in range(4)))
        cursor = (await acme.get(PATH, params={"limit": 1})).json()["next_cursor"]

        assert len(await ids(acme, cursor=cursor, limit=2)) == 2


class Test401And403:
    async def test_a_request_without_a_token(self, http: AsyncClient):
        response = await http.get(PATH)

        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")

    async def test_a_publishable_key_may_not_read(self, sign_in):
        response = await (await sign_in("pk_local_acme")).get(PATH)

        assert response.status_code == 403
        assert response.json()["code"] == "insufficient_scope"

    async def test_another_organisation(self, acme: AsyncClient):
        response = await acme.get(PATH, params={"org_id": "org_globex"})

        assert response.status_code == 403
        assert response.json()["code"] == "tenant_mismatch"
