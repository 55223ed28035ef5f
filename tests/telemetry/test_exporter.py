"""The exporter sends a function's spans and metrics to the collector on each flush."""

import asyncio
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from api import telemetry
from api.errors import ConfigurationError
from api.exporter import FLUSH_SECONDS, Exporter
from tests.collector import Collector

TRACES = "/v1/traces"


@pytest.fixture(autouse=True)
def only_flushes_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn off periodic exports, so that only flushes send."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


def exporter_to(collector: Collector, clock: list[float]) -> Iterator[Exporter]:
    exporter = Exporter(collector.url, service="ingest_events", clock=lambda: clock[0])
    yield exporter
    exporter._tracers.shutdown()
    exporter._meters.shutdown()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector(seconds=0.1) as collector:
        yield collector


@pytest.fixture
def exporter(collector: Collector, clock: list[float]) -> Iterator[Exporter]:
    yield from exporter_to(collector, clock)


def span(exporter: Exporter, name: str = "work") -> None:
    exporter._tracers.get_tracer("test").start_span(name).end()


async def test_a_flush_sends_all_ended_spans(exporter: Exporter, collector: Collector):
    span(exporter)
    await exporter.flush()

    assert [found.service for found in collector.named("work")] == ["ingest_events"]


async def test_concurrent_flushes_share_a_request(exporter: Exporter, collector: Collector):
    async def invocation(number: int) -> None:
        await asyncio.sleep(number / 1000)
        span(exporter)
        await exporter.flush()

    await asyncio.gather(*(invocation(number) for number in range(16)))

    assert len(collector.named("work")) == 16
    assert collector.paths.count(TRACES) <= 3


async def test_a_flush_does_not_block_the_event_loop(clock: list[float]):
    """The collector runs on the same loop and could not respond if the flush blocked it."""
    paths: list[bytes] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # the client disconnects
            while head := await reader.readuntil(b"\r\n\r\n"):
                paths.append(head.split()[1])
                [length] = re.findall(rb"(?i)content-length: (\d+)", head)
                await reader.readexactly(int(length))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(receive, "127.0.0.1") as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        exporter = Exporter(url, service="any", clock=lambda: clock[0])
        span(exporter)
        assert await seconds_of(exporter) < FLUSH_SECONDS
        exporter._tracers.shutdown()
        await asyncio.to_thread(exporter._meters.shutdown)

    assert paths[0] == TRACES.encode()


@pytest.fixture
def slow() -> Iterator[Collector]:
    with Collector(seconds=1.5) as slow:
        yield slow


@pytest.fixture
def hung(slow: Collector, clock: list[float]) -> Iterator[Exporter]:
    yield from exporter_to(slow, clock)


async def test_after_a_timeout_flushes_are_skipped_for_a_while(hung: Exporter, clock: list[float]):
    span(hung)
    took = [await seconds_of(hung), await seconds_of(hung)]
    clock[0] += 31
    took.append(await seconds_of(hung))

    assert FLUSH_SECONDS <= took[0] < 2.5  # sending everything would take 3 s
    assert took[1] < 0.5
    assert took[2] > 0.3


async def seconds_of(exporter: Exporter) -> float:
    started = time.monotonic()
    await exporter.flush()
    return time.monotonic() - started


def test_an_endpoint_without_the_telemetry_extra_is_an_error(monkeypatch):
    monkeypatch.delitem(sys.modules, "api.exporter", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.metrics", None)

    with pytest.raises(ConfigurationError, match="extra `telemetry`"):
        telemetry.export("http://127.0.0.1:4318", service="any")


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "ingest_events"),
        ({"OTEL_SERVICE_NAME": "mine"}, "mine"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=ours"}, "ours"),
    ],
)
def test_the_service_name_is_the_function_unless_the_environment_sets_it(
    monkeypatch: pytest.MonkeyPatch, collector: Collector, clock, variables, name
):
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    for exporter in exporter_to(collector, clock):
        found = exporter._tracers.resource.attributes

        assert found["service.name"] == name
        assert found["service.namespace"] == "acme-analytics"
