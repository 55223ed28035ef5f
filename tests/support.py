"""Helpers for API tests: sample events, functions that send them, and a manual clock."""

from datetime import UTC, datetime, timedelta

from httpx2 import AsyncClient, Response

from cosmos_emulator import Emulator

EVENTS = "/api/v1/events"
START = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


class ManualClock:
    """A clock that only moves when a test moves it."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


def an_event(number: int = 0, **changes: object) -> dict[str, object]:
    """Return an event as a client sends it; consecutive numbers are one second apart."""
    moment = START - timedelta(hours=1) + timedelta(seconds=number)
    return {
        "event_id": f"event-{number:04}",
        "event_type": "page_viewed",
        "user_id": f"user-{number % 7}",
        "timestamp": moment.isoformat().replace("+00:00", "Z"),
        "properties": {"path": "/pricing", "number": number},
    } | changes


def copy_data(source: Emulator, target: Emulator) -> None:
    """Replace the contents of an emulator with those of another one."""
    source._context.storage.sql.backup(target._context.storage.sql)


async def send(client: AsyncClient, *events: dict[str, object], key: str | None = None) -> Response:
    """POST the events, with an Idempotency-Key if one is given."""
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post("/api/v1/events", json={"events": list(events)}, headers=headers)


def statuses(response: Response) -> list[str]:
    """Return the status of every event of an ingest response, in order."""
    return [result["status"] for result in response.json()["results"]]


async def everything(client: AsyncClient) -> list[dict[str, object]]:
    """Return up to 200 events of the client's organisation, newest first."""
    response = await client.get(
        EVENTS, params={"limit": 200, "start_date": "2000-01-01", "end_date": "2030-01-01"}
    )
    return response.json()["data"]
