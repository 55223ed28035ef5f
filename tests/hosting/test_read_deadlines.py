"""Incomplete requests time out, in the app and under a real uvicorn."""

import asyncio
import itertools
import resource
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import uvicorn
from httpx2 import AsyncClient, TransportError

from api.body_deadline import BodyDeadline
from api.hosting.uvicorn_protocol import DeadlineProtocol
from scripts import run, servers
from scripts.servers import ROOT, listen

WAIT_SECONDS_MAX = 60  # without deadlines, the tests would wait forever
HALF_BODY = b"POST /api/v1/auth/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"  # noqa: E501
UNREAD_BODY = b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"
HALF_OPEN = {
    "no bytes": b"",
    "an incomplete head": b"GET /healthz HTTP/1.1\r\nHost: a\r\n",
    "an incomplete body": HALF_BODY,
    "a body that no route reads": UNREAD_BODY,
    "blank lines": b"\r\n\r\n",
    "a request, then an incomplete head": b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /he",
}


SLOW_HEAD = b"GET /healthz HTTP/1.1\r\nX: "
SLOW_BODY = HALF_BODY.replace(b": 9", b": 999999")


class ShortDeadline(DeadlineProtocol):
    request_seconds = 0.05


class OneSecond(DeadlineProtocol):
    request_seconds = 1


@asynccontextmanager
async def serving(app, protocol) -> AsyncGenerator[tuple[str, int]]:
    front = listen()
    config = uvicorn.Config(app, lifespan="off", log_level="error", http=protocol)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([front]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield front.getsockname()
    finally:
        server.should_exit = True
        await task


async def test_a_body_that_never_ends_gets_408_and_the_connection_is_closed(app, monkeypatch):
    monkeypatch.setattr(BodyDeadline, "seconds", 0)
    parts = [{"type": "http.request", "body": b"{", "more_body": True}]
    sent = []

    async def receive():
        return parts.pop() if parts else await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/auth/token",
        "raw_path": b"/api/v1/auth/token",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json")],
        "client": None,
        "server": None,
    }
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        await app(scope, receive, send)

    assert sent[0]["status"] == 408
    assert dict(sent[0]["headers"])[b"connection"] == b"close"
    assert b'"request_timeout"' in sent[1]["body"]


async def test_a_body_that_has_arrived_is_read_despite_the_deadline(http, monkeypatch):
    monkeypatch.setattr(BodyDeadline, "seconds", 0)

    response = await http.post("/api/v1/auth/token", json={"api_key": "ak_local_acme"})

    assert response.status_code == 200


@pytest.mark.parametrize("begin", HALF_OPEN.values(), ids=HALF_OPEN.keys())
async def test_a_connection_without_a_complete_request_is_closed(app, begin):
    async with serving(app, ShortDeadline) as address, asyncio.timeout(WAIT_SECONDS_MAX):
        connections = [await asyncio.open_connection(*address) for _ in range(20)]
        for _, writer in connections:
            writer.write(begin)
        ends = [await reader.read() for reader, _ in connections]
        for _, writer in connections:
            writer.close()

    assert len(ends) == len(connections)


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"GET / HTTP/1.1\r\nX: ", b"a"),
        (UNREAD_BODY.replace(b": 9", b": 999999999"), b"a"),
        (b"\r\n", b"\r\n"),
    ],
    ids=["head", "unread body", "blank lines"],
)
async def test_more_bytes_do_not_extend_the_deadline(app, begin, more):
    async with serving(app, ShortDeadline) as address, asyncio.timeout(WAIT_SECONDS_MAX):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(begin)
        closed = asyncio.create_task(reader.read())
        while not closed.done():
            writer.write(more)
            await asyncio.wait([closed], timeout=0.01)
        writer.close()

    assert closed.done()


@pytest.mark.parametrize("count", [100, pytest.param(900, marks=pytest.mark.full)])
async def test_slow_requests_time_out_while_others_are_served(app, monkeypatch, count):
    monkeypatch.setattr(BodyDeadline, "seconds", 0.5)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    begins = itertools.cycle((SLOW_HEAD, SLOW_BODY))
    async with serving(app, OneSecond) as address, asyncio.timeout(5 * WAIT_SECONDS_MAX):
        half_open = [
            asyncio.create_task(drip(address, begin)) for begin in itertools.islice(begins, count)
        ]
        async with AsyncClient(base_url=f"http://{address[0]}:{address[1]}") as client:
            served = 0
            while not (served and all(task.done() for task in half_open)):
                with suppress(TransportError):  # on a slow machine, this request may also time out
                    served += (await client.get("/healthz")).is_success
        responses = [await task for task in half_open]

    assert set(responses[0::2]) == {b""}
    assert {response[:13] for response in responses[1::2]} <= {b"HTTP/1.1 408 ", b""}


async def drip(address: tuple[str, int], begin: bytes) -> bytes:
    """Send a byte every 0.1 s until the server closes the connection; return its response."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(begin)
    closed = asyncio.create_task(reader.read())
    while not closed.done():
        writer.write(b"a")
        await asyncio.wait([closed], timeout=0.1)
    writer.close()
    try:
        return await closed
    except ConnectionResetError:  # the last byte was sent after the server closed the connection
        return b""


async def test_complete_requests_may_share_a_connection(app):
    request = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    async with serving(app, DeadlineProtocol) as address, asyncio.timeout(WAIT_SECONDS_MAX):
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(3):
            writer.write(request)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            while (line := await reader.readline()) != b"\r\n":
                name, _, value = line.lower().partition(b":")
                if name == b"content-length":
                    length = int(value)
            await reader.readexactly(length)
        writer.close()


@pytest.mark.parametrize(
    "path", ["infra/docker/api.Dockerfile", "infra/docker/demo.sh", "scripts/servers.py"]
)
def test_the_images_and_the_scripts_use_the_protocol(path: str):
    name = f"{DeadlineProtocol.__module__}:{DeadlineProtocol.__name__}"

    assert name in (Path(ROOT) / path).read_text()


def test_make_run_uses_the_protocol():
    assert run.HTTP_PROTOCOL == servers.HTTP_PROTOCOL
    assert '"--http", HTTP_PROTOCOL' in (Path(ROOT) / "scripts/run.py").read_text()
