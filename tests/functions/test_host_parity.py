"""Every operation returns the same response directly, as an Azure function and on Lambda."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from api.domain.reference import ApiKey, Membership, hash_api_key
from api.services.rollups import catch_up
from tests.functions.cloud import ORIGIN, Cloud
from tests.support import an_event

HOSTS = ("direct", "azure", "lambda")
HEADERS_THAT_MATTER = (
    "content-type",
    "content-length",
    "x-request-id",
    "retry-after",
    "www-authenticate",
    "link",
    "cache-control",
    "idempotent-replayed",
    "accept-encoding",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "vary",
    "x-content-type-options",
)
KEYS, ORGANIZATION, MEMBERS = "/api/v1/keys", "/api/v1/organization", "/api/v1/members"
INVITATIONS = "/api/v1/invitations"
EVENTS, TOKEN, SUMMARY = "/api/v1/events", "/api/v1/auth/token", "/api/v1/metrics/summary"
MARCH = "start_date=2026-03-01&end_date=2026-03-31"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Case:
    """A request to every host and its expected status; cases are sent in the order of the list."""

    name: str
    status: int
    path: str
    method: str = "GET"
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    token: str | None = "ak_local_acme"
    again: tuple[str, str] | None = None  # a header that is sent a second time


def twice(name: str, status: int, header: str, *values: str) -> Case:
    """Return an ingest request that sends a header twice, with two values."""
    first, second = values
    body = json.dumps(TWO).encode()
    return Case(name, status, EVENTS, "POST", body, JSON | {header: first}, again=(header, second))


def ingest(name: str, status: int, payload: object, token="ak_local_acme", **headers: str) -> Case:  # noqa: S107 - as above
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    named = {header.replace("_", "-"): value for header, value in headers.items()}
    return Case(name, status, EVENTS, "POST", body, JSON | named, token)


def token_request(name: str, status: int, payload: object, **headers: str) -> Case:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Case(name, status, TOKEN, "POST", body, JSON | headers, token=None)


def batch(*events: dict[str, Any]) -> dict[str, Any]:
    return {"events": list(events)}


def create_key(name: str, status: int, payload: object) -> Case:
    return Case(name, status, KEYS, "POST", json.dumps(payload).encode(), JSON, token="admin")


def administration(name: str, status: int, method: str, path: str, payload: object) -> Case:
    return Case(name, status, path, method, json.dumps(payload).encode(), JSON, token="admin")


SPARE = ApiKey(hash_api_key("ak_spare"), "org_acme", "secret", "spare", "2026-01-02T00:00:00Z")
SNOWMAN = "☃".encode().decode("latin-1")
ABSURD = "203.0.113.9:" + "9" * 5000
TWO = batch(an_event(1), an_event(2))
CASES = [
    ingest("two events", 201, TWO, Idempotency_Key="first"),
    ingest("a replay", 201, TWO, Idempotency_Key="first"),
    ingest("another payload", 422, batch(an_event(3)), Idempotency_Key="first"),
    ingest("without a key", 201, batch(an_event(4, user_id="Zoë 🦊"))),
    ingest("a duplicate", 201, batch(an_event(4), an_event(5))),
    ingest("one invalid event", 207, batch(an_event(6), an_event(7, user_id=""))),
    ingest("only invalid events", 422, batch(an_event(8, event_type=""))),
    ingest("neither event ids nor a key", 400, batch({"event_type": "a", "user_id": "b"})),
    ingest("gzip", 201, gzip.compress(json.dumps(TWO).encode()), Content_Encoding="gzip"),
    ingest("broken gzip", 400, b"\xff\xfe\x00", Content_Encoding="gzip"),
    ingest("an unknown encoding", 415, TWO, Content_Encoding="br"),
    ingest("malformed JSON", 400, b'{"events": ['),
    ingest("an empty body", 400, b""),
    ingest("no events", 422, {"events": []}),
    ingest("too many events", 422, batch(*(an_event(n) for n in range(101)))),
    ingest("a body that is too large", 413, b"[" + b" " * (1024 * 1024) + b"]"),
    ingest("an invalid key", 400, TWO, Idempotency_Key="é".encode().decode("latin-1")),
    ingest("a key with a comma", 400, TWO, Idempotency_Key="a,b"),
    ingest("a quoted key with a comma", 201, TWO, Idempotency_Key='"a,b"'),
    twice("two keys", 400, "Idempotency-Key", "a", "b"),
    twice("two quoted keys", 400, "Idempotency-Key", '"a"', '"b"'),
    twice("two media types", 400, "Content-Type", "application/json; a=b", "text/plain"),
    twice("two encodings", 400, "Content-Encoding", "identity", "identity"),
    twice("two tokens", 401, "Authorization", "Bearer a.b.c", "Bearer a.b.c"),
    twice("two sent-at headers", 201, "X-Analytics-Sent-At", "2020-01-01T00:00:00Z", "x"),
    ingest("another organisation", 403, batch(an_event(9, org_id="org_globex"))),
    ingest("no token", 401, TWO, token=None),
    ingest("a publishable key", 201, batch(an_event(10)), token="pk_local_acme"),
    Case("text", 415, EVENTS, "POST", b"hello", {"Content-Type": "text/plain"}),
    Case("a page", 200, f"{EVENTS}?{MARCH}&limit=3"),
    Case("the filters", 200, f"{EVENTS}?{MARCH}&event_type=page_viewed&event_type=b&limit=9"),
    Case("percent-encoded", 200, f"{EVENTS}?{MARCH}&user_id=Zo%C3%AB%20%F0%9F%A6%8A"),
    Case("oldest first", 200, f"{EVENTS}?{MARCH}&order=asc"),
    Case("an unknown order", 400, f"{EVENTS}?order=up"),
    Case("an unknown filter", 400, f"{EVENTS}?usr_id=1"),
    Case("an invalid limit", 400, f"{EVENTS}?limit=0"),
    Case("an invalid cursor", 400, f"{EVENTS}?cursor=abc"),
    Case("an invalid date", 400, f"{EVENTS}?start_date=2026-02-30"),
    Case("events of another organisation", 403, f"{EVENTS}?org_id=org_globex"),
    Case("a key without read permission", 403, EVENTS, token="pk_local_acme"),
    Case("all metrics", 200, f"{SUMMARY}?{MARCH}"),
    Case("repeated keys", 200, f"{SUMMARY}?{MARCH}&metrics[]=events&metrics[]=active_users"),
    Case("encoded brackets", 200, f"{SUMMARY}?{MARCH}&metrics%5B%5D=events&metrics=active_users"),
    Case("an unknown metric", 422, f"{SUMMARY}?{MARCH}&metrics=sales"),
    Case("a long range", 400, f"{SUMMARY}?start_date=2024-01-01&end_date=2026-01-01"),
    Case("metrics without a token", 401, SUMMARY, token=None),
    Case("event types", 200, f"/api/v1/event-types?{MARCH}"),
    Case("an invalid range", 400, "/api/v1/event-types?start_date=2026-03-02&end_date=2026-03-01"),
    Case("the caller", 200, "/api/v1/me"),
    Case("a caller from a page", 200, "/api/v1/me", headers={"Origin": ORIGIN}),
    Case("from an evil page", 200, "/api/v1/me", headers={"Origin": "http://evil.test"}),
    Case("half a token", 401, "/api/v1/me", headers={"Authorization": "Bearer"}, token=None),
    Case("a made-up token", 401, "/api/v1/me", headers={"Authorization": "Bearer a.b"}, token=None),
    Case("another scheme", 401, "/api/v1/me", headers={"Authorization": "Basic YTpi"}, token=None),
    Case("health", 200, "/healthz", token=None),
    Case("health from a page", 200, "/healthz", headers={"Origin": ORIGIN}, token=None),
    Case("a header outside Latin-1", 200, "/healthz", headers={"X-Note": SNOWMAN}, token=None),
    Case("an absurd port", 200, "/healthz", headers={"X-Forwarded-For": ABSURD}, token=None),
    Case("an empty filter", 400, f"{EVENTS}?{MARCH}&cursor="),
    Case("a repeated filter", 400, f"{EVENTS}?{MARCH}&user_id=a&user_id=b"),
    Case("keys", 200, "/.well-known/jwks.json", token=None),
    Case("discovery", 200, "/.well-known/openid-configuration", token=None),
    token_request("a token", 200, {"api_key": "ak_local_acme"}),
    token_request("for one user", 200, {"api_key": "rk_local_acme", "user_id": "Zoë 🦊"}),
    token_request("a scope too many", 400, {"api_key": "rk_local_acme", "scope": "events:write"}),
    Case("no link", 404, "/api/v1/auth/share", "POST", b'{"secret": "a.b"}', JSON, token=None),
    token_request("an unknown key", 401, {"api_key": "ak_nobody"}),
    token_request("no key", 422, {}),
    token_request("a grant that is not JSON", 400, b"{"),
    token_request("as a form", 422, b"grant_type=x", **FORM),
    token_request("as XML", 415, b"<a/>", **{"Content-Type": "text/xml"}),
    Case("the API keys", 200, "/api/v1/keys", token="admin"),
    Case("API keys without an admin", 403, "/api/v1/keys"),
    Case("a page of API keys", 200, "/api/v1/keys?limit=1", token="admin"),
    create_key("a new API key", 201, {"name": "server", "kind": "secret"}),
    create_key("origins of a secret key", 422, {"name": "x", "kind": "secret", "origins": ["https://a"]}),
    create_key("an API key without a kind", 422, {"name": "server"}),
    Case("revoking an API key", 204, f"/api/v1/keys/{SPARE.key_hash}", "DELETE", token="admin"),
    Case("revoking it again", 404, f"/api/v1/keys/{SPARE.key_hash}", "DELETE", token="admin"),
    Case("an invalid API key id", 400, "/api/v1/keys/1", "DELETE", token="admin"),
    Case("the organisation", 200, ORGANIZATION, token="admin"),
    Case("the organisation without an admin", 403, ORGANIZATION),
    administration("a new name", 200, "PATCH", ORGANIZATION, {"name": "Acme Ltd"}),
    administration("an empty name", 422, "PATCH", ORGANIZATION, {"name": ""}),
    Case("the members", 200, MEMBERS, token="admin"),
    administration("a new member", 201, "POST", MEMBERS, {"user_id": "a|b@c", "role": "viewer"}),
    administration("a new owner", 403, "POST", MEMBERS, {"user_id": "d", "role": "owner"}),
    administration("a new role", 200, "PATCH", f"{MEMBERS}/a%7Cb%40c", {"role": "member"}),
    administration("the role of nobody", 404, "PATCH", f"{MEMBERS}/nobody", {"role": "member"}),
    Case("an invalid page of the audit log", 400, "/api/v1/audit-log?limit=0", token="admin"),
    Case("the audit log without an admin", 403, "/api/v1/audit-log"),
    Case("the invitations", 200, INVITATIONS, token="admin"),
    administration("an invitation of nobody", 422, "POST", INVITATIONS, {"role": "viewer"}),
    Case("an unknown invitation", 404, f"{INVITATIONS}/{'0' * 64}", "DELETE", token="admin"),
    Case("the views", 200, "/api/v1/views"),
    administration("a view of no page", 422, "POST", "/api/v1/views", {"name": "V"}),
    administration("a board of no name", 422, "POST", "/api/v1/boards", {}),
    administration("an annotation of no time", 422, "POST", "/api/v1/annotations", {"text": "A"}),
    Case("the annotations", 200, "/api/v1/annotations"),
    administration("an alert of no view", 422, "POST", "/api/v1/alerts", {}),
    Case("an unknown alert", 404, f"/api/v1/alerts/alert_{'0' * 16}"),
    Case("an unknown view", 404, f"/api/v1/views/view_{'0' * 16}"),
    Case("the links of an unknown view", 404, f"/api/v1/views/view_{'0' * 16}/shares"),
    Case("accepting nothing", 422, f"{INVITATIONS}/accept", "POST", b"{}", JSON, token=None),
    Case("removing a member", 204, f"{MEMBERS}/a%7Cb@c", "DELETE", token="admin"),
    Case(
        "a beacon",
        201,
        f"{EVENTS}/beacon",
        "POST",
        json.dumps({"api_key": "pk_local_acme", **batch(an_event(20))}).encode(),
        {"Content-Type": "text/plain;charset=UTF-8"},
        token=None,
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def responses(cloud: Cloud, tokens: dict[str, str]) -> dict[str, dict[str, httpx2.Response]]:
    """Return every host's response to every case."""
    return {host: _send_all(cloud, host, tokens) for host in HOSTS}


def _send_all(cloud: Cloud, host: str, tokens: dict[str, str]) -> dict[str, httpx2.Response]:
    responses: dict[str, httpx2.Response] = {}
    cloud.run(_add_spare_key(cloud, host))
    with httpx2.Client(base_url=cloud.urls[host], timeout=30) as client:
        for case in CASES:
            if case.path.startswith(SUMMARY):
                cloud.run(_fold(cloud, host))
            headers = {"X-Request-Id": case.name.replace(" ", "-"), **case.headers}
            if case.token and "Authorization" not in headers:
                headers["Authorization"] = f"Bearer {tokens[case.token]}"
            pairs = [*headers.items(), *([case.again] if case.again else [])]
            raw = [(name, value.encode("latin-1")) for name, value in pairs]
            responses[case.name] = client.request(
                case.method, case.path, content=case.body, headers=raw
            )
    return responses


async def _add_spare_key(cloud: Cloud, database: str) -> None:
    async with cloud.open_store(database) as store:
        await store.create(SPARE)
        await store.create(Membership("usr", "org_acme", "admin", "2026-01-01T00:00:00Z"))


async def _fold(cloud: Cloud, database: str) -> None:
    async with cloud.open_store(database) as store:
        await catch_up(store)


def _comparable(response: httpx2.Response) -> tuple[int, dict[str, str], object]:
    headers = {
        name: response.headers[name] for name in HEADERS_THAT_MATTER if name in response.headers
    }
    body = response.json() if response.content else {}
    if "access_token" in body:  # tokens differ
        body["access_token"] = body["access_token"].count(".")
        body["expires_in"] = 600 <= body["expires_in"] <= 900  # the API may reuse a recent token
    if body.get("data") and "joined_at" in body["data"][0]:  # only one host has local sample users
        body["data"] = [member for member in body["data"] if member["name"] is None]
        headers.pop("content-length", None)
    for one in body.get("data", []):
        if "last_used_on" in one:  # only one host has issued tokens for the local keys
            del one["last_used_on"]
            headers.pop("content-length", None)
        if "received_at" in one:  # each host received its own events
            one["received_at"] = len(one["received_at"])
    if "joined_at" in body:  # the hosts' clocks differ
        del body["joined_at"]
    if "api_key" in body:  # keys differ
        body |= {name: len(body[name]) for name in ("api_key", "key_id", "created_at")}
    return response.status_code, headers, body


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_response_is_the_same_on_every_host(responses, case: Case):
    direct, azure, on_lambda = (_comparable(responses[host][case.name]) for host in HOSTS)

    assert direct[0] == case.status, direct
    assert azure == direct
    assert on_lambda == direct


def test_there_are_many_cases_with_unique_names():
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("host", HOSTS)
def test_a_cursor_of_one_host_works_on_any_other(cloud: Cloud, responses, tokens, host: str):
    first = responses["direct"]["a page"].json()
    everything = responses["direct"]["oldest first"].json()["data"]
    rest = httpx2.get(
        f"{cloud.urls[host]}{EVENTS}?{MARCH}&limit=200&cursor={first['next_cursor']}",
        headers={"Authorization": f"Bearer {tokens['ak_local_acme']}"},
    )

    assert rest.status_code == 200
    listed = [*first["data"], *rest.json()["data"]]
    for event in [*listed, *everything]:
        del event["received_at"]  # each host received its own events
    assert listed == everything[::-1]
