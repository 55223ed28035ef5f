"""A fake API in memory that can fail on request, for tests of the command-line client."""

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from socket import create_server
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

PAGE = 200

type Key = tuple[str, str]


class Dropped(Response):
    """A response whose connection closes before the announced body, as in a crash."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        start = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"9")],
        }
        await send(start)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more):
    body = orjson.dumps({"status": status, "code": code, "detail": detail, **more})
    return Response(body, status, headers, media_type="application/problem+json")


def json_response(status: int, value: object) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")


class FakeApi:
    """The fake API. Each request to /events uses the next of `faults`, such as 503 or "drop"."""

    def __init__(self) -> None:
        self.url = ""
        self.events: dict[str, dict[Key, dict[str, Any]]] = defaultdict(dict)
        self.replies: dict[Key, tuple[str, Response]] = {}
        self.faults: deque[int | str | None] = deque()
        self.retry_after: str | None = "0"
        self.expires_in = 900
        self.valid_tokens: set[str] = set()
        self.tokens_issued = 0
        self.grants: list[dict[str, str]] = []
        self.posts: list[tuple[str, int]] = []  # (idempotency key, number of events)
        self.queries: list[dict[str, list[str]]] = []
        self.delay_seconds = 0.0
        self.keys = {f"ak_local_{slug}": f"org_{slug}" for slug in ("acme", "globex", "initech")}

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/v1/auth/token", self.issue_token, methods=["POST"]),
                Route("/api/v1/events", self.post_events, methods=["POST"]),
                Route("/api/v1/events", self.get_events, methods=["GET"]),
                Route("/healthz", lambda _: json_response(200, {"status": "ok"})),
            ]
        )

    @property
    def stored(self) -> int:
        return sum(map(len, self.events.values()))

    async def issue_token(self, request: Request) -> Response:
        grant = orjson.loads(await request.body())
        self.grants.append(grant)
        org_id = self.keys.get(grant["api_key"])
        if org_id is None:
            return problem(401, "credential_invalid", "The API key is not known.")
        self.tokens_issued += 1
        token = f"{org_id}.{self.tokens_issued}"
        self.valid_tokens.add(token)
        return json_response(200, {"access_token": token, "expires_in": self.expires_in})

    def caller(self, request: Request) -> str | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return token.partition(".")[0] if token in self.valid_tokens else None

    def fault(self) -> Response | None:
        fault = self.faults.popleft() if self.faults else None
        if fault is None or fault == "drop after":
            return None
        if fault == "drop":
            return Dropped()
        headers = {"Retry-After": self.retry_after} if self.retry_after else None
        if fault == "quota":
            return problem(429, "quota_exceeded", "The monthly quota is used up.", headers)
        return problem(int(fault), "fault", "A fault on demand.", headers)

    async def post_events(self, request: Request):
        body = await request.body()
        await asyncio.sleep(self.delay_seconds)
        if (org_id := self.caller(request)) is None:
            return problem(401, "token_expired", "The token has expired.")
        drop_after = bool(self.faults) and self.faults[0] == "drop after"
        if fault := self.fault():
            return fault
        response = self.ingest(org_id, request.headers["Idempotency-Key"], body)
        return Dropped() if drop_after else response

    def ingest(self, org_id: str, key: str, body: bytes) -> Response:
        try:
            events = orjson.loads(body)["events"]
        except orjson.JSONDecodeError as error:
            return problem(400, "malformed_json", f"The body is not valid JSON: {error}")
        self.posts.append((key, len(events)))
        payload = sha256(body).hexdigest()
        if known := self.replies.get((org_id, key)):
            if known[0] == payload:
                return known[1]
            return problem(422, "idempotency_key_reused", "Another payload had this key.")
        if any(event.get("org_id", org_id) != org_id for event in events):
            return problem(403, "tenant_mismatch", f"The token belongs to {org_id}.")
        if any("poison" in event.get("properties", {}) for event in events):
            return problem(422, "invalid_payload", "The payload does not fit the schema.")
        response = self.store(org_id, events)
        self.replies[org_id, key] = (payload, response)
        return response

    def store(self, org_id: str, events: list[dict[str, Any]]) -> Response:
        results = [self.store_one(org_id, index, event) for index, event in enumerate(events)]
        statuses = [result["status"] for result in results]
        rejected = statuses.count("rejected")
        if rejected == len(results):
            return problem(422, "events_rejected", "Every event was rejected.", results=results)
        counts = {
            "created": statuses.count("created"),
            "duplicates": statuses.count("duplicate"),
            "rejected": rejected,
        }
        return json_response(207 if rejected else 201, {**counts, "results": results})

    def store_one(self, org_id: str, index: int, event: dict[str, Any]) -> dict[str, Any]:
        result = {"index": index, "event_id": event["event_id"]}
        if not event.get("event_type"):
            pointer = f"/events/{index}/event_type"
            error = {"pointer": pointer, "code": "missing", "detail": "is required"}
            return {**result, "status": "rejected", "error": error}
        key = (event["timestamp"], event["event_id"])
        if key in self.events[org_id]:
            return {**result, "status": "duplicate"}
        self.events[org_id][key] = event
        return {**result, "status": "created"}

    async def get_events(self, request: Request):
        await asyncio.sleep(self.delay_seconds)
        if (org_id := self.caller(request)) is None:
            return problem(401, "token_expired", "The token has expired.")
        query = request.query_params
        self.queries.append({name: query.getlist(name) for name in query})
        if fault := self.fault():
            return fault
        after = tuple(query["cursor"].split("~")) if "cursor" in query else ("", "")
        types = query.getlist("event_type")
        found = [
            {**self.events[org_id][key], "org_id": org_id}
            for key in sorted(self.events[org_id])
            if key > after and (not types or self.events[org_id][key]["event_type"] in types)
        ]
        page = found[: int(query["limit"])]
        last = f"{page[-1]['timestamp']}~{page[-1]['event_id']}" if len(found) > len(page) else None
        return json_response(200, {"data": page, "next_cursor": last})


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Serve an ASGI app on a free loopback port and yield its URL."""
    with create_server(("127.0.0.1", 0)) as socket:
        config = uvicorn.Config(app, loop="asyncio", log_level="critical", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{socket.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
