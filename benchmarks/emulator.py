"""Measure how much of the SDK's speed the Cosmos DB emulator leaves, in memory and on disk.

    uv run python -m benchmarks.emulator [--items 20000] [--rounds 150] [--peers]

The baseline is the async SDK on a transport that replays recorded responses at once, so a ratio of
1 means that the emulator takes no time. All variants run in this process, one call after another in
interleaved rounds, and a ratio is the median of the rounds' ratios. The control is the baseline
against itself. Pages are read from a file with `--items` items, at several depths of the listing.
With `--items 1000000`, which takes minutes, the memory of the process must stay flat. With
`--peers`, the same calls go to `@vercel/cosmosdb-server`, over HTTP, because it is a program for
Node.

Goals: creates 0.65 in memory and 0.40 on disk, batches 0.50 and 0.40, pages 0.65, 220 MB of memory,
and every call 5 times as fast as with `@vercel/cosmosdb-server`.
"""

import argparse
import asyncio
import gc
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from azure.core.pipeline.transport import AsyncHttpResponse, HttpRequest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient

from benchmarks.cosmosdb_server import run_cosmosdb_server
from benchmarks.payloads import BATCH, make_events
from cosmos_emulator import KEY, Emulator
from cosmos_emulator.transports import AsyncTransport

type Item = dict[str, Any]
type Call = Callable[[], Awaitable[object]]

ORG = "org_acme"
PAGE = "SELECT * FROM c WHERE c.org_id = @org ORDER BY c.id"
DEPTHS = (0.0, 0.5, 0.9)  # as shares of the listing
PAGE_SIZE_MAX = 1_000
REPLAY, CONTROL, MEMORY, DISK, PEER = "replay", "control", "in memory", "on disk", "cosmosdb-server"
CREATES, BATCHES, PAGES = 5, 1, 1  # calls of a variant per round
WARM_UP = 3
REPLAYED_HEADERS = ("x-ms-continuation", "If-None-Match", "x-ms-cosmos-is-batch-request")


class ReplayTransport(AsyncTransport):
    """A transport that passes on the first request of each kind, and then replays its response."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(emulator)
        self._responses: dict[tuple[str | None, ...], AsyncHttpResponse] = {}

    async def send(self, request: HttpRequest, **options: object) -> AsyncHttpResponse:
        """Return the response to the first request with this URL and these headers."""
        kind = request.method, request.url, *map(request.headers.get, REPLAYED_HEADERS)
        if kind not in self._responses:
            self._responses[kind] = await super().send(request, **options)
        return self._responses[kind]


class Seconds(NamedTuple):
    """The time of a call on the clock, and its CPU time in this process."""

    wall: float
    cpu: float


@asynccontextmanager
async def open_container(
    emulator: Emulator, transport: type[AsyncTransport] = AsyncTransport
) -> AsyncGenerator[ContainerProxy]:
    """Return a container of an emulator, and create it if it is missing."""
    options: dict[str, Any] = {"transport": transport(emulator)}
    async with CosmosClient(emulator.endpoint, emulator.key, **options) as client:
        yield await create_container(client)


async def create_container(client: CosmosClient, name: str = "events") -> ContainerProxy:
    """Return a container for items of organisations, and create it if it is missing."""
    database = await client.create_database_if_not_exists("app")
    return await database.create_container_if_not_exists(name, PartitionKey("/org_id"))


def make_items(count: int, *, seed: int) -> list[Item]:
    """Return items of about 600 bytes with ordered ids."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=count * seed)
    events = make_events(count, start, seed=seed, step=timedelta(milliseconds=1))
    return [event | {"id": event["event_id"], "org_id": ORG} for event in events]


def creating(container: ContainerProxy, items: Sequence[Item]) -> Call:
    """Return a call that creates the next item."""
    fresh = iter(items)
    return lambda: container.create_item(next(fresh))


def batching(container: ContainerProxy, items: Sequence[Item]) -> Call:
    """Return a call that creates the next 100 items in a transaction."""
    fresh = _batches(items)
    return lambda: container.execute_item_batch(next(fresh), partition_key=ORG)


def _batches(items: Sequence[Item]) -> Iterator[list[Any]]:
    for first in range(0, len(items), BATCH):
        yield [("create", (item,)) for item in items[first : first + BATCH]]


def paging(container: ContainerProxy, cursor: str | None) -> Call:
    """Return a call that reads a page of 100 items."""

    async def read() -> None:
        items, _ = await read_page(container, cursor, BATCH)
        assert len(items) == BATCH

    return read


async def read_page(
    container: ContainerProxy, cursor: str | None, size: int
) -> tuple[list[Item], str | None]:
    """Return the items of a page, and the cursor of the next page."""
    values: list[dict[str, object]] = [{"name": "@org", "value": ORG}]
    pages: Any = container.query_items(
        PAGE, parameters=values, partition_key=ORG, max_item_count=size
    ).by_page(cursor)
    return [item async for item in await anext(pages)], pages.continuation_token


async def compare(title: str, calls: Mapping[str, Call], count: int, rounds: int) -> None:
    """Print the ratio of the baseline's time to that of each variant, in interleaved rounds."""
    found = list[dict[str, Seconds]]()
    for call in calls.values():
        await measure(call, WARM_UP)  # also records the responses
    gc.freeze()  # collections don't search the prepared items
    for number in range(rounds):
        order = list(calls) if number % 2 else list(calls)[::-1]
        found.append({name: await measure(calls[name], count) for name in order})
    print(f"{title}: replay {_median(found, REPLAY) * 1000:.2f} ms", flush=True)
    for name in calls:
        if name != REPLAY:
            ratios = [statistics.median(_ratios(found, name, kind)) for kind in (0, 1)]
            print(
                f"  {name:16} {_median(found, name) * 1000:6.2f} ms, ratio {ratios[0]:.2f}"
                + ("" if name == PEER else f" (CPU {ratios[1]:.2f})"),
                flush=True,
            )
    if PEER in calls:
        for name in (MEMORY, DISK):
            if name in calls:
                factor = _median(found, PEER) / _median(found, name)
                print(f"  {name}: {factor:.1f} times as fast as {PEER}")


async def measure(call: Call, count: int) -> Seconds:
    """Return the mean time of `count` calls, one after another."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(count):
        await call()
    return Seconds((time.perf_counter() - wall) / count, (time.process_time() - cpu) / count)


def _ratios(found: Sequence[Mapping[str, Seconds]], name: str, kind: int) -> list[float]:
    return [one[REPLAY][kind] / one[name][kind] for one in found]


def _median(found: Sequence[Mapping[str, Seconds]], name: str) -> float:
    return statistics.median(one[name].wall for one in found)


async def fill(container: ContainerProxy, count: int) -> None:
    """Store items in batches of 100, and print the memory of this process after each fifth."""
    for stored in range(0, count, BATCH):
        if stored % (count // 5) == 0:
            print(f"{stored:,} items: {memory():.0f} MB", flush=True)
        await batching(container, make_items(BATCH, seed=stored // BATCH))()
    print(f"{count:,} items: {memory():.0f} MB", flush=True)


def memory() -> float:
    """Return the memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


async def find_cursors(container: ContainerProxy, count: int) -> dict[float, str | None]:
    """Return the cursor at each depth of the listing."""
    found: dict[float, str | None] = {}
    cursor, listed = None, 0
    for depth in DEPTHS:
        while listed < depth * count:
            items, cursor = await read_page(container, cursor, PAGE_SIZE_MAX)
            listed += len(items)
        found[depth] = cursor
    return found


async def measure_pages(
    folder: Path, count: int, rounds: int, peer: CosmosClient | None, stack: AsyncExitStack
) -> None:
    """Measure the memory of `count` items on disk, and pages of 100 of them."""
    emulator = Emulator(folder / "pages.db")
    stack.callback(emulator.close)
    containers = {DISK: await stack.enter_async_context(open_container(emulator))}
    await fill(containers[DISK], count)
    cursors = await find_cursors(containers[DISK], count)
    for name in (REPLAY, CONTROL):
        opened = open_container(emulator, ReplayTransport)
        containers[name] = await stack.enter_async_context(opened)
    cursors_of = dict.fromkeys(containers, cursors)
    if peer:
        containers[PEER] = await create_container(peer, "pages")
        await fill(containers[PEER], count)
        cursors_of[PEER] = await find_cursors(containers[PEER], count)
    for depth in DEPTHS:
        calls = {name: paging(one, cursors_of[name][depth]) for name, one in containers.items()}
        await compare(f"page of 100 of {count:,} items, {depth:.0%} deep", calls, PAGES, rounds)
    print(f"after the pages: {memory():.0f} MB", flush=True)


async def measure_writes(
    folder: Path, rounds: int, peer: CosmosClient | None, stack: AsyncExitStack
) -> None:
    """Measure creates and batches."""
    containers = dict[str, ContainerProxy]()
    for name in (REPLAY, CONTROL, MEMORY, DISK):
        emulator = Emulator(folder / "writes.db" if name == DISK else None)
        stack.callback(emulator.close)
        transport = AsyncTransport if name in (MEMORY, DISK) else ReplayTransport
        containers[name] = await stack.enter_async_context(open_container(emulator, transport))
    if peer:
        containers[PEER] = await create_container(peer, "writes")
    singles = make_items(WARM_UP + CREATES * rounds, seed=1)
    calls = {name: creating(one, singles) for name, one in containers.items()}
    await compare("create of one item", calls, CREATES, rounds)
    many = make_items(BATCH * (WARM_UP + BATCHES * rounds), seed=2)
    calls = {name: batching(one, many) for name, one in containers.items()}
    await compare("batch of 100 creates", calls, BATCHES, rounds)


async def main(count: int, rounds: int, *, with_peer: bool) -> None:
    """Print the memory and the ratios of pages, creates and batches."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        peer = None
        if with_peer:
            url = stack.enter_context(run_cosmosdb_server(folder / "peer"))
            # The server tells clients to use HTTPS.
            client = CosmosClient(url, KEY, enable_endpoint_discovery=False)
            peer = await stack.enter_async_context(client)
        await measure_pages(folder, count, rounds, peer, stack)
        await measure_writes(folder, rounds, peer, stack)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--items", type=int, default=20_000)
    arguments.add_argument("--rounds", type=int, default=150)
    arguments.add_argument("--peers", action="store_true")
    given = arguments.parse_args()
    asyncio.run(main(given.items, given.rounds, with_peer=given.peers))
