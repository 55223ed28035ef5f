"""A real server in the flood of a hostile tenant: killed, started twice, and with a revoked key."""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from httpx2 import AsyncClient, Response

from api.domain.reference import hash_api_key
from api.routers.auth import TOKEN_EXCHANGE
from scripts.servers import free_port
from tests.crash.flood import (
    HOSTILE_DAYS,
    TEXT,
    Sender,
    honest_batch,
    hostile_batch,
    send_junk,
)
from tests.crash.history import (
    EVENTS,
    list_events,
    recount,
    signed_in,
    summarize_when_current,
)
from tests.crash.processes import DEADLINE_SECONDS, serving_uvicorn, uvicorn_process
from tests.support import an_event

STARTUP_FAILED = 3
HOSTILE_WORKERS, JUNK_WORKERS = 2, 2
TOKEN_SECONDS = 15 * 60
TOKEN_URL = "/api/v1/auth/token"
ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token"


@pytest.fixture
def data_dir(tmp_path: Path, key_files: Path) -> Path:
    return shutil.copytree(key_files, tmp_path / "data")


def range_of_flood() -> dict[str, str]:
    today = datetime.now(UTC).date()
    first = today - timedelta(days=HOSTILE_DAYS + 2)
    return {"start_date": first.isoformat(), "end_date": (today + timedelta(days=1)).isoformat()}


@dataclass
class Flood:
    honest: Sender
    hostile: Sender
    statuses: Counter[int]  # of all responses

    async def end(self, workers: list[asyncio.Task[None]]) -> None:
        """Wait until every batch that was begun is stored."""
        self.honest.ending = self.hostile.ending = True
        async with asyncio.timeout(2 * DEADLINE_SECONDS):
            await asyncio.gather(*workers)

    async def assert_exact(self, *, besides: Sequence[str] = ()) -> None:
        """Check that each created event is stored and counted once, and that nothing failed.

        `besides`: the ids of events that were sent to the hostile organisation by others.
        """
        dates = range_of_flood()
        for sender in (self.honest, self.hostile):
            listed = await list_events(sender.client, dates)
            others = besides if sender is self.hostile else ()
            stored = Counter(event["event_id"] for event in listed)
            assert stored == sender.created() + Counter(others)
            counted = recount(listed)
            names = ["events", "active_users"]
            if sender is self.honest:
                names += ["events.page_viewed", "events.signed_up"]
            expected = {name: counted[name] for name in names}
            assert await summarize_when_current(sender.client, expected, dates) == expected
        assert self.statuses[500] == 0


@asynccontextmanager
async def flooding(url: str) -> AsyncGenerator[tuple[Flood, list[asyncio.Task[None]]]]:
    """Send honest, hostile and invalid requests until the block ends. The server must run."""
    async with AsyncExitStack() as stack:
        acme, globex = [
            await stack.enter_async_context(signed_in(url, name)) for name in ("acme", "globex")
        ]
        statuses = Counter[int]()
        flood = Flood(
            Sender(acme, honest_batch, statuses), Sender(globex, hostile_batch, statuses), statuses
        )
        works = [flood.honest.work(), *(flood.hostile.work() for _ in range(HOSTILE_WORKERS))]
        workers = [asyncio.create_task(work) for work in works]
        junk = [asyncio.create_task(send_junk(url, statuses)) for _ in range(JUNK_WORKERS)]
        try:
            yield flood, workers
        finally:
            for task in (*workers, *junk):
                task.cancel()
            await asyncio.gather(*workers, *junk, return_exceptions=True)


@pytest.mark.parametrize(
    "kills",
    [1, pytest.param(30, marks=[pytest.mark.full, pytest.mark.timeout(1800)])],
)
async def test_a_server_killed_in_a_flood_loses_nothing_and_doubles_nothing(
    data_dir: Path, kills: int
):
    port = free_port()
    async with AsyncExitStack() as stack:
        async with serving_uvicorn(data_dir, port) as server:
            flood, workers = await stack.enter_async_context(flooding(server.url))
            await flood.honest.progress(3)
            await flood.hostile.progress(1)
            await server.kill()
        for _ in range(kills - 1):
            async with serving_uvicorn(data_dir, port) as server:
                await flood.honest.progress(3)
                await server.kill()
        async with serving_uvicorn(data_dir, port) as server:
            await flood.honest.progress(1)
            await flood.end(workers)
            for key, batch, first in flood.honest.stored:
                replayed = await flood.honest.deliver(key, batch)
                assert replayed.headers["Idempotent-Replayed"] == "true"
                assert replayed.json() == first
            await flood.assert_exact()

    assert flood.honest.failures


async def test_a_second_server_ends_in_one_line_and_leaves_the_first_unharmed(data_dir: Path):
    async with (
        serving_uvicorn(data_dir, free_port()) as server,
        flooding(server.url) as (flood, workers),
    ):
        await flood.hostile.progress(1)
        async with uvicorn_process(data_dir, free_port()) as second:
            async with asyncio.timeout(DEADLINE_SECONDS):
                _, errors = await second.communicate()
        await flood.honest.progress(3)
        await flood.end(workers)
        await flood.assert_exact()

        assert server.runs

    [line] = [line for line in errors.decode().splitlines() if "cosmos.db" in line]
    assert second.returncode == STARTUP_FAILED
    assert "in use by another process" in line
    assert b"Traceback" not in errors
    assert flood.honest.failures == flood.hostile.failures == 0


@pytest.mark.full
async def test_a_key_revoked_in_a_flood_is_rejected_at_once_and_others_go_on(data_dir: Path):
    async with (
        serving_uvicorn(data_dir, free_port()) as server,
        flooding(server.url) as (flood, workers),
        AsyncClient(base_url=server.url, timeout=DEADLINE_SECONDS) as http,
    ):
        admin = await sign_in(http, user_id="user_029", org_id="org_globex")
        secret, public = [await create_key(http, admin, kind) for kind in ("secret", "publishable")]
        issued = await exchange(http, secret)
        stored = await send_beacon(http, public, 1)
        await flood.hostile.progress(1)
        for key in (secret, public):
            path = f"/api/v1/keys/{hash_api_key(key)}"
            deleted = await admitted(lambda path=path: http.delete(path, headers=admin))
            assert deleted.status_code == 204
        refused = [await exchange(http, secret), await send_beacon(http, public, 2)]
        await flood.honest.progress(3)
        await flood.end(workers)
        await flood.assert_exact(besides=["beacon-1"])

    assert issued.json()["expires_in"] <= TOKEN_SECONDS  # the token itself is valid until then
    assert stored.status_code == 201
    assert [response.json()["code"] for response in refused] == ["credential_invalid"] * 2
    assert [response.status_code for response in refused] == [401] * 2


async def admitted(send: Callable[[], Awaitable[Response]]) -> Response:
    """Send a request until it is not rate limited, as the flood comes from the same address."""
    while True:
        response = await send()
        if response.status_code != 429:
            return response
        await asyncio.sleep(int(response.headers["Retry-After"]))


async def sign_in(http: AsyncClient, *, user_id: str, org_id: str) -> dict[str, str]:
    """Return the headers of a sample user's requests."""
    identity = await admitted(lambda: http.post("/local-identity/token", json={"user_id": user_id}))
    grant = {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": identity.json()["id_token"],
        "subject_token_type": ID_TOKEN_TYPE,
        "org_id": org_id,
    }
    token = await admitted(lambda: http.post(TOKEN_URL, json=grant))
    return {"Authorization": f"Bearer {token.json()['access_token']}"}


async def create_key(http: AsyncClient, admin: dict[str, str], kind: str) -> str:
    new = {"name": kind, "kind": kind}
    created = await admitted(lambda: http.post("/api/v1/keys", json=new, headers=admin))
    return created.json()["api_key"]


async def exchange(http: AsyncClient, api_key: str) -> Response:
    return await admitted(lambda: http.post(TOKEN_URL, json={"api_key": api_key}))


async def send_beacon(http: AsyncClient, api_key: str, number: int) -> Response:
    moment = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    event = an_event(event_id=f"beacon-{number}", timestamp=moment)
    body = json.dumps({"api_key": api_key, "events": [event]})
    return await admitted(lambda: http.post(f"{EVENTS}/beacon", content=body, headers=TEXT))
