"""Sample events for tests of the lake, and a query for the keys that a table holds."""

from api.domain.events import Event
from api.lake.protocol import Statement
from api.lake.reader import DuckDBReader

ORG = "org_Ünï/../code"
_KEYS = Statement(
    "SELECT strftime(timestamp, '%Y-%m-%dT%H:%M:%S.%fZ') || '~' || event_id || "
    "CASE source WHEN 'public' THEN '!public' ELSE '' END FROM events ORDER BY ALL"
)


def an_event(
    number: int, *, day: str = "2026-03-10", org_id: str = ORG, **changes: object
) -> Event:
    """Return an event; consecutive numbers are one microsecond apart."""
    values = {
        "org_id": org_id,
        "event_id": f"event-{number}",
        "event_type": "page_viewed",
        "user_id": f"user-{number % 7}",
        "timestamp": f"{day}T10:00:00.{number:06}Z",
        "properties": {"number": number, "path": "/«pricing»"},
    }
    return Event(**{**values, **changes})  # pyright: ignore[reportArgumentType]


def events(count: int, *, first: int = 0, day: str = "2026-03-10") -> list[Event]:
    return [an_event(number, day=day) for number in range(first, first + count)]


async def stored_keys(reader: DuckDBReader, org_id: str = ORG) -> list[str]:
    """Return the key of every row, also of duplicates."""
    snapshot = await reader.snapshot(org_id)
    rows = await reader.query(snapshot, _KEYS, first_day="", last_day="9")
    return [key for (key,) in rows]
