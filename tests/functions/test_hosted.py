"""Behaviour that depends on the host: cold starts, throttling, preflights and lost bodies."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import httpx2
import pytest

from api.settings import Settings
from api.stores.dynamodb_client import DynamoDBClient
from api.stores.dynamodb_streams import read_records
from cosmos_emulator.messages import Request, Response
from tests.functions.cloud import ORIGIN, Cloud
from tests.support import an_event

EVENTS = "/api/v1/events"
HOSTS = ("direct", "azure", "lambda")  # also the database names of the first two


@pytest.fixture
def azure(cloud: Cloud, token: str) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=cloud.urls["azure"], headers=headers, timeout=30) as client:
        yield client


def test_eight_concurrent_first_requests_start_the_app_once(cloud: Cloud, token: str):
    database, starts = "eight", Counter[str]()

    def count(scope: Any) -> str:
        starts[scope["method"] + scope["path"]] += 1
        return ""

    app = cloud.run(cloud.start_app("describe_caller", database))
    request = {
        "method": "GET",
        "url": "http://api.test/api/v1/me",
        "headers": {"authorization": f"Bearer {token}"},
        "params": {},
        "query": {},
        "body": "",
    }
    cloud.network.block = count
    calls = [cloud.begin(app.call("describe_caller", http=request)) for _ in range(8)]
    try:
        outcomes = [call.result(30) for call in calls]
    finally:
        cloud.network.block = lambda _: ""
        cloud.run(app.stop())

    assert [outcome["status"] for outcome in outcomes] == [200] * 8
    assert starts[f"GET/dbs/{database}/"] == 1  # every start requests this


@contextmanager
def throttled(cloud: Cloud, host: str) -> Iterator[None]:
    """Throttle writes of events to the host's store inside the `with` block."""

    def throttle(request: Request) -> Response | None:
        if request.operation == "batch" and request.database == host:
            return Response(429, {"x-ms-retry-after-ms": "3000"}, b"{}")
        return None

    if host == "lambda":
        with cloud.dynamodb.throttling("TransactWriteItems"):
            yield
        assert cloud.dynamodb.refused
        return
    cloud.emulator.interceptors.append(throttle)
    try:
        yield
    finally:
        cloud.emulator.interceptors.remove(throttle)


@pytest.mark.parametrize("host", HOSTS)
def test_a_throttled_store_is_a_429_and_the_retry_completes_the_request(
    cloud: Cloud, token: str, host: str
):
    def send() -> httpx2.Response:
        return client.post(EVENTS, json=payload, headers={"Idempotency-Key": "throttled"})

    known = an_event(timestamp="2026-01-07T00:00:00Z")  # a day that no other test uses
    payload = {"events": [{"event_type": "a", "user_id": "u"}, known]}
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=cloud.urls[host], headers=headers, timeout=30) as client:
        with throttled(cloud, host):
            refused = send()
        done, replayed = send(), send()

    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["retry-after"]) >= 1
    assert (done.status_code, done.json()["created"]) == (201, 2)
    assert "idempotent-replayed" not in done.headers
    assert replayed.headers["idempotent-replayed"] == "true"
    assert replayed.json() == done.json()


class TestAzureHost:
    """The local host behaves like the real Azure Functions host."""

    def test_the_host_responds_to_preflights(self, azure: httpx2.Client):
        preflight = {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        }
        response = azure.options(EVENTS, headers=preflight)
        refused = azure.options(EVENTS, headers=preflight | {"Origin": "http://evil.test"})

        assert response.status_code == 204
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert response.headers["access-control-allow-methods"] == "GET, POST"
        assert "idempotency-key" in response.headers["access-control-allow-headers"]
        assert "access-control-allow-origin" not in refused.headers

    @pytest.mark.parametrize(("method", "path"), [("DELETE", EVENTS), ("GET", "/nowhere")])
    def test_an_unknown_route_or_method_is_an_empty_404(self, azure, method: str, path: str):
        response = azure.request(method, path)

        assert (response.status_code, response.content) == (404, b"")

    def test_a_body_without_a_length_is_lost_and_refused(self, azure: httpx2.Client):
        body = iter([json.dumps({"events": [an_event()]}).encode()])
        response = azure.post(EVENTS, content=body, headers={"Content-Type": "application/json"})

        assert (response.status_code, response.json()["code"]) == (400, "malformed_json")

    def test_every_app_has_its_own_process(self, cloud: Cloud, azure: httpx2.Client):
        functions = azure.get("/admin/host/status").json()["functions"]
        by_process = {function["pid"] for function in functions}

        assert len(by_process) == len(cloud.apps)


def test_one_process_serves_many_concurrent_requests(cloud: Cloud, token: str):
    def list_events(number: int) -> int:
        url = f"{cloud.urls['azure']}{EVENTS}?user_id={number}"
        return httpx2.get(url, headers={"Authorization": f"Bearer {token}"}).status_code

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(list_events, range(48))) == {200}


def test_redelivered_stream_records_are_counted_once_on_lambda(cloud: Cloud, token: str):
    events = [an_event(n, timestamp=f"2026-01-05T00:00:{n:02}Z") for n in range(30)]
    headers = {"Authorization": f"Bearer {token}"}
    settings = Settings.from_environment(cloud.environments["lambda"])

    async def deliver(checkpoint: str | None) -> str:
        with closing(
            DynamoDBClient(settings.dynamodb_endpoint, settings.dynamodb_table_prefix)
        ) as client:
            records, following = await read_records(client, checkpoint, limit=500)
        event = {"Records": json.loads(json.dumps(records, default=str))}
        kind, response = await cloud.lambda_host.invoke("rollup_metrics", event)
        assert kind == "response", response
        return following

    with httpx2.Client(base_url=cloud.urls["lambda"], headers=headers, timeout=30) as client:
        assert client.post(EVENTS, json={"events": events}).status_code == 201
        for _ in range(2):  # the second time redelivers everything
            cloud.run(deliver(cloud.run(deliver(None))))
        day = {"start_date": "2026-01-05", "end_date": "2026-01-05"}
        metrics = client.get("/api/v1/metrics/summary", params=day).json()["metrics"]

    assert {metric["name"]: metric["total"] for metric in metrics} == {
        "events": 30,
        "active_users": 7,
    }


def test_the_api_gateway_returns_404_for_unknown_methods(cloud: Cloud):
    response = httpx2.delete(cloud.urls["lambda"] + EVENTS)

    assert (response.status_code, response.json()) == (404, {"message": "Not Found"})
