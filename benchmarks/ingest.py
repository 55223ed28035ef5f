"""Compare ingest from HTTP to disk with a bare endpoint, and measure its request units by part.

    uv run python -m benchmarks.ingest [--batches 100] [--rounds 5]

The rounds of the servers alternate, and a ratio is the median of the rounds' ratios. The control is
the bare endpoint against itself. Goals: 0.38 of the bare endpoint's events per second and 0.32 of
its events per CPU second, both without the event lake; with it at least 0.95 of the events per CPU
second of the requests without it; 75,000 events per CPU second of the API alone, on a store that
returns at once; and at most 8.5 request units per event of 500 bytes in batches of 100, with the
event lake.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx2
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from api.backends import open_emulated
from api.domain.events import TRUSTED, Draft
from api.domain.times import parse_timestamp
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services.archive import Archiver
from api.services.events import Submission, ingest
from api.services.fold_queue import FoldQueue
from api.services.quotas import Quotas
from api.services.rollups import read_feed
from api.settings import NO_LAKE, Settings
from api.stores.protocol import RollupStore
from benchmarks.instant_store import events_per_cpu_second
from benchmarks.payloads import BATCH, make_bodies, make_events
from cosmos_emulator import Emulator
from scripts.servers import Server, serve

CONNECTIONS = 8
BARE, LAKELESS, WHOLE, CONTROL = "bare", "without the lake", "whole stack", "bare again"


@dataclass(frozen=True)
class Round:
    wall: float  # events per second
    cpu: float  # events per second of the server's CPU time
    requests: float  # events per CPU second of the requests alone, or 0 if it isn't measured


async def measure(server: Server, token: str, bodies: Sequence[bytes]) -> Round:
    """Send the bodies over a few concurrent connections, each with its own Idempotency-Key."""
    waiting = iter(bodies)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    async def send_all(client: httpx2.AsyncClient) -> None:
        for body in waiting:
            key = {"Idempotency-Key": uuid4().hex}
            response = await client.post("/api/v1/events", content=body, headers=key)
            assert response.status_code == 201, response.text
            assert response.json()["created"] == BATCH, response.text

    requests = _request_seconds(server)
    cpu, started = server.cpu_seconds(), time.perf_counter()
    async with httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
        await asyncio.gather(*(send_all(client) for _ in range(CONNECTIONS)))
    seconds = time.perf_counter() - started
    cpu, requests = server.cpu_seconds() - cpu, _request_seconds(server) - requests
    events = len(bodies) * BATCH
    return Round(events / seconds, events / cpu, events / requests if requests else 0)


def _request_seconds(server: Server) -> float:
    """Return the CPU seconds of all requests so far. The bare endpoint doesn't measure them."""
    response = httpx2.get(f"{server.url}/request-cpu-seconds")
    return float(response.text) if response.is_success else 0


def bare_token(folder: Path) -> str:
    """Return a token for the bare endpoint, and write its public key into the folder."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "public.pem").write_bytes(pem)
    expires = datetime.now(UTC) + timedelta(hours=1)
    claims = {"org_id": "org_acme", "aud": "acme-analytics", "exp": expires}
    return jwt.encode(claims, key, algorithm="RS256")


def compare(batches: int, rounds: int) -> None:
    """Print the events per second of each server, and the ratios to the servers before it."""
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        bare_access = bare_token(folder)
        bare = {
            "BARE_DATABASE": str(folder / "bare.db"),
            "BARE_PUBLIC_KEY": str(folder / "public.pem"),
        }
        lakeless = {"ANALYTICS_DATA_DIR": str(folder / "lakeless"), "ANALYTICS_LAKE_URL": NO_LAKE}
        whole = {"ANALYTICS_DATA_DIR": str(folder / "whole")}
        with (
            serve("benchmarks.bare_ingest:app", bare, ready="/openapi.json") as bare_server,
            serve("benchmarks.metered_api:app", lakeless, ready="/healthz") as lakeless_server,
            serve("benchmarks.metered_api:app", whole, ready="/healthz") as whole_server,
        ):
            servers = {
                BARE: (bare_server, bare_access),
                LAKELESS: (lakeless_server, _token(lakeless_server)),
                WHOLE: (whole_server, _token(whole_server)),
                CONTROL: (bare_server, bare_access),
            }
            results: dict[str, list[Round]] = {name: [] for name in servers}
            for number in range(rounds + 1):
                bodies = make_bodies(batches, seed=number)
                for name, (server, token) in servers.items():
                    if name == CONTROL:  # new events, because the server ignores duplicates
                        bodies = make_bodies(batches, seed=1_000 + number)
                    result = asyncio.run(measure(server, token, bodies))
                    if number:  # the first round warms up
                        results[name].append(result)
            bodies = make_bodies(batches, seed=0)
            own = asyncio.run(events_per_cpu_second(folder / "own", bodies, BATCH))
    _report(results)
    print(f"events per CPU second of the API alone, on an instant store: {own:,.0f}")


def _report(results: Mapping[str, Sequence[Round]]) -> None:
    for kind in ("wall", "cpu"):
        rates = {name: [getattr(one, kind) for one in rounds] for name, rounds in results.items()}
        figures = [f"{name} {statistics.median(found):,.0f}" for name, found in rates.items()]
        print(f"events per second ({kind}): {', '.join(figures)}")
        for name in (LAKELESS, WHOLE, CONTROL):
            print(f"  {name} ÷ bare {_ratio(rates[name], rates[BARE]):.2f}")
        print(f"  {WHOLE} ÷ {LAKELESS} {_ratio(rates[WHOLE], rates[LAKELESS]):.2f}")
    without, whole = ([one.requests for one in results[name]] for name in (LAKELESS, WHOLE))
    print(
        f"events per CPU second of the requests: {LAKELESS} {statistics.median(without):,.0f}, "
        f"{WHOLE} {statistics.median(whole):,.0f}; ratio {_ratio(whole, without):.2f}"
    )


def _ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of the rounds' ratios."""
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def _token(server: Server) -> str:
    body = {"api_key": "ak_local_acme"}
    return httpx2.post(f"{server.url}/api/v1/auth/token", json=body).json()["access_token"]


async def request_units(batches: int) -> None:
    """Print the request units per event by container and operation."""
    emulator = Emulator()
    async with open_emulated(Settings(), emulator) as store:
        with tempfile.TemporaryDirectory() as folder:
            archiver = Archiver(store, DeltaTables(LakeStorage.in_folder(Path(folder))))
            await _ingest_and_archive(store, archiver, emulator, batches)
    emulator.close()


async def _ingest_and_archive(
    store: RollupStore, archiver: Archiver, emulator: Emulator, batches: int
) -> None:
    emulator.request_charges.reset()
    quotas, checkpoint = Quotas(), None
    start = datetime.now(UTC) - timedelta(minutes=5)
    events = make_events(batches * BATCH, start, seed=1, step=timedelta(milliseconds=1))
    for first in range(0, len(events), BATCH):
        drafts = [to_draft(event) for event in events[first : first + BATCH]]
        await ingest(
            store,
            org_id="org_acme",
            source=TRUSTED,
            submission=Submission(str(first), drafts),
            key=str(first),
            now=lambda: datetime.now(UTC),
            quotas=quotas,
        )
        # The most expensive case: a fold and a write to the lake per batch.
        await read_feed(store, FoldQueue())
        checkpoint, _ = await archiver.archive_next(checkpoint)
    total = 0.0
    for (container, operation), charge in sorted(emulator.request_charges.totals.items()):
        total += charge / len(events)
        print(f"  {container:12} {operation:12} {charge / len(events):6.3f}")
    print(
        f"request units per event, in batches of {BATCH} with a fold and a write to the lake "
        f"after each: {total:.2f}"
    )


def to_draft(event: dict[str, object]) -> Draft:
    """Return the event as the API parses it."""
    return Draft(
        event_type=str(event["event_type"]),
        user_id=str(event["user_id"]),
        event_id=str(event["event_id"]),
        timestamp=parse_timestamp(str(event["timestamp"])),
        properties=event["properties"],  # pyright: ignore[reportArgumentType]
        size=500,
    )


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--batches", type=int, default=100)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    compare(given.batches, given.rounds)
    asyncio.run(request_units(20))
