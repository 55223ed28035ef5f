"""A real server explains every bad request, keeps running and keeps its memory size."""

import asyncio
import gzip
import json
import logging
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from api.settings import Settings
from tests.crash.history import signed_in
from tests.crash.processes import ServerProcess, serving
from tests.support import START, an_event, send

EVENTS, SUMMARY, TOKEN = "/api/v1/events", "/api/v1/metrics/summary", "/api/v1/auth/token"
MIB = 1024 * 1024
GROWTH_MAX = 50 * MIB
ROUNDS = 4
JSON = {"Content-Type": "application/json"}
GZIP = JSON | {"Content-Encoding": "gzip"}


@dataclass(frozen=True)
class Bad:
    """A bad request with its expected status, code and a text of `detail` or `errors`."""

    status: int
    code: str
    says: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=lambda: JSON)
    path: str = EVENTS
    query: str = ""


def in_properties(value: str) -> bytes:
    """Return a body whose only event has this JSON as a property."""
    event = json.dumps(an_event(properties={"p": "HERE"}))
    return b'{"events": [%s]}' % event.replace('"HERE"', value).encode(errors="surrogatepass")


def events(*events: object) -> bytes:
    return json.dumps({"events": events}).encode()


async def in_chunks(size: int):
    for _ in range(size // 65_536):
        yield b" " * 65_536


NOT_JSON = {
    "an empty body": b"",
    "half an object": b'{"events": [',
    "text after the object": b'{"events": []} x',
    "single quotes": b"{'events': []}",
    "NaN": in_properties("NaN"),
    "Infinity": in_properties("-Infinity"),
    "a lone surrogate next to the events": b'{"events": [], "\\ud800": 1}',
    "a surrogate in UTF-8": in_properties('"\ud800"'),
    "not UTF-8": in_properties('"x"').replace(b"x", b"\xff"),
    "UTF-16": '{"events": []}'.encode("utf-16"),
    "a NUL byte": in_properties('"\0"'),
    "10,000 lists": in_properties("[" * 10_000 + "]" * 10_000),
    "10,000 objects": in_properties('{"a":' * 10_000 + "1" + "}" * 10_000),
    "10,000 lists without an end": in_properties("[" * 10_000),
}
WRONG_SHAPE = {
    "0 events": (events(), "1 to 100"),
    "101 events": (events(*(an_event(n) for n in range(101))), "1 to 100"),
    "a list": (b"[]", "object"),
    "null": (b"null", "object"),
    "a number": (b"12", "object"),
    "events as an object": (b'{"events": {}}', "/events"),
    "no events": (b"{}", "/events"),
    "an unknown member": (b'{"events": [], "batch": 1}', "/batch"),
}
REJECTED = {
    "a huge integer": (in_properties(str(2**53)), "send it as a string"),
    "a huger integer": (in_properties("-" + "9" * 300), "send it as a string"),
    "an integer of 10,000 digits": (in_properties("9" * 10_000), "send it as a string"),
    "1e999": (in_properties("1e999"), "too large for a number"),
    "a lone surrogate": (in_properties(r'"\ud800"'), "half of a surrogate pair"),
    "a lone surrogate as a name": (in_properties(r'{"\udfff": 1}'), "half of a surrogate pair"),
    "a lone surrogate as an id": (events(an_event(event_id="\ud800")), "/events/0/event_id"),
    "a NUL character": (in_properties(r'"a\u0000b"'), "NUL"),
    "a NUL character in a name": (in_properties(r'{"\u0000": 1}'), "NUL"),
    "a NUL character in the type": (events(an_event(event_type="a\0")), "/events/0/event_type"),
    "17 levels": (in_properties("[" * 13 + "]" * 13), "16 levels"),
    "33 KiB": (in_properties('"%s"' % ("x" * 33 * 1024)), "32768"),
    "a megabyte of empty objects": (in_properties(f"[{'{},' * 340_000}{2**53}]"), "32768"),
    "a field of 500 KB": (in_properties(f'{{"{"k" * 500_000}": [{"0," * 250_000}0]}}'), "32768"),
    "an unknown field": (events(an_event(usr="x")), "/events/0/usr"),
    "a string as an event": (events("event"), "/events/0"),
    "no user": (events({"event_type": "x"}), "/events/0/user_id"),
    "a time without an offset": (events(an_event(timestamp="2026-03-10T11:00:00")), "offset"),
    "a time in the year 9999": (events(an_event(timestamp="9999-12-31T23:59:59Z")), "24 hours"),
    "a time before the calendar": (
        events(an_event(timestamp="0001-01-01T00:00:00+23:59")),
        "/events/0/timestamp",
    ),
}
PARAMETERS = {
    "limit=0": "limit",
    "limit=201": "limit",
    f"limit={'9' * 5000}": "limit",
    "limit=x": "limit",
    "order=up": "order",
    "cursor=AAAA": "cursor",
    "cursor=%ff%00": "cursor",
    f"cursor={'A' * 20_000}": "cursor",
    "start_date=2026-02-30": "start_date",
    "start_date=%00": "start_date",
    "end_date=9999-12-31T23:59:59.999999Z": "end_date",
    "user_id=": "user_id",
    "start_date=": "start_date",
    "end_date=": "end_date",
    "cursor=": "cursor",
    "event_type=": "event_type",
    "user_id=a&user_id=b": "user_id",
    "limit=1&limit=2": "limit",
    "start_date=2026-1-5": "a date such as 2026-01-31",
    "start_date=2026-01-05T10:00:00+02:00": "write + as %2B",
    "start_date=2026-01-05T25:00:00Z": "not a valid time; check",
    "&".join(f"p{n}=1" for n in range(5000)): "200 query parameters",
    "usr=1": "usr",
    "&".join(["event_type=x"] * 51): "event_type",
}

TABLE = (
    {name: Bad(400, "malformed_json", "not valid JSON", body) for name, body in NOT_JSON.items()}
    | {name: Bad(422, "invalid_payload", says, body) for name, (body, says) in WRONG_SHAPE.items()}
    | {name: Bad(422, "events_rejected", says, body) for name, (body, says) in REJECTED.items()}
    | {
        f"?{query[:40]}": Bad(400, "invalid_(parameter|cursor)", says, query=query)
        for query, says in PARAMETERS.items()
    }
    | {
        "2 MiB": Bad(413, "body_too_large", "1048576", b" " * 2 * MIB),
        "2 MiB in chunks": Bad(413, "body_too_large", "1048576", lambda: in_chunks(2 * MIB)),
        "a gzip bomb": Bad(
            413, "body_too_large", "1048576", gzip.compress(bytes(200 * MIB), 1), GZIP
        ),
        "not gzip": Bad(400, "malformed_encoding", "gzip", b"{}", GZIP),
        "half a gzip stream": Bad(
            400, "malformed_encoding", "gzip", gzip.compress(events(an_event()))[:-9], GZIP
        ),
        "two gzip streams": Bad(
            400, "malformed_encoding", "one complete", gzip.compress(b"{}") * 2, GZIP
        ),
        "another encoding": Bad(
            415, "unsupported_encoding", "gzip", b"{}", JSON | {"Content-Encoding": "br"}
        ),
        "another media type": Bad(
            415, "unsupported_media_type", "application/json", b"{}", {"Content-Type": "text/xml"}
        ),
        "no media type": Bad(415, "unsupported_media_type", "application/json", b"{}", {}),
        "neither event ids nor an idempotency key": Bad(
            400,
            "idempotency_missing",
            "/events/0",
            events({"event_type": "x", "user_id": "u"}),
        ),
        "an idempotency key of 256 characters": Bad(
            400,
            "idempotency_key_invalid",
            "255",
            events(an_event()),
            JSON | {"Idempotency-Key": "x" * 256},
        ),
        "an event of another organisation": Bad(
            403, "tenant_mismatch", "org_id", events(an_event(org_id="org_globex"))
        ),
        "a malformed token": Bad(
            401, "token_invalid", "token", b"{}", JSON | {"Authorization": "Bearer x.y.z"}
        ),
        "a token of 40 KB": Bad(
            401, "token_invalid", "token", b"{}", JSON | {"Authorization": "Bearer " + "x" * 40_000}
        ),
        "a token that is not ASCII": Bad(
            401, "token_invalid", "token", b"{}", JSON | {"Authorization": b"Bearer \xff\xfe"}
        ),
        "a range of 367 days": Bad(
            400,
            "invalid_parameter",
            "366 days",
            path=SUMMARY,
            query="start_date=2025-01-01&end_date=2026-01-02",
        ),
        "an empty metric name": Bad(
            400, "invalid_parameter", "metrics", path=SUMMARY, query="metrics="
        ),
        "an empty date": Bad(
            400, "invalid_parameter", "start_date", path=SUMMARY, query="start_date="
        ),
        "a repeated date": Bad(
            400,
            "invalid_parameter",
            "end_date",
            path=SUMMARY,
            query="end_date=2026-01-05&end_date=2026-01-06",
        ),
        "a date without zeros": Bad(
            400,
            "invalid_parameter",
            "a date such as 2026-01-31",
            path=SUMMARY,
            query="start_date=2026-1-5",
        ),
        "an unknown metric": Bad(
            422, "unknown_metric", "Known metrics", path=SUMMARY, query="metrics=no%00thing"
        ),
        "no grant": Bad(422, "invalid_payload", "/api_key", b"{}", path=TOKEN),
        "a grant as a list": Bad(422, "invalid_payload", "object", b"[]", path=TOKEN),
        "an unknown API key": Bad(
            401, "credential_invalid", "API key", b'{"api_key": "\\u0000"}', path=TOKEN
        ),
        "a grant of 65 KiB": Bad(413, "body_too_large", "65536", b" " * 66_560, path=TOKEN),
        "a grant without a media type": Bad(
            415, "unsupported_media_type", "application/json", b"", {}, path=TOKEN
        ),
        "a grant that is not JSON": Bad(400, "malformed_json", "not valid JSON", b"{", path=TOKEN),
    }
)


async def send_bad(client: AsyncClient, bad: Bad) -> Response:
    path = f"{bad.path}?{bad.query}" if bad.query else bad.path
    if bad.body is None:
        return await client.get(path)
    content = bad.body() if callable(bad.body) else bad.body
    return await client.post(path, content=content, headers=bad.headers)


def is_expected(response: Response, bad: Bad) -> bool:
    """Return whether the response is a problem document with the expected status, code and text."""
    if response.headers["Content-Type"] != "application/problem+json":
        return False
    problem = response.json()
    said = json.dumps([problem["detail"], problem.get("errors")])
    return (
        response.status_code == problem["status"] == bad.status
        and re.fullmatch(bad.code, problem["code"]) is not None
        and bad.says in said
    )


async def disconnect_mid_body(server: ServerProcess, client: AsyncClient) -> None:
    """Send part of a body, then close the connection."""
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    authorization = client.headers["Authorization"]
    writer.write(
        f"POST {EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: {authorization}\r\nContent-Length: 1000\r\n\r\n{{".encode()
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()


def resident_bytes(server: ServerProcess) -> int:
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024


@pytest.mark.timeout(120)
def wait_for_the_lake(data_dir: Path) -> None:
    """Wait for the first write to the event lake, which loads its libraries: about 60 MB."""
    while not list(data_dir.glob("lake/events/*/day=*/*.parquet")):
        time.sleep(0.1)


async def test_bad_input_is_explained_and_uses_no_more_memory(settings: Settings):
    async with (
        serving(settings.data_dir, START) as server,
        signed_in(server.url) as client,
    ):
        await send(client, *(an_event(n) for n in range(100)))
        await asyncio.to_thread(wait_for_the_lake, settings.data_dir)
        size = resident_bytes(server)
        for _ in range(ROUNDS):
            responses = {name: await send_bad(client, bad) for name, bad in TABLE.items()}
            wrong = {
                name: (response.status_code, response.text[:300])
                for name, response in responses.items()
                if not is_expected(response, TABLE[name])
            }
            assert wrong == {}
        for _ in range(ROUNDS * 10):
            await disconnect_mid_body(server, client)

        assert (await send(client, an_event(0))).json()["duplicates"] == 1
        assert server.runs
        assert resident_bytes(server) - size <= GROWTH_MAX


async def test_a_client_that_disconnects_is_not_logged_as_an_error(
    app: FastAPI, acme: AsyncClient, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, logger="api.request")
    headers = JSON | {"Authorization": acme.headers["Authorization"]}
    scope = {
        "type": "http",
        "method": "POST",
        "path": EVENTS,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    sent = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def record_message(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, record_message)

    assert sent[0]["status"] == 400
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []
