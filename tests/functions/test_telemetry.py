"""Functions send telemetry before they respond, because the host freezes them afterwards."""

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import Generator

import httpx2
import pytest

from scripts.hosts.azure_app import FunctionApp
from tests.collector import Collector
from tests.functions.cloud import Cloud
from tests.functions.test_rollup_function import TIMER, deliver, feed
from tests.support import an_event

PARENT = "b7ad6b7169203331"
TRACE = "0af7651916cd43dd8448eb211c80319c"
NO_PERIODIC_EXPORT = {"OTEL_BSP_SCHEDULE_DELAY": "600000", "OTEL_METRIC_EXPORT_INTERVAL": "600000"}


@pytest.fixture(scope="module")
def collector() -> Generator[Collector]:
    with Collector() as collector:
        yield collector


def start(cloud: Cloud, function: str, collector: Collector) -> FunctionApp:
    variables = NO_PERIODIC_EXPORT | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    return cloud.run(cloud.start_app(function, "telemetry", **variables))


def ingest(cloud: Cloud, app: FunctionApp, token: str, number: int) -> int:
    http = {
        "method": "POST",
        "url": "http://api.test/api/v1/events",
        "headers": {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "traceparent": f"00-{TRACE}-{PARENT}-01",
        },
        "params": {},
        "query": {},
        "body": b64encode(json.dumps({"events": [an_event(number)]}).encode()).decode(),
    }
    return cloud.run(app.call("ingest_events", http=http))["status"]


def test_an_invocation_sends_its_spans_and_metrics_before_it_responds(
    cloud: Cloud, collector: Collector, token: str
):
    app = start(cloud, "ingest_events", collector)
    try:
        assert ingest(cloud, app, token, 1) == 201

        [request] = collector.named("POST /api/v1/events", trace_id=TRACE)
        assert request.service == "ingest_events"
        assert collector.named("ContainerProxy.execute_item_batch", trace_id=TRACE)
        assert collector.metric("analytics.events", outcome="created") == 1
        assert collector.metric("analytics.store.request_units", container="events") > 0
    finally:
        cloud.run(app.stop())


def test_the_change_feed_function_continues_the_trace_of_the_request(
    cloud: Cloud, collector: Collector
):
    app = start(cloud, "rollup_metrics", collector)
    try:
        cloud.run(deliver(cloud, "telemetry", app))
        cloud.run(app.call("sweep_rollups", json=TIMER))
    finally:
        cloud.run(app.stop())
    [request] = collector.named("POST /api/v1/events", trace_id=TRACE)
    [fold] = collector.named("analytics.fold", trace_id=TRACE)
    projections = collector.named("analytics.project", trace_id=TRACE)

    assert (fold.service, fold.parent_id) == ("rollup_metrics", request.span_id)
    assert {span.parent_id for span in projections} == {fold.span_id}
    assert collector.metric("analytics.rollup.lag", step="fold") == 1
    assert collector.metric("analytics.rollup.lag", step="projection") == 1
    assert cloud.run(feed(cloud, "telemetry"))


def test_on_lambda_the_stream_carries_the_trace_from_function_to_function(
    cloud: Cloud, collector: Collector, token: str
):
    trace = TRACE[::-1]
    headers = {"Authorization": f"Bearer {token}", "traceparent": f"00-{trace}-{PARENT}-01"}
    functions = cloud.lambda_functions(
        "ingest_events",
        "rollup_metrics",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        **NO_PERIODIC_EXPORT,
    )

    async def ingest_and_wait_for_the_fold() -> None:
        async with functions as url, httpx2.AsyncClient(base_url=url, timeout=30) as client:
            event = an_event(1, timestamp="2026-01-06T00:00:00Z")
            body = {"events": [event]}
            response = await client.post("/api/v1/events", json=body, headers=headers)
            assert response.status_code == 201
            await asyncio.to_thread(
                collector.wait_for, lambda: collector.named("analytics.project", trace_id=trace)
            )

    cloud.run(ingest_and_wait_for_the_fold())
    [request] = collector.named("POST /api/v1/events", trace_id=trace)
    [fold] = collector.named("analytics.fold", trace_id=trace)
    calls = collector.named("DynamoDB.transact_write_items", trace_id=trace)

    assert fold.parent_id == request.span_id
    assert {request.span_id, fold.span_id} <= {call.parent_id for call in calls}


def test_a_slow_collector_delays_at_most_one_response(cloud: Cloud, token: str):
    with Collector(seconds=1.8) as slow:
        app = start(cloud, "ingest_events", slow)
        try:
            took = [seconds_to_ingest(cloud, app, token, number) for number in range(2, 6)]
        finally:
            cloud.run(app.stop())

    assert min(took[1:]) < 1


def seconds_to_ingest(cloud: Cloud, app: FunctionApp, token: str, number: int) -> float:
    started = time.monotonic()
    assert ingest(cloud, app, token, number) == 201
    return time.monotonic() - started
