"""Measure the API's own share of ingest, with a store that stores nothing and returns at once."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from api.app import create_app
from api.backends import open_emulated
from api.domain.events import DayBatch
from api.settings import NO_LAKE, Settings
from api.stores.cosmos import CosmosStore
from api.stores.protocol import RollupStore, Stored
from cosmos_emulator import Emulator


async def _append(_: DayBatch) -> None:
    """Pretend to store a batch."""


async def _create[R](record: R) -> Stored[R]:
    return Stored(record, "1")


@asynccontextmanager
async def _open_instant(settings: Settings) -> AsyncGenerator[RollupStore]:
    """Return a store in memory that doesn't store what an ingest request writes."""
    emulator = Emulator()
    async with open_emulated(settings, emulator) as store:
        assert isinstance(store, CosmosStore)
        yield store
    emulator.close()


async def events_per_cpu_second(folder: Path, bodies: Sequence[bytes], batch: int) -> float:
    """Return the rate at which the whole API, without a server, handles these requests."""
    app = create_app(
        Settings(data_dir=folder, lake_url=NO_LAKE), open_store=_open_instant, folds=False
    )
    async with app.router.lifespan_context(app):
        headers = await _headers(app)
        store = app.state.resources.store
        store.append, store.create = _append, _create
        for body in bodies[:10]:  # warm up
            await _post(app, headers, body)
        started = time.process_time()
        for body in bodies:
            await _post(app, headers, body)
        return len(bodies) * batch / (time.process_time() - started)


async def _headers(app: FastAPI) -> list[tuple[bytes, bytes]]:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://api.test") as http:
        grant = {"api_key": "ak_local_acme"}
        token = (await http.post("/api/v1/auth/token", json=grant)).json()["access_token"]
    return [
        (b"authorization", f"Bearer {token}".encode()),
        (b"content-type", b"application/json"),
        (b"host", b"api.test"),
    ]


async def _post(app: FastAPI, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Call the app as a server does."""
    statuses = list[int]()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401 - ASGI's messages
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    # The key is the id of the first event.
    own = [(b"content-length", str(len(body)).encode()), (b"idempotency-key", body[24:60])]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/events",
        "raw_path": b"/api/v1/events",
        "query_string": b"",
        "headers": [*headers, *own],
        "client": ("127.0.0.1", 1),
        "server": ("api.test", 80),
    }
    await app(scope, receive, send)
    assert statuses == [201], statuses
