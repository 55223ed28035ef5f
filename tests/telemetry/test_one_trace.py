"""A request, its store calls, its fold and its projection form one trace, exported over OTLP."""

import subprocess
import sys
import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from scripts.servers import serve
from tests.collector import Collector, Span
from tests.support import an_event

ROOT = Path(__file__).parents[2]
TRACE, CALLER = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"
OUTCOMES = ("created", "duplicate", "rejected")
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_METRIC_EXPORT_INTERVAL": "200"}


def events(*numbers: int) -> dict[str, object]:
    moment = (datetime.now(tz=UTC) - timedelta(hours=1)).isoformat()
    return {"events": [an_event(n, timestamp=moment) for n in numbers]}


@pytest.fixture(scope="module")
def collector() -> Generator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def client(collector: Collector, tmp_path_factory) -> Generator[httpx2.Client]:
    """Serve the API as `uvicorn api.main:app` does, folding in the background."""
    environment = {
        **SOON,
        "ANALYTICS_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
    }
    with (
        serve("api.main:app", environment, ready="/healthz") as server,
        httpx2.Client(base_url=server.url) as client,
    ):
        issued = client.post("/api/v1/auth/token", json={"api_key": "ak_local_acme"})
        client.headers["Authorization"] = f"Bearer {issued.json()['access_token']}"
        yield client


def post(client: httpx2.Client, body: object, **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/api/v1/events", json=body, headers=named)


def test_request_store_fold_and_projection_share_the_callers_trace(client, collector):
    assert post(client, events(1, 2), traceparent=TRACEPARENT).status_code == 201

    collector.wait_for(lambda: collector.named("analytics.project", trace_id=TRACE))
    [request] = collector.named("POST /api/v1/events", trace_id=TRACE)
    [write] = children(collector, request, "ContainerProxy.execute_item_batch")
    [fold] = collector.named("analytics.fold", trace_id=TRACE)
    [projection] = collector.named("analytics.project", trace_id=TRACE)

    assert request.parent_id == CALLER
    assert request.attributes["analytics.org_id"] == "org_acme"
    assert children(collector, write, "POST")
    assert fold.parent_id == request.span_id
    assert children(collector, fold, "ContainerProxy.execute_item_batch")
    assert projection.parent_id == fold.span_id
    assert children(collector, projection, "ContainerProxy.read_item")


def children(collector: Collector, parent: Span, name: str) -> list[Span]:
    return [s for s in collector.named(name) if s.parent_id == parent.span_id]


def test_an_invalid_traceparent_starts_a_new_trace(client, collector):
    broken = "00-" + "0" * 32 + "-0-01"
    response = post(client, events(3), traceparent=broken, x_request_id="find-me")

    def found() -> list[Span]:
        spans = collector.named("POST /api/v1/events")
        return [s for s in spans if s.attributes["analytics.request_id"] == "find-me"]

    collector.wait_for(found)

    assert response.status_code == 201
    assert found()[0].parent_id == ""


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("/api/v1/events", "/api/v1/events?user_id=user_ines"),
        ("/api/v1/users/{user_id}", "/api/v1/users/user_ines"),
    ],
)
def test_no_span_contains_a_user_id(client, collector, route, path):
    before = len(collector.named(f"GET {route}"))
    client.get(path)
    collector.wait_for(lambda: len(collector.named(f"GET {route}")) > before)

    assert "user_ines" not in str(collector.spans)


def test_every_metric_of_a_request_and_its_rollup_is_exported(client, collector):
    known = events(5, 6)
    post(client, known)
    counted = {name: collector.metric("analytics.events", outcome=name) for name in OUTCOMES}
    known["events"].append({"event_type": "no user"})
    assert post(client, known).status_code == 207

    def grown() -> dict[str, float]:
        return {
            name: collector.metric("analytics.events", outcome=name) - counted[name]
            for name in OUTCOMES
        }

    collector.wait_for(lambda: grown()["duplicate"] == 2 and grown()["rejected"] == 1)
    for step in ("fold", "projection"):
        collector.wait_for(lambda step=step: collector.metric("analytics.rollup.lag", step=step))
    for container in ("events", "rollups"):
        assert collector.metric("analytics.store.request_units", container=container) > 0
    route = {"http.route": "/api/v1/events", "http.response.status_code": 207}
    assert collector.metric("http.server.request.duration", **route) == 1


def test_events_dropped_by_the_sdk_are_counted_once_per_batch(client, collector):
    batch = events(7)
    for dropped in ("3", "3"):
        response = post(client, batch, idempotency_key="once", x_analytics_dropped=dropped)
        assert response.status_code == 201
    post(client, {"events": []}, x_analytics_dropped="40")
    for nonsense in ("-1", "many", "9999999", "\u0663".encode()):
        assert post(client, events(8), x_analytics_dropped=nonsense).status_code == 201
    post(client, events(9), x_analytics_dropped="4")

    collector.wait_for(lambda: collector.metric("analytics.sdk.dropped_events") >= 7)
    assert collector.metric("analytics.sdk.dropped_events") == 7


@pytest.mark.usefixtures("client")
def test_background_work_without_changes_creates_no_spans(collector):
    collector.wait_for(lambda: collector.named("POST /api/v1/auth/token"))
    before = len(roots(collector))
    time.sleep(2.5)  # the background task polls twice in this time

    assert roots(collector)[before:] == []


def roots(collector: Collector) -> list[Span]:
    return [s for s in list(collector.spans) if s.scope == "azure-core" and not s.parent_id]


def test_without_an_endpoint_the_opentelemetry_sdk_is_not_imported(tmp_path: Path):
    code = "import sys, api.main; print(*sys.modules)"
    result = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code],
        env={"ANALYTICS_DATA_DIR": str(tmp_path)},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    modules = result.stdout.split()

    assert "api.telemetry" in modules
    assert not {"api.exporter", "opentelemetry.sdk", "opentelemetry.exporter"} & set(modules)
