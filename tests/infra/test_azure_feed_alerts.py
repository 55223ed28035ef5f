"""Azure's alerts for the two readers of the change feed fire on their failures, and only then."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy, CosmosClient

from api.domain.events import DayBatch, Event
from api.domain.ingest_context import IngestContext
from api.domain.times import format_timestamp
from api.hosting.archive_feed import ArchiveFeed
from api.hosting.azure_feed import feed_functions
from api.hosting.feed import TRIGGERS
from api.hosting.rollup_feed import RollupFeed
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services.archive import Archiver
from api.settings import Settings
from api.stores.cosmos_events import event_document, event_of
from api.stores.cosmos_feed import read_changes
from api.stores.protocol import Store
from cosmos_emulator import Emulator
from cosmos_emulator.messages import Response
from cosmos_emulator.transports import AsyncTransport
from tests.infra.azure_monitor import LATE, MINUTE, Row, fires, log_rule, of
from tests.infra.azure_resources import Resources
from tests.infra.azure_telemetry import HostedApp, logged, repeated, traces

ORG, DAY = "org_acme", "2026-03-01"
HOUR, SWEEPS = timedelta(hours=1), timedelta(minutes=5)
BAD_DELTA = {"type": "delta", "org_id": ORG, "day": DAY, "id": "delta~bad", "counts": "many"}


def an_event(name: str, received_at: datetime) -> Event:
    timestamp, received = f"{DAY}T00:00:00.000000Z", format_timestamp(received_at)
    return Event(ORG, name, "seen", "u", timestamp, {}, received_at=received)


class Feed:
    """The app of a reader on the emulator, and the change feed that the host delivers to it."""

    def __init__(
        self, store: Store, events: ContainerProxy, app: HostedApp, names: tuple[str, str]
    ):
        self._store, self._events, self._app = store, events, app
        self._function, self._app_name = names

    async def receive(self, *, ago: float) -> None:
        """Store an event that was received some seconds ago."""
        context = IngestContext(datetime.now(UTC) - timedelta(seconds=ago))
        event = an_event(f"e{ago}", context.received_at)
        await self._store.append(DayBatch(ORG, DAY, [event], None, context))

    async def poison(self, document: Mapping[str, Any]) -> None:
        await self._events.create_item({**document})

    async def deliver(self, *, as_app: str | None = None) -> list[Row]:
        """Deliver the changes until there are none, and return the app's telemetry."""
        rows, known = list[Row](), None
        with logged() as lines:
            while known != (documents := (await read_changes(self._events, None, limit=500))[0]):
                rows += await self._app.invoke(self._function, documents)
                known = documents
        return rows + traces(lines, as_app or self._app_name)

    async def sweep(self) -> list[Row]:
        with logged() as lines:
            rows = await self._app.invoke(TRIGGERS[self._function].timer, None)
        return rows + traces(lines, self._app_name)


@asynccontextmanager
async def hosted(
    function: str,
    reader: RollupFeed | ArchiveFeed,
    azure: Resources,
    settings: Settings,
    emulator: Emulator,
    store: Store,
) -> AsyncGenerator[Feed]:
    name = azure.of("function_app_flex_consumption")[function]["name"]
    app = HostedApp(name, feed_functions(settings, function, reader))
    transport = AsyncTransport(emulator)
    async with CosmosClient(emulator.endpoint, emulator.key, transport=transport) as client:
        events = client.get_database_client(settings.cosmos_database).get_container_client("events")
        yield Feed(store, events, app, (function, name))


@pytest.fixture
async def rollups(
    store: Store,
    settings: Settings,
    emulator: Emulator,
    azure_prod: Resources,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Feed]:
    reader = RollupFeed(settings)

    async def start() -> Store:
        return store

    monkeypatch.setattr(reader, "start", start)
    async with hosted("rollup_metrics", reader, azure_prod, settings, emulator, store) as feed:
        yield feed


@pytest.fixture
async def archive(
    store: Store,
    settings: Settings,
    emulator: Emulator,
    azure_prod: Resources,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Feed]:
    reader = ArchiveFeed(settings, event_of)
    lake = DeltaTables(LakeStorage.in_folder(tmp_path / "lake"))
    opened = store, lake, Archiver(store, lake)

    async def start() -> tuple[Store, DeltaTables, Archiver]:
        return opened

    monkeypatch.setattr(reader, "start", start)
    async with hosted("archive_events", reader, azure_prod, settings, emulator, store) as feed:
        yield feed


class TestMetrics:
    async def test_late_metrics(self, azure_prod: Resources, rollups: Feed):
        rule = log_rule(azure_prod, "metrics-fresh")
        await rollups.receive(ago=240)
        slow = await rollups.deliver()
        await rollups.receive(ago=400)
        late = await rollups.deliver(as_app="func-others")
        await rollups.receive(ago=401)
        other = await rollups.deliver()

        assert not fires(rule, slow)
        assert not fires(rule, late)
        assert fires(rule, other)

    async def test_changes_that_only_the_sweep_finds(self, azure_prod: Resources, rollups: Feed):
        rule = log_rule(azure_prod, "changes-wait")
        for ago in (5, 100):
            await rollups.receive(ago=ago)
            assert not fires(rule, await rollups.deliver())
        await rollups.receive(ago=200)
        late = await rollups.sweep()

        assert fires(rule, late)
        assert not fires(log_rule(azure_prod, "metrics-fresh"), late)  # nothing was projected

    async def test_sweeps_that_fail_or_stop(
        self, azure_prod: Resources, rollups: Feed, emulator: Emulator
    ):
        rule = log_rule(azure_prod, "rollups-swept")
        good = repeated(await rollups.sweep(), 13, SWEEPS)
        start = good[0].at
        emulator.interceptors.append(lambda _: Response(503, {}, b"{}"))
        failing = repeated(await rollups.sweep(), 13, SWEEPS)

        def fires_in_an_hour(rows: list[Row], delay: timedelta) -> bool:
            late = [row.late(delay) for row in rows]
            return rule.ever_fires(late, start + rule.window + delay, start + HOUR)

        assert not fires_in_an_hour(good, MINUTE)
        assert not fires_in_an_hour(good, LATE)
        assert fires_in_an_hour(failing, MINUTE)
        assert fires_in_an_hour(good[:3], MINUTE)


class TestLake:
    async def test_late_events(self, azure_prod: Resources, archive: Feed):
        rule = log_rule(azure_prod, "lake-fresh")
        await archive.receive(ago=800)
        slow = await archive.deliver()
        await archive.receive(ago=1000)
        late = await archive.deliver()

        assert not fires(rule, slow)
        assert fires(rule, late)
        assert not fires(rule, await archive.deliver())  # the feed delivers old events again

    async def test_a_change_feed_that_is_not_delivered(
        self, azure_prod: Resources, rollups: Feed, archive: Feed
    ):
        rule = log_rule(azure_prod, "lake-waits")
        await rollups.receive(ago=1)
        both = [*await archive.deliver(), *await rollups.deliver()]
        alone = await rollups.deliver()
        only_timers = [*alone, *await archive.sweep()]
        start = alone[0].at

        def fires_in_an_hour(rows: list[Row]) -> bool:
            return rule.ever_fires(
                [row.late(LATE) for row in rows], start + rule.window, start + HOUR
            )

        assert not fires(rule, both)
        assert not fires_in_an_hour(repeated(both, 13, SWEEPS))
        assert fires(rule, alone)
        assert fires(rule, only_timers)
        assert fires_in_an_hour([*repeated(alone, 13, SWEEPS), *both])


class TestBoth:
    async def test_dead_letters(self, azure_prod: Resources, rollups: Feed, archive: Feed):
        rule = log_rule(azure_prod, "dead-letters")
        event = an_event("bad", datetime.now(UTC))
        bad_event = event_document(event, DayBatch(ORG, DAY, [event], None)) | {"user_id": 7}
        await rollups.receive(ago=1)
        good = [*await rollups.deliver(), *await archive.deliver()]
        await rollups.poison(BAD_DELTA)
        bad_rollups, unaffected = await rollups.deliver(), await archive.deliver()
        await archive.poison(bad_event)

        assert not fires(rule, good)
        assert fires(rule, bad_rollups)
        assert not fires(rule, unaffected)
        assert fires(rule, await archive.deliver())

    async def test_a_failing_change_feed(
        self, azure_prod: Resources, rollups: Feed, emulator: Emulator
    ):
        await rollups.receive(ago=1)
        good = await rollups.sweep()
        emulator.interceptors.append(lambda _: Response(503, {}, b"{}"))
        bad = await rollups.sweep()
        rule = log_rule(azure_prod, "functions-fail")

        assert not fires(rule, repeated(of("AppRequests", good), 3, SWEEPS))
        assert fires(rule, repeated(of("AppRequests", bad), 3, MINUTE))

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
