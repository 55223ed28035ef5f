"""Requests for servers that get killed, and checks of the stored events and metrics."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from httpx2 import ASGITransport, AsyncBaseTransport, AsyncClient, Response, TransportError

from api.app import create_app
from api.settings import Settings
from api.stores.protocol import Store
from tests.crash.processes import DEADLINE_SECONDS
from tests.support import START, an_event, send

EVENTS = "/api/v1/events"
RANGE = {"start_date": "2026-02-10", "end_date": "2026-03-11"}  # around START
POLL_SECONDS = 0.05

OLDER_EVENT = an_event(0, timestamp="2026-03-09T08:00:00Z", user_id="early-bird")
BATCH = [  # events of three days, stored in three transactions
    an_event(1, timestamp="2026-03-08T23:59:59.999999Z"),
    an_event(2, timestamp="2026-03-09T00:00:00Z", event_type="signed_up"),
    OLDER_EVENT | {"properties": {"sent": "again"}},
    {"event_type": "signed_up", "user_id": "without id and time"},
    {"event_type": "signed_up", "user_id": "u", "timestamp": "2026-03-08T12:00:00Z"},
    an_event(3, user_id=""),
    an_event(1, timestamp="2026-03-08T23:59:59.999999Z", user_id="second of two equal ones"),
    an_event(4),
    {"event_type": "page_viewed", "user_id": "early-bird"},
]
STATUSES = [
    *("created", "created", "duplicate", "created", "created"),
    *("rejected", "duplicate", "created", "created"),
]

type Values = dict[str, tuple[float, dict[str, float]]]  # metric -> (total, values by day)


@asynccontextmanager
async def in_process(data_dir: Path) -> AsyncGenerator[tuple[AsyncClient, Store]]:
    """Run the app in this process; yield a signed-in client and the store."""
    app = create_app(Settings(data_dir=data_dir), now=lambda: START, folds=False)
    async with (
        app.router.lifespan_context(app),
        signed_in("http://api.test", transport=ASGITransport(app)) as client,
    ):
        yield client, app.state.resources.store


@asynccontextmanager
async def signed_in(
    url: str, organization: str = "acme", transport: AsyncBaseTransport | None = None
) -> AsyncGenerator[AsyncClient]:
    """Yield a client with a token for the organisation's secret key."""
    async with AsyncClient(base_url=url, transport=transport, timeout=DEADLINE_SECONDS) as client:
        grant = {"api_key": f"ak_local_{organization}"}
        response = await client.post("/api/v1/auth/token", json=grant)
        client.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
        yield client


async def send_once(client: AsyncClient, *events: Any, key: str) -> Response | None:
    """Send events; return None if the connection breaks before the response."""
    try:
        return await send(client, *events, key=key)
    except TransportError:
        return None


async def list_events(
    client: AsyncClient, dates: Mapping[str, str] = RANGE
) -> list[Mapping[str, Any]]:
    """Return the events of all pages."""
    listed, cursor = [], {}
    while True:
        response = await client.get(EVENTS, params={**dates, "limit": 200, **cursor})
        page = response.raise_for_status().json()
        listed += page["data"]
        if page["next_cursor"] is None:
            return listed
        cursor = {"cursor": page["next_cursor"]}


async def summarize(
    client: AsyncClient, names: Iterable[str], dates: Mapping[str, str] = RANGE
) -> Values:
    """Return total and daily values of the API's metrics, without days whose value is 0."""
    response = await client.get("/api/v1/metrics/summary", params={**dates, "metrics": [*names]})
    return {
        metric["name"]: (
            metric["total"],
            {each["date"]: each["value"] for each in metric["daily"] if each["value"]},
        )
        for metric in response.raise_for_status().json()["metrics"]
    }


def recount(events: Iterable[Mapping[str, Any]]) -> Values:
    """Calculate the same metrics from the events."""
    seen = defaultdict(list)
    for event in events:
        seen["events"].append(event)
        seen[f"events.{event['event_type']}"].append(event)
    values: Values = {
        name: (len(found), dict(Counter(event["timestamp"][:10] for event in found)))
        for name, found in seen.items()
    }
    users = {(event["timestamp"][:10], event["user_id"]) for event in seen["events"]}
    distinct = len({user for _, user in users})
    return values | {"active_users": (distinct, dict(Counter(day for day, _ in users)))}


async def summarize_when_current(
    client: AsyncClient, expected: Values, dates: Mapping[str, str] = RANGE
) -> Values:
    """Poll the metrics until they equal `expected` or time is up; return the last values."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        values = await summarize(client, expected, dates)
        if values == expected or time.monotonic() > deadline:
            return values
        await asyncio.sleep(POLL_SECONDS)
