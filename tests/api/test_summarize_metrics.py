"""GET /api/v1/metrics/summary and GET /api/v1/event-types."""

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from api.domain.metrics import Metric, MetricValue
from tests.support import an_event, send

SUMMARY, TYPES = "/api/v1/metrics/summary", "/api/v1/event-types"
MARCH = {"start_date": "2026-03-08", "end_date": "2026-03-10"}


async def summary(client: AsyncClient, *names: str, **params: str) -> dict[str, dict]:
    response = await client.get(SUMMARY, params={**MARCH, **params, "metrics": list(names)})
    assert response.status_code == 200, response.text
    return {metric["name"]: metric for metric in response.json()["metrics"]}


def values(metric: dict) -> list[float | None]:
    return [day["value"] for day in metric["daily"]]


@pytest.fixture
async def three_days(acme: AsyncClient, fold) -> AsyncClient:
    """Send 12 events of users 0-6 on the 8th and 5 events of users 0-4 on the 10th."""
    await send(acme, *(an_event(n, timestamp=f"2026-03-08T10:00:{n:02}Z") for n in range(12)))
    await send(acme, *(an_event(n, event_type="signed_up") for n in range(5)))
    await fold()
    return acme


class Test200:
    async def test_every_day_is_listed_and_the_total_is_the_sum(self, three_days: AsyncClient):
        response = await three_days.get(SUMMARY, params={**MARCH, "metrics": "events"})

        assert response.json() == {
            "org_id": "org_acme",
            "start_date": "2026-03-08",
            "end_date": "2026-03-10",
            "metrics": [
                {
                    "name": "events",
                    "kind": "count",
                    "total": 17,
                    "currency": None,
                    "daily": [
                        {"date": "2026-03-08", "value": 12},
                        {"date": "2026-03-09", "value": 0},
                        {"date": "2026-03-10", "value": 5},
                    ],
                }
            ],
        }

    async def test_unique_totals_are_distinct_over_the_range(self, three_days: AsyncClient):
        users = (await summary(three_days, "active_users"))["active_users"]

        assert values(users) == [7, 0, 5]
        assert (users["kind"], users["total"]) == ("unique", 7)

    async def test_each_event_type_has_a_metric_which_is_0_if_unused(self, three_days: AsyncClient):
        found = await summary(three_days, "events.signed_up", "events.never")

        assert values(found["events.signed_up"]) == [0, 0, 5]
        assert found["events.never"]["total"] == 0

    @pytest.mark.parametrize(
        "query",
        [
            "metrics[]=events&metrics[]=active_users",
            "metrics=events&metrics=active_users",
            "metrics=events&metrics[]=active_users",
        ],
    )
    async def test_the_metrics_parameter_may_be_repeated_with_or_without_brackets(
        self, three_days, query: str
    ):
        response = await three_days.get(f"{SUMMARY}?{query}")

        assert [m["name"] for m in response.json()["metrics"]] == ["events", "active_users"]

    async def test_imported_sums_have_a_total_and_gauges_do_not(self, three_days, app: FastAPI):
        store = app.state.resources.store
        for name, kind in (("revenue", "sum"), ("nps", "gauge")):
            currency = "EUR" if name == "revenue" else ""
            await store.create(Metric("org_acme", name, kind, currency))
            await store.create(MetricValue("org_acme", name, "2026-03-08", 1.5))
            await store.create(MetricValue("org_acme", name, "2026-03-10", 2))
        found = await summary(three_days)

        assert list(found) == ["events", "active_users", "nps", "revenue"]
        assert (values(found["revenue"]), found["revenue"]["total"]) == ([1.5, 0, 2], 3.5)
        assert (values(found["nps"]), found["nps"]["total"]) == ([1.5, None, 2], None)
        currencies = [found[name]["currency"] for name in ("events", "nps", "revenue")]
        assert currencies == [None, None, "EUR"]

    async def test_a_resend_counts_once(self, three_days: AsyncClient, fold):
        await send(three_days, *(an_event(n, event_type="signed_up") for n in range(5)))
        await fold()

        assert (await summary(three_days, "events"))["events"]["total"] == 17

    async def test_the_default_is_the_last_30_days(self, three_days: AsyncClient):
        response = (await three_days.get(SUMMARY)).json()

        assert (response["start_date"], response["end_date"]) == ("2026-02-09", "2026-03-10")
        assert {len(m["daily"]) for m in response["metrics"]} == {30}

    async def test_366_days_are_allowed(self, acme: AsyncClient):
        found = await summary(acme, "events", start_date="2025-03-10", end_date="2026-03-10")

        assert len(found["events"]["daily"]) == 366

    async def test_event_types_with_counts_most_frequent_first(self, three_days: AsyncClient):
        response = await three_days.get(TYPES, params=MARCH)

        assert response.json()["event_types"] == [
            {"event_type": "page_viewed", "count": 12},
            {"event_type": "signed_up", "count": 5},
        ]
        only_9th = {"start_date": "2026-03-09", "end_date": "2026-03-09"}
        assert (await three_days.get(TYPES, params=only_9th)).json()["event_types"] == []


class TestRefused:
    async def test_an_unknown_metric_names_the_known_ones(self, acme: AsyncClient):
        response = await acme.get(SUMMARY, params={"metrics": ["events", "revenu"]})

        assert response.status_code == 422
        assert response.json()["code"] == "unknown_metric"
        assert "active_users" in response.json()["detail"]
        assert "revenu" in response.json()["errors"][0]["detail"]

    @pytest.mark.parametrize("path", [SUMMARY, TYPES])
    @pytest.mark.parametrize(
        "params",
        [
            {"start_date": "x"},
            {"end_date": "2026-03-10T00:00:00Z"},
            {"typo": "1"},
            {"start_date": "2026-03-11", "end_date": "2026-03-10"},
            {"start_date": "2025-03-09", "end_date": "2026-03-10"},
        ],
    )
    async def test_impossible_ranges(self, acme: AsyncClient, path: str, params):
        response = await acme.get(path, params=params)

        assert response.status_code == 400
        assert response.json()["code"] == "invalid_parameter"

    @pytest.mark.parametrize("path", [SUMMARY, TYPES])
    async def test_callers_without_permission(self, sign_in, path: str):
        acme = await sign_in("ak_local_acme")
        assert (await acme.get(path, params={"org_id": "org_globex"})).status_code == 403
        assert (await (await sign_in("pk_local_acme")).get(path)).status_code == 403
        acme.headers.pop("Authorization")
        assert (await acme.get(path)).status_code == 401
