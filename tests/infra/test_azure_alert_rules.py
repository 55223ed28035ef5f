"""The alerts of Azure fire on the telemetry of a failure, and only then.

The real code runs on the emulator and emits the telemetry. azure_telemetry.py gives it the shape of
the platform's tables, and azure_monitor.py evaluates the rules of the plan.
test_azure_feed_alerts.py evaluates the alerts for the readers of the change feed.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest
from fastapi import APIRouter
from httpx2 import AsyncClient

from api.app import create_app, load_route
from api.backends import open_emulated
from api.hosting.azure import http_functions
from api.settings import Settings
from cosmos_emulator import Emulator, throttled
from cosmos_emulator.messages import Response
from tests.infra.azure_monitor import Row, fires, log_rule, metric_rule, of
from tests.infra.azure_resources import Resources
from tests.infra.azure_telemetry import CosmosMetrics, HostedApp, gateway_request, repeated
from tests.support import ManualClock, an_event

type Ingest = Callable[..., Awaitable[list[Row]]]


@pytest.fixture
async def ingest(
    acme: AsyncClient, settings: Settings, emulator: Emulator, clock: ManualClock
) -> AsyncGenerator[Ingest]:
    """Yield a function that calls the app `ingest_events` as the gateway does."""
    route = load_route("ingest_events")
    hosted = create_app(
        settings,
        APIRouter(routes=[route]),
        open_store=lambda s: open_emulated(s, emulator),
        now=clock,
        folds=False,
    )
    app = HostedApp("func-ingest", http_functions(hosted, [route], trusts_forwarded_for=True))
    token = acme.headers["Authorization"]

    async def ingest(token: str = token, **event: Any) -> list[Row]:
        headers = {"authorization": token, "content-type": "application/json"}
        headers["idempotency-key"] = event.pop("key", "k")
        body = json.dumps({"events": [an_event(**event)]}).encode()
        url = "http://api.test/api/v1/events"
        return await app.invoke(
            "ingest_events", func.HttpRequest("POST", url, headers=headers, body=body)
        )

    async with hosted.router.lifespan_context(hosted):
        yield ingest


class TestRequests:
    async def test_a_store_that_is_unavailable(
        self, azure_prod: Resources, ingest: Ingest, emulator: Emulator
    ):
        good = await ingest()
        refused = await ingest(token="Bearer nonsense")
        emulator.interceptors.append(lambda _: Response(503, {}, b"{}"))
        bad = await ingest(number=2, key="k2")
        codes = [row.values["ResultCode"] for row in of("AppRequests", good + refused + bad)]

        assert codes == ["201", "401", "503"]
        assert all(row.values["Success"] for row in of("AppRequests", bad))
        for name, table in {
            "functions-fail": "AppRequests",
            "operations-fail": "ApiManagementGatewayLogs",
        }.items():
            rule = log_rule(azure_prod, name)
            many = repeated(of(table, good + refused), 97, timedelta())
            assert not fires(rule, repeated(of(table, good + refused), 9, timedelta()))
            assert not fires(rule, repeated(of(table, bad), 2, timedelta()))
            assert fires(rule, repeated(of(table, bad), 3, timedelta()))
            assert not fires(rule, [*many, *repeated(of(table, bad), 9, timedelta())])

    async def test_a_burning_error_budget(
        self, azure_prod: Resources, ingest: Ingest, emulator: Emulator
    ):
        fast, slow = (log_rule(azure_prod, f"ingest-available-{n}-burn") for n in ("fast", "slow"))
        good = of("ApiManagementGatewayLogs", await ingest())
        refused = of("ApiManagementGatewayLogs", await ingest(token="Bearer nonsense"))
        emulator.interceptors.append(lambda _: throttled(30_000))
        bad = of("ApiManagementGatewayLogs", await ingest(number=2, key="k2"))
        enough = repeated(good + refused, 500, timedelta())

        assert [row.values["ResponseCode"] for row in bad] == [429]
        assert not fires(fast, enough)
        assert not fires(slow, [*enough, *repeated(bad, 2, timedelta())])
        assert fires(slow, [*enough, *repeated(bad, 4, timedelta())])
        assert not fires(fast, [*enough, *repeated(bad, 4, timedelta())])
        assert fires(fast, [*enough, *repeated(bad, 15, timedelta())])

    async def test_slow_responses_burn_the_error_budget(self, azure_prod: Resources):
        rule = log_rule(azure_prod, "ingest-available-fast-burn")
        now = datetime.now(UTC)

        assert not fires(rule, [gateway_request("ingest_events", now, 201, 999)])
        assert fires(rule, [gateway_request("ingest_events", now, 201, 1001)])
        assert not fires(rule, [gateway_request("query_events", now, 200, 1001)])

    async def test_an_app_that_does_not_start(self, azure_prod: Resources):
        """The gateway replaces the platform's responses (test_azure_gateway_responses.py)."""
        request = gateway_request("list_keys", datetime.now(UTC), 500, 20, backend=404)

        assert fires(log_rule(azure_prod, "operations-fail"), [request] * 3)

    async def test_sampled_invocations_count_with_their_weight(
        self, azure_prod: Resources, ingest: Ingest, emulator: Emulator
    ):
        emulator.interceptors.append(lambda _: Response(503, {}, b"{}"))
        (bad,) = of("AppRequests", await ingest())
        weighted = Row(bad.table, bad.at, {**bad.values, "ItemCount": 3})

        assert fires(log_rule(azure_prod, "functions-fail"), [weighted])


class TestStore:
    async def test_throttling(self, azure_prod: Resources, ingest: Ingest, emulator: Emulator):
        now, metrics = datetime.now(UTC), CosmosMetrics(emulator)
        await ingest()
        good = metrics.take(now, times=1000)
        emulator.interceptors.append(lambda _: throttled(30_000))
        await ingest(number=2, key="k2")
        bad = metrics.take(now, times=100)

        rule = metric_rule(azure_prod, "store-throttled")
        assert not rule.is_met(good, now)
        assert rule.is_met(good + bad, now)
        assert not metric_rule(azure_prod, "store-unavailable").is_met(good + bad, now)

    async def test_an_outage(self, azure_prod: Resources, ingest: Ingest, emulator: Emulator):
        now, metrics = datetime.now(UTC), CosmosMetrics(emulator)
        await ingest()
        good = metrics.take(now, times=1000)
        emulator.interceptors.append(lambda _: Response(503, {}, b"{}"))
        await ingest(number=2, key="k2")
        bad = metrics.take(now, times=30)

        rule = metric_rule(azure_prod, "store-unavailable")
        assert not rule.is_met(good, now)
        assert rule.is_met(good + bad, now)
        assert not metric_rule(azure_prod, "store-throttled").is_met(good + bad, now)
