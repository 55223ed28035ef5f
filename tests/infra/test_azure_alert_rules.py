"""The alerts of Azure fire on the telemetry of a failure, and only then.

The real code runs on the emulator and emits the telemetry. azure_telemetry.py gives it the shape of
the platform's tables, and azure_monitor.py evaluates the rules of the plan.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.functions as func
import pytest
from azure.cosmos.aio import ContainerProxy, CosmosClient
from fastapi import APIRouter
from httpx2 import AsyncClient

from api.app import create_app, load_route, open_emulated
from api.domain.events import DayBatch, Event
from api.domain.ingest_context import IngestContext
from api.hosting.azure import http_functions
from api.hosting.azure_feed import feed_functions
from api.hosting.rollup_feed import RollupFeed
from api.settings import Settings
from api.stores.cosmos_feed import read_changes
from api.stores.protocol import Store
from cosmos_emulator import Emulator, throttled
from cosmos_emulator.messages import Response
from cosmos_emulator.transports import AsyncTransport
from tests.infra.azure_monitor import LogRule, Row, log_rule, metric_rule
from tests.infra.azure_resources import Resources
from tests.infra.azure_telemetry import (
    CosmosMetrics,
    HostedApp,
    gateway_request,
    logged,
    repeated,
    traces,
)
from tests.support import ManualClock, an_event

ORG, DAY = "org_acme", "2026-03-01"
LATE = timedelta(minutes=5)  # more than the usual delay of log lines, 20 seconds to 3 minutes
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SWEEPS = timedelta(minutes=5)
POISON = {"type": "delta", "org_id": ORG, "day": DAY, "id": "delta~bad", "counts": "many"}


def fires(rule: LogRule, rows: list[Row]) -> bool:
    """Return whether the rule fires whenever it is evaluated, also if the rows arrive late."""
    on_time, late = (rule.always_fires([row.late(d) for row in rows]) for d in (MINUTE, LATE))
    assert on_time == late
    return on_time


class Feed:
    """The app `rollup_metrics` on the emulator, and the change feed that the host delivers."""

    def __init__(self, store: Store, events: ContainerProxy, app: HostedApp, name: str) -> None:
        self._store, self._events, self._app, self._name = store, events, app, name

    async def receive(self, *, ago: float) -> None:
        """Store an event that was received some seconds ago."""
        context = IngestContext(datetime.now(UTC) - timedelta(seconds=ago))
        event = Event(ORG, f"e{ago}", "seen", "u", f"{DAY}T00:00:00.000000Z", {})
        await self._store.append(DayBatch(ORG, DAY, [event], None, context))

    async def poison(self) -> None:
        await self._events.create_item(POISON)

    async def deliver(self, *, as_app: str | None = None) -> list[Row]:
        """Deliver the changes until there are none, and return the app's telemetry."""
        rows, known = list[Row](), None
        with logged() as lines:
            while known != (documents := (await read_changes(self._events, None, limit=500))[0]):
                rows += await self._app.invoke("rollup_metrics", documents)
                known = documents
        return rows + traces(lines, as_app or self._name)

    async def sweep(self) -> list[Row]:
        with logged() as lines:
            rows = await self._app.invoke("sweep_rollups", None)
        return rows + traces(lines, self._name)


@pytest.fixture
async def feed(
    store: Store,
    settings: Settings,
    emulator: Emulator,
    azure_prod: Resources,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Feed]:
    name = azure_prod.of("function_app_flex_consumption")["rollup_metrics"]["name"]
    reader = RollupFeed(settings)

    async def start() -> Store:
        return store

    monkeypatch.setattr(reader, "start", start)
    app = HostedApp(name, feed_functions(settings, "rollup_metrics", reader))
    transport = AsyncTransport(emulator)
    async with CosmosClient(emulator.endpoint, emulator.key, transport=transport) as client:
        database = client.get_database_client(settings.cosmos_database)
        yield Feed(store, database.get_container_client("events"), app, name)


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


def of(table: str, rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.table == table]


class TestMetrics:
    async def test_late_metrics(self, azure_prod: Resources, feed: Feed):
        rule = log_rule(azure_prod, "metrics-fresh")
        await feed.receive(ago=240)
        slow = await feed.deliver()
        await feed.receive(ago=400)
        late = await feed.deliver(as_app="func-others")
        await feed.receive(ago=401)
        other = await feed.deliver()

        assert not fires(rule, slow)
        assert not fires(rule, late)
        assert fires(rule, other)

    async def test_changes_that_only_the_sweep_finds(self, azure_prod: Resources, feed: Feed):
        rule = log_rule(azure_prod, "changes-wait")
        for ago in (5, 100):
            await feed.receive(ago=ago)
            assert not fires(rule, await feed.deliver())
        await feed.receive(ago=200)
        late = await feed.sweep()

        assert fires(rule, late)
        assert not fires(log_rule(azure_prod, "metrics-fresh"), late)  # nothing was projected

    async def test_sweeps_that_fail_or_stop(
        self, azure_prod: Resources, feed: Feed, emulator: Emulator
    ):
        rule = log_rule(azure_prod, "rollups-swept")
        good = repeated(await feed.sweep(), 13, SWEEPS)
        start = good[0].at
        emulator.interceptors.append(lambda _: Response(503, {}, b"{}"))
        failing = repeated(await feed.sweep(), 13, SWEEPS)

        def fires_in_an_hour(rows: list[Row], delay: timedelta) -> bool:
            late = [row.late(delay) for row in rows]
            return rule.ever_fires(late, start + rule.window + delay, start + HOUR)

        assert not fires_in_an_hour(good, MINUTE)
        assert not fires_in_an_hour(good, LATE)
        assert fires_in_an_hour(failing, MINUTE)
        assert fires_in_an_hour(good[:3], MINUTE)

    async def test_dead_letters(self, azure_prod: Resources, feed: Feed):
        rule = log_rule(azure_prod, "dead-letters")
        await feed.receive(ago=1)
        good = await feed.deliver()
        await feed.poison()

        assert not fires(rule, good)
        assert fires(rule, await feed.deliver())

    def test_the_host_keeps_every_line_and_invocation(self, azure_prod: Resources):
        """https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values."""
        name = "logging__applicationInsights__samplingSettings__excludedTypes"
        apps = azure_prod.of("function_app_flex_consumption").items()
        kept = {
            app: values["app_settings"].get(f"AzureFunctionsJobHost__{name}")
            for app, values in apps
        }

        assert {app: types for app, types in kept.items() if types} == {
            "archive_events": "Request;Trace",
            "rollup_metrics": "Request;Trace",
        }


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

    async def test_a_failing_change_feed(
        self, azure_prod: Resources, feed: Feed, emulator: Emulator
    ):
        await feed.receive(ago=1)
        good = await feed.sweep()
        emulator.interceptors.append(lambda _: Response(503, {}, b"{}"))
        bad = await feed.sweep()
        rule = log_rule(azure_prod, "functions-fail")

        assert not fires(rule, repeated(of("AppRequests", good), 3, SWEEPS))
        assert fires(rule, repeated(of("AppRequests", bad), 3, MINUTE))


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
