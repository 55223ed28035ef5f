"""Measure a page of 100 events by the number of stored events and by the depth of the cursor.

    uv run python -m benchmarks.query [--large 1000000] [--small 10000] [--pages 200]

The first part requests the newest events with a filter, from 1,000,000 and from 10,000 stored
events. Both stores have the same number of events per day, but the large one covers more days. Both
are open at the same time, and requests go to them in turn, through the complete app. The goal is a
p50 ratio of at most 2.

The second part requests pages with a cursor from the large store, at the start and at 10 to 90 % of
the listing. The goal is a p50 ratio of at most 1.5.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from httpx2 import ASGITransport, AsyncClient
from rich.progress import Progress

from api.app import create_app
from api.backends import open_emulated
from api.domain.events import Event, day_batches
from api.settings import Settings
from api.stores.protocol import Store
from benchmarks.payloads import make_events
from cosmos_emulator import Emulator

ORGANIZATIONS = ("org_acme", "org_globex", "org_initech")
SPAN = timedelta(days=28)
USERS = 20  # few enough to fill a page in the small store too
FILTERS: tuple[dict[str, str | list[str]], ...] = (
    {"event_type": "invoice_paid"},
    {"user_id": "user_00007"},
    {"event_type": ["page_viewed", "file_uploaded"]},
)
DEPTHS = (0.0, 0.1, 0.5, 0.9)  # as shares of the listing
PAGE_SIZE_MAX = 200


@asynccontextmanager
async def open_app(
    folder: Path, count: int, span: timedelta, progress: Progress
) -> AsyncGenerator[AsyncClient]:
    """Return a client of the complete app with `count` stored events."""
    emulator = Emulator(folder / "cosmos.db")
    app = create_app(
        Settings(data_dir=folder), open_store=lambda s: open_emulated(s, emulator), folds=False
    )
    async with app.router.lifespan_context(app):
        await fill(app.state.resources.store, count, span, progress)
        async with AsyncClient(transport=ASGITransport(app), base_url="http://api.test") as http:
            grant = {"api_key": "ak_local_acme"}
            token = (await http.post("/api/v1/auth/token", json=grant)).json()["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            yield http
    emulator.close()


async def fill(store: Store, count: int, span: timedelta, progress: Progress) -> None:
    """Store events, evenly spread over the time span until now and over three organisations."""
    task = progress.add_task(f"storing {count:,} events", total=count)
    start = datetime.now(UTC) - span
    for number, org_id in enumerate(ORGANIZATIONS):
        share = count // len(ORGANIZATIONS)
        for first in range(0, share, 10_000):
            size = min(10_000, share - first)
            payloads = make_events(
                size,
                start + span / share * first,
                seed=number * share + first,
                step=span / share,
                users=USERS,
            )
            events = ((as_event(org_id, payload), 500) for payload in payloads)
            for batch in day_batches(events, org_id=org_id, ingest_id=None):
                await store.append(batch)
                progress.advance(task, len(batch.events))


def as_event(org_id: str, payload: dict[str, object]) -> Event:
    """Convert the payload to a domain event."""
    timestamp = str(payload["timestamp"])
    return Event(
        org_id=org_id,
        event_id=str(payload["event_id"]),
        event_type=str(payload["event_type"]),
        user_id=str(payload["user_id"]),
        timestamp=timestamp,
        properties=payload["properties"],  # pyright: ignore[reportArgumentType]
    )


async def request_page(http: AsyncClient, **filters: str | list[str] | int) -> float:
    """Request one page and return its duration in milliseconds."""
    started = time.perf_counter()
    response = await http.get("/api/v1/events", params={"limit": 100, **filters})
    milliseconds = (time.perf_counter() - started) * 1000
    assert response.status_code == 200, response.text
    assert response.json()["data"], "no event matches the filter"
    return milliseconds


async def main(large: int, small: int, pages: int) -> None:
    """Fill both stores, and measure the pages of both and the cursors of the large one."""
    with tempfile.TemporaryDirectory() as name, Progress() as progress:
        async with (
            open_app(Path(name) / "small", small, SPAN * small / large, progress) as few,
            open_app(Path(name) / "large", large, SPAN, progress) as many,
        ):
            for filters in FILTERS:
                clients = {
                    f"{small:,} stored": (few, filters),
                    f"{large:,} stored": (many, filters),
                }
                await compare(str(filters), clients, pages)
            share = large // len(ORGANIZATIONS)
            cursors = await walk(many, share, progress)
            depths = {
                f"{depth:.0%} deep": (many, {"cursor": cursor}) for depth, cursor in cursors.items()
            }
            await compare("with a cursor", depths, pages)


async def walk(http: AsyncClient, count: int, progress: Progress) -> dict[float, str]:
    """List the events of an organisation, and return the cursor at each depth."""
    cursors = dict[float, str]()
    cursor, listed = "", 0
    task = progress.add_task("listing events up to the deepest cursor", total=DEPTHS[-1] * count)
    while len(cursors) < len(DEPTHS):
        params = {"limit": PAGE_SIZE_MAX, **({"cursor": cursor} if cursor else {})}
        response = await http.get("/api/v1/events", params=params)
        cursor, listed = response.json()["next_cursor"], listed + PAGE_SIZE_MAX
        progress.advance(task, PAGE_SIZE_MAX)
        if listed > DEPTHS[len(cursors)] * count:
            cursors[DEPTHS[len(cursors)]] = cursor
    return cursors


async def compare(
    title: str, requests: Mapping[str, tuple[AsyncClient, Mapping[str, Any]]], pages: int
) -> None:
    """Send the requests in turn, and print the median of each with its ratio to the first."""
    times: dict[str, list[float]] = {label: [] for label in requests}
    for turn in range(pages + 10):
        for label, (http, params) in requests.items():
            milliseconds = await request_page(http, **params)
            if turn >= 10:  # the first ten warm up
                times[label].append(milliseconds)
    medians = {label: statistics.median(measured) for label, measured in times.items()}
    first = next(iter(medians.values()))
    figures = [f"{label} {ms:.2f} ms (ratio {ms / first:.2f})" for label, ms in medians.items()]
    print(f"{title}: p50 {', '.join(figures)}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--large", type=int, default=1_000_000)
    arguments.add_argument("--small", type=int, default=10_000)
    arguments.add_argument("--pages", type=int, default=200)
    given = arguments.parse_args()
    asyncio.run(main(given.large, given.small, given.pages))
