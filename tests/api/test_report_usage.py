"""GET /api/v1/usage."""

import pytest
from httpx2 import AsyncClient

from tests.support import ManualClock, an_event, everything, send

USAGE = "/api/v1/usage"


async def used(client: AsyncClient, **query: str) -> dict[str, dict[str, int]]:
    """Return the days with events, by month."""
    response = await client.get(USAGE, params=query)
    assert response.status_code == 200, response.text
    months = response.json()["months"]
    assert all(one["events"] == sum(day["events"] for day in one["daily"]) for one in months)
    return {
        one["month"]: {day["date"]: day["events"] for day in one["daily"] if day["events"]}
        for one in months
    }


class Test200:
    async def test_the_current_month_is_reported_with_all_its_days(self, acme: AsyncClient, fold):
        await send(acme, an_event(1), an_event(2, timestamp="2026-03-01T10:00:00Z"))
        await fold()
        body = (await acme.get(USAGE)).json()

        assert body["org_id"] == "org_acme"
        [month] = body["months"]
        assert (month["month"], month["events"]) == ("2026-03", 2)
        assert month["daily"] == [
            {"date": f"2026-03-{day:02}", "events": 2 if day == 10 else 0} for day in range(1, 11)
        ]

    async def test_a_backdated_event_counts_when_it_is_received(
        self, acme: AsyncClient, fold, clock: ManualClock, sign_in
    ):
        await send(acme, an_event(1, timestamp="2025-01-31T10:00:00Z"))
        await send(acme, an_event(2, timestamp="2026-03-11T10:00:00Z"))
        clock.forward(days=30)
        await sign_in("ak_local_acme")
        await send(acme, an_event(3))
        await fold()

        assert await used(acme, months="2") == {
            "2026-03": {"2026-03-10": 2},
            "2026-04": {"2026-04-09": 1},
        }
        assert len(await everything(acme)) == 3

    async def test_a_retry_and_a_duplicate_count_once(
        self, acme: AsyncClient, fold, clock: ManualClock, sign_in
    ):
        await send(acme, an_event(1), key="k")
        clock.forward(hours=12)
        await sign_in("ak_local_acme")
        await send(acme, an_event(1), key="k")
        await send(acme, an_event(1), an_event(2))
        await fold()

        assert await used(acme) == {"2026-03": {"2026-03-10": 1, "2026-03-11": 1}}

    @pytest.mark.parametrize("key", ["rk_local_acme", "ak_local_acme"])
    async def test_a_key_that_reads_metrics_may_read_usage(self, sign_in, key: str):
        assert await used(await sign_in(key)) == {"2026-03": {}}


class TestQuota:
    async def test_the_quota_is_reported_with_what_is_used_in_this_month(
        self, acme: AsyncClient, set_quota, fold, clock: ManualClock, sign_in
    ):
        await send(acme, an_event(1), an_event(2))
        clock.forward(days=30)
        await sign_in("ak_local_acme")
        await set_quota(1_000, warn_at=90)
        await send(acme, an_event(3))
        await fold()
        body = (await acme.get(USAGE, params={"months": 2})).json()

        assert [month["events"] for month in body["months"]] == [2, 1]
        assert {name: body[name] for name in ("quota", "warn_at", "used", "period_end")} == {
            "quota": 1_000,
            "warn_at": 90,
            "used": 1,
            "period_end": "2026-05-01T00:00:00Z",
        }
        assert body["plan"] == "enterprise"

    async def test_the_names_and_values_are_those_of_a_refusal(
        self, acme: AsyncClient, set_quota, fold
    ):
        await set_quota(1)
        await send(acme, an_event(1))
        await fold()
        refused = (await send(acme, an_event(2))).json()
        body = (await acme.get(USAGE)).json()

        assert refused["code"] == "quota_exceeded"
        assert (body["quota"], body["period_end"]) == (refused["quota"], refused["period_end"])
        assert body["used"] == body["quota"]

    async def test_an_organisation_without_quota(self, acme: AsyncClient):
        body = (await acme.get(USAGE)).json()

        assert (body["quota"], body["warn_at"], body["used"]) == (None, None, 0)


class Test400:
    @pytest.mark.parametrize("months", ["0", "14", "-1", "1.0", "x", "1" * 5000])
    async def test_an_invalid_number_of_months(self, acme: AsyncClient, months: str):
        response = await acme.get(USAGE, params={"months": months})

        assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")

    async def test_an_unknown_parameter(self, acme: AsyncClient):
        assert (await acme.get(USAGE, params={"month": "2026-03"})).status_code == 400


class Test403:
    async def test_a_publishable_key(self, sign_in):
        response = await (await sign_in("pk_local_acme")).get(USAGE)

        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
