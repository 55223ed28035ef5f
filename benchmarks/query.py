"""A page of the 100 newest events with a filter: 1,000,000 stored events against 10,000.

    uv run python -m benchmarks.query [--large 1000000] [--small 10000] [--pages 200]

Both stores have as many events a day: the large one goes back further. They are open at once and
asked in turn through the whole app. Goal: a p50 ratio of at most 2.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from httpx2 import ASGITransport, AsyncClient
from rich.progress import Progress

from api.app import create_app, open_emulated
from api.domain.events import Event, day_batches
from api.settings import Settings
from api.stores.protocol import Store
from benchmarks.payloads import make_events
from cosmos_emulator import Emulator

ORGANIZATIONS = ("org_acme", "org_globex", "org_initech")
SPAN = timedelta(days=28)
USERS = 20  # few enough that a page fills in the small store too
FILTERS: tuple[dict[str, str | list[str]], ...] = (
    {"event_type": "invoice_paid"},
    {"user_id": "user_00007"},
    {"event_type": ["page_viewed", "file_uploaded"]},
)


@asynccontextmanager
async def open_app(
    folder: Path, count: int, span: timedelta, progress: Progress
) -> AsyncGenerator[AsyncClient]:
    """A client of the whole app over `count` stored events."""
    emulator = Emulator(folder / "cosmos.db")
    app = create_app(
        Settings(data_dir=folder), open_store=lambda s: open_emulated(s, emulator), folds=False
    )
    async with app.router.lifespan_context(app):
        await fill(app.state.services.store, count, span, progress)
        async with AsyncClient(transport=ASGITransport(app), base_url="http://api.test") as http:
            grant = {"api_key": "ak_local_acme"}
            token = (await http.post("/api/v1/auth/token", json=grant)).json()["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            yield http
    emulator.close()


async def fill(store: Store, count: int, span: timedelta, progress: Progress) -> None:
    """Spread the events over the span until now and over three organisations."""
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
            for batch in day_batches(events, org_id=org_id, claim=None):
                await store.append(batch)
                progress.advance(task, len(batch.events))


def as_event(org_id: str, payload: dict[str, object]) -> Event:
    """The payload as the domain has it."""
    timestamp = str(payload["timestamp"])
    return Event(
        org_id=org_id,
        event_id=str(payload["event_id"]),
        event_type=str(payload["event_type"]),
        user_id=str(payload["user_id"]),
        timestamp=timestamp,
        properties=payload["properties"],  # pyright: ignore[reportArgumentType]
    )


async def ask(http: AsyncClient, filters: dict[str, str | list[str]]) -> float:
    """Milliseconds for one page."""
    started = time.perf_counter()
    answer = await http.get("/api/v1/events", params={"limit": 100, **filters})
    milliseconds = (time.perf_counter() - started) * 1000
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"], "the filter matches nothing"
    return milliseconds


async def main(large: int, small: int, pages: int) -> None:
    """Fill both stores, then ask them in turn."""
    with tempfile.TemporaryDirectory() as name, Progress() as progress:
        async with (
            open_app(Path(name) / "small", small, SPAN * small / large, progress) as few,
            open_app(Path(name) / "large", large, SPAN, progress) as many,
        ):
            for filters in FILTERS:
                times: tuple[list[float], list[float]] = ([], [])
                for turn in range(pages + 10):
                    pair = [await ask(http, filters) for http in (few, many)]
                    if turn >= 10:  # the first ones warm up
                        for row, milliseconds in zip(times, pair, strict=True):
                            row.append(milliseconds)
                report(filters, *times, labels=(small, large))


def report(
    filters: dict[str, str | list[str]],
    few: list[float],
    many: list[float],
    labels: tuple[int, int],
) -> None:
    """One line for a filter."""
    low, high = statistics.median(few), statistics.median(many)
    print(
        f"{filters}: p50 {low:.2f} ms at {labels[0]:,}, {high:.2f} ms at {labels[1]:,}, "
        f"ratio {high / low:.2f}"
    )


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--large", type=int, default=1_000_000)
    arguments.add_argument("--small", type=int, default=10_000)
    arguments.add_argument("--pages", type=int, default=200)
    given = arguments.parse_args()
    asyncio.run(main(given.large, given.small, given.pages))
