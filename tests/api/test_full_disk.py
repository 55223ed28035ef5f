"""On a full disk, writes and the health check fail; both recover once there is space."""

import os
import shutil
import subprocess
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient

from api.app import create_app
from api.settings import Settings
from cosmos_emulator import Emulator
from tests.support import ManualClock, an_event, send

SMALL = "16m"
BIG_EVENTS = [an_event(n, properties={"text": "x" * 30_000}) for n in range(30)]
TRIES_MAX = 40  # each batch uses space that the database and its log had already allocated


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 16 MB, which requires root on Linux, as in CI."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(disk)]
    try:
        subprocess.run(mount, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    except (OSError, subprocess.CalledProcessError) as error:
        reason = f"a small file system can't be mounted here: {getattr(error, 'stderr', error)}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S603, S607 - our own


@pytest.fixture
async def client(
    small_disk: Path, settings: Settings, clock: ManualClock
) -> AsyncGenerator[AsyncClient]:
    for file in settings.data_dir.glob("*.json"):
        shutil.copy(file, small_disk)
    async with serving(replace(settings, data_dir=small_disk), clock) as client:
        yield client


@asynccontextmanager
async def serving(settings: Settings, clock: ManualClock) -> AsyncGenerator[AsyncClient]:
    app = create_app(settings, now=clock, folds=False)
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://api.test") as client,
    ):
        grant = {"api_key": "ak_local_acme"}
        token = (await client.post("/api/v1/auth/token", json=grant)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def fill(disk: Path) -> Path:
    """Fill the disk with a file and return its path."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return filler
    raise AssertionError("the disk never became full")


async def test_health_and_writes_report_a_full_disk_until_there_is_space_again(
    client: AsyncClient, small_disk: Path
):
    assert (await client.get("/healthz")).status_code == 200
    assert (await send(client, an_event(100), key="before")).status_code == 201
    filler = fill(small_disk)
    for number in range(TRIES_MAX):
        refused = await send(client, *BIG_EVENTS, key=f"{number}")
        if refused.status_code != 201:
            break
    health = await client.get("/healthz")

    for response in (refused, health):
        assert response.status_code == 503
        assert response.json()["code"] == "store_unavailable"
        assert "store's disk is full" in response.json()["detail"]
        assert int(response.headers["Retry-After"]) >= 1
    assert (await client.get("/api/v1/events")).status_code == 200

    filler.unlink()

    assert (await client.get("/healthz")).status_code == 200
    again = await send(client, *BIG_EVENTS, key=f"{number}")
    assert again.status_code == 201


async def test_health_warns_before_the_last_megabytes_are_gone(
    client: AsyncClient, small_disk: Path
):
    filler = fill(small_disk)
    with filler.open("r+b") as file:
        file.truncate(filler.stat().st_size - 1_000_000)

    assert (await client.get("/healthz")).status_code == 503


def test_a_write_fault_is_reported_until_a_write_succeeds(emulator: Emulator):
    """Quotas and read-only file systems make writes fail although the disk has free space."""
    sql = emulator._context.storage.sql
    sql.execute("PRAGMA query_only = ON")
    assert emulator.handle("POST", "/dbs", {}, b'{"id": "other"}').status == 503
    fault = emulator.write_fault()
    sql.execute("PRAGMA query_only = OFF")

    assert fault
    assert fault.status == 503
    assert emulator.write_fault() is None
