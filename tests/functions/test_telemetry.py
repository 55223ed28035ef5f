"""Functions send what they measured before they answer: a host freezes them behind it."""

import json
import time
from base64 import b64encode
from collections.abc import Generator

import pytest

from scripts.hosts.azure_app import FunctionApp
from tests.collector import Collector
from tests.functions.cloud import Cloud
from tests.functions.test_rollup_function import TIMER, deliver, feed
from tests.support import an_event

TRACE = "0af7651916cd43dd8448eb211c80319c"
NEVER_BY_ITSELF = {"OTEL_BSP_SCHEDULE_DELAY": "600000", "OTEL_METRIC_EXPORT_INTERVAL": "600000"}


@pytest.fixture(scope="module")
def collector() -> Generator[Collector]:
    with Collector() as collector:
        yield collector


def start(cloud: Cloud, function: str, collector: Collector) -> FunctionApp:
    variables = NEVER_BY_ITSELF | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    return cloud.run(cloud.start_app(function, "telemetry", **variables))


def ingest(cloud: Cloud, app: FunctionApp, token: str, number: int) -> int:
    http = {
        "method": "POST",
        "url": "http://api.test/api/v1/events",
        "headers": {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "traceparent": f"00-{TRACE}-b7ad6b7169203331-01",
        },
        "params": {},
        "query": {},
        "body": b64encode(json.dumps({"events": [an_event(number)]}).encode()).decode(),
    }
    return cloud.run(app.call("ingest_events", http=http))["status"]


def test_an_invocation_has_sent_its_spans_and_metrics_when_it_answers(
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


def test_the_change_feed_function_goes_on_with_the_trace_of_the_request(
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


def test_a_collector_that_hangs_delays_one_answer_a_second_and_the_next_not_at_all(
    cloud: Cloud, token: str
):
    with Collector(seconds=1.8) as slow:
        app = start(cloud, "ingest_events", slow)
        try:
            assert ingest(cloud, app, token, 2) == 201
            started = time.monotonic()

            assert ingest(cloud, app, token, 3) == 201
            assert time.monotonic() - started < 1
        finally:
            cloud.run(app.stop())
