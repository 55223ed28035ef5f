"""Short functions that create, store and query sample events."""

from collections.abc import Iterable

from api.domain.events import DayBatch, Event, EventQuery
from api.domain.reference import INTENDED, AuditEntry, Membership
from api.stores.protocol import Store

ORG, OTHER = "org_acme", "org_globex"
AUDIT_ENTRY = AuditEntry(
    ORG,
    "2026-03-10T12:00:00.000000Z~1",
    "2026-03-10T12:00:00.000000Z",
    "operator",
    "alice",
    "member.add",
    "u1",
    {"role": "admin"},
    "request",
    INTENDED,
    (Membership("u1", ORG, "admin", "2026-01-01", 3),),
)
ALL_TIME = {"first": "2000-01-01T00:00:00.000000Z", "last": "2100-01-01T00:00:00.000000Z"}


def event(number: int, *, day: int = 1, org: str = ORG, **changes: object) -> Event:
    values: dict[str, object] = {
        "org_id": org,
        "event_id": f"e{number:04}",
        "event_type": f"type-{number % 3}",
        "user_id": f"user-{number % 5}",
        "timestamp": f"2026-03-{day:02}T00:00:{number % 60:02}.000000Z",
        "properties": {"n": number},
    }
    return Event(**values | changes)  # pyright: ignore[reportArgumentType]


async def append(store: Store, events: Iterable[Event], ingest_id: str | None = None) -> None:
    for one in events:
        await store.append(DayBatch(one.org_id, one.day, [one], ingest_id))


def query(**changes: object) -> EventQuery:
    return EventQuery(**{"org_id": ORG, **ALL_TIME, **changes})  # pyright: ignore[reportArgumentType]
