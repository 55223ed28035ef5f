"""Trends, funnels and retention over the HTTP API, from events that were sent to it."""

from typing import Any

import pytest

from tests.api.lake_client import LakeClient
from tests.support import an_event

STEPS = [{"event_type": "signed_up"}, {"event_type": "paid"}]


def sent(number: int, event_type: str, user_id: str, **properties: Any) -> dict[str, object]:
    """Return an event; consecutive numbers are one second apart."""
    return an_event(number, event_type=event_type, user_id=user_id, properties=properties)


@pytest.fixture
async def shop(lake: LakeClient) -> LakeClient:
    """Return a client whose organisation has three users, of whom two signed up and one paid."""
    await lake.send(
        sent(0, "signed_up", "ada", plan="pro"),
        sent(1, "signed_up", "bob", plan="free"),
        sent(61, "paid", "ada", amount=12.5, cart={"items/total": 2}),
        sent(62, "paid", "cy", amount=1),
    )
    return lake


async def test_a_trend_has_a_value_per_interval_and_series(shop: LakeClient):
    series = [
        {"event_type": "paid"},
        {"event_type": "paid", "aggregate": "sum", "property": "amount"},
        {"aggregate": "unique_users"},
        {"aggregate": "max", "property": "/cart/items~1total"},
        {"event_type": "never", "aggregate": "average", "property": "amount"},
    ]
    body = {"start_date": "2026-03-09", "timezone": "Europe/Berlin", "series": series}
    found = await shop.post("trends", body)

    assert found.status_code == 200, found.text
    assert found.json() == {
        "timezone": "Europe/Berlin",
        "interval": "day",
        "buckets": ["2026-03-09T00:00:00+01:00", "2026-03-10T00:00:00+01:00"],
        "series": [
            {"index": 0, "breakdown": None, "total": 2, "values": [0, 2]},
            {"index": 1, "breakdown": None, "total": 13.5, "values": [0, 13.5]},
            {"index": 2, "breakdown": None, "total": 3, "values": [0, 3]},
            {"index": 3, "breakdown": None, "total": 2, "values": [None, 2]},
            {"index": 4, "breakdown": None, "total": None, "values": [None, None]},
        ],
        "complete_through": "2026-03-10T12:00:00.000000Z",
    }


async def test_a_breakdown_compares_each_group_with_the_previous_period(shop: LakeClient):
    await shop.send(
        an_event(9, event_type="signed_up", timestamp="2026-03-09T11:00:00Z", properties={}),
        an_event(
            10,
            event_type="signed_up",
            timestamp="2026-03-09T11:00:00Z",
            properties={"plan": "pro"},
        ),
    )
    body = {
        "series": [{"event_type": "signed_up"}],
        "breakdown": {"property": "plan", "limit": 1},
        "compare": "previous_period",
    }

    assert (await shop.post("trends", body)).json()["series"] == [
        {
            "index": 0,
            "breakdown": {"kind": "value", "value": "free"},
            "total": 1,
            "values": [1],
            "previous": {"total": 0, "values": [0]},
        },
        {
            "index": 0,
            "breakdown": {"kind": "other", "value": "other"},
            "total": 1,
            "values": [1],
            "previous": {"total": 1, "values": [1]},
        },
    ]


async def test_a_day_that_is_not_over_is_compared_with_the_same_hours(lake: LakeClient):
    await lake.send(
        an_event(1, event_type="early", timestamp="2026-03-03T11:59:00Z"),
        an_event(2, event_type="late", timestamp="2026-03-03T12:01:00Z"),
    )
    body = {"series": [{}], "start_date": "2026-03-10", "compare": "previous_weeks"}

    found = (await lake.post("trends", body)).json()["series"]
    assert found[0]["previous"] == {"total": 1, "values": [1]}


async def test_a_funnel_counts_users_per_step_and_group(shop: LakeClient):
    found = await shop.post("funnels", {"steps": STEPS, "breakdown": {"property": "plan"}})
    result = found.json()
    first, second = result["steps"]

    assert (first["users"], first["conversion_overall"], first["median_seconds"]) == (2, 1, None)
    assert second == {
        "index": 1,
        "users": 1,
        "conversion_overall": 0.5,
        "conversion_previous": 0.5,
        "median_seconds": 61,
        "average_seconds": 61,
    }
    users = {
        each["value"]: [step["users"] for step in each["steps"]] for each in result["breakdowns"]
    }
    assert users == {"pro": [1, 1], "free": [1, 0]}


async def test_the_window_of_a_funnel_is_inclusive(shop: LakeClient):
    for window, users in ((61, 1), (60, 0)):
        found = await shop.post("funnels", {"steps": STEPS, "window_seconds": window})

        assert found.json()["steps"][1]["users"] == users


async def test_users_who_dropped_off_are_listed_in_pages(lake: LakeClient):
    await lake.send(*(sent(n, "signed_up", f"user-{n}") for n in range(5)))
    body: dict[str, Any] = {"steps": STEPS, "after_step": 0, "limit": 2}
    pages = [await lake.post("funnels/dropped-users", body)]
    while cursor := pages[-1].json()["next_cursor"]:
        pages.append(await lake.post("funnels/dropped-users", body | {"cursor": cursor}))

    users = [user for page in pages for user in page.json()["data"]]
    assert [len(page.json()["data"]) for page in pages] == [2, 2, 1]
    assert [user["user_id"] for user in users] == [f"user-{n}" for n in range(5)]
    assert users[1]["reached_at"] == "2026-03-10T11:00:01.000000Z"
    other = {"cursor": pages[0].json()["next_cursor"], "window_seconds": 5}
    refused = await lake.post("funnels/dropped-users", body | other)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_cursor")


async def test_retention_marks_periods_that_have_not_ended(shop: LakeClient):
    body = {
        "start": {"event_type": "signed_up"},
        "return": {"event_type": "paid"},
        "interval": "day",
        "periods": 2,
    }
    found = await shop.post("retention", body)

    assert found.json()["cohorts"] == [
        {
            "date": "2026-03-10",
            "size": 2,
            "values": [
                {"period": 0, "users": 1, "complete": False},
                {"period": 1, "users": 0, "complete": False},
            ],
        }
    ]
    assert found.json()["overall"] == [{"period": 0, "rate": None}, {"period": 1, "rate": None}]


async def test_the_default_range_is_the_last_30_local_days(lake: LakeClient):
    body = {"series": [{}], "timezone": "Pacific/Auckland"}
    found = await lake.http.post("/api/v1/insights/trends", json=body)

    buckets = found.json()["buckets"]
    assert (len(buckets), buckets[0], buckets[-1]) == (
        30,
        "2026-02-10T00:00:00+13:00",
        "2026-03-11T00:00:00+13:00",
    )


async def test_an_organisation_without_events_gets_empty_insights(lake: LakeClient):
    trend = (await lake.post("trends", {"series": [{}], "compare": "previous_year"})).json()
    funnel = (await lake.post("funnels", {"steps": STEPS})).json()

    assert trend["series"] == [
        {
            "index": 0,
            "breakdown": None,
            "total": 0,
            "values": [0],
            "previous": {"total": 0, "values": [0]},
        }
    ]
    assert [step["users"] for step in funnel["steps"]] == [0, 0]
    assert funnel["complete_through"] is None


class TestEntityTags:
    async def test_an_unchanged_result_is_not_sent_again(self, shop: LakeClient):
        body = {"series": [{}]}
        first = await shop.post("trends", body)
        tag = first.headers["ETag"]
        for value in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
            again = await shop.post("trends", body, **{"If-None-Match": value})

            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["ETag"] == tag
        await shop.send(sent(70, "paid", "bob"))
        changed = await shop.post("trends", body, **{"If-None-Match": tag})
        assert changed.json()["series"][0]["total"] == 5

    async def test_another_query_has_another_tag(self, shop: LakeClient):
        bodies: list[dict[str, Any]] = [
            {"series": [{}]},
            {"series": [{"aggregate": "unique_users"}]},
            {"series": [{}], "filters": [{"property": "a", "operator": "is", "values": [1]}]},
            {"series": [{}], "filters": [{"property": "a", "operator": "is", "values": ["1"]}]},
            {"series": [{}], "filters": [{"property": "a", "operator": "is", "values": [True]}]},
            {"series": [{}], "timezone": "Europe/Berlin"},
        ]
        tags = {(await shop.post("trends", body)).headers["ETag"] for body in bodies}

        assert len(tags) == len(bodies)

    async def test_a_cell_that_became_complete_has_another_tag(self, shop: LakeClient, clock):
        body = {"interval": "day", "periods": 1}
        first = await shop.post("retention", body)
        clock.forward(days=1)
        token = await shop.http.post("/api/v1/auth/token", json={"api_key": "ak_local_acme"})
        shop.http.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        again = await shop.post("retention", body, **{"If-None-Match": first.headers["ETag"]})

        assert again.json()["cohorts"][0]["values"][0]["complete"] is True

    async def test_browsers_may_send_and_read_tags(self, lake: LakeClient):
        preflight = await lake.http.options(
            "/api/v1/insights/trends",
            headers={
                "Origin": "http://localhost:3000",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,if-none-match",
            },
        )
        sent = await lake.post("trends", {"series": [{}]}, Origin="http://localhost:3000")

        assert preflight.status_code == 200, preflight.text
        assert "ETag" in sent.headers["Access-Control-Expose-Headers"]
