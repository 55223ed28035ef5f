"""Create events of about 500 bytes, as an SDK sends them, with ordered ids and recent times."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

TYPES = ("page_viewed", "feature_used", "search_performed", "file_uploaded", "invoice_paid")
BATCH = 100


def make_events(
    count: int, start: datetime, *, seed: int, step: timedelta, users: int = 5000
) -> list[dict[str, object]]:
    """Return `count` events of up to `users` users, `step` apart from `start` on."""
    generator = random.Random(seed)
    return [_event(generator, start + step * number, users) for number in range(count)]


def make_bodies(batches: int, *, seed: int) -> list[bytes]:
    """Return request bodies of 100 recent events each."""
    start = datetime.now(UTC) - timedelta(minutes=5)
    events = make_events(batches * BATCH, start, seed=seed, step=timedelta(milliseconds=1))
    cut = range(0, len(events), BATCH)
    return [orjson.dumps({"events": events[i : i + BATCH]}) for i in cut]


def _event(generator: random.Random, moment: datetime, users: int) -> dict[str, object]:
    milliseconds = int(moment.timestamp() * 1000)
    bits = milliseconds << 80 | 7 << 76 | generator.getrandbits(12) << 64
    bits |= 2 << 62 | generator.getrandbits(62)
    user = generator.randrange(users)
    return {
        "event_id": str(UUID(int=bits)),
        "event_type": generator.choice(TYPES),
        "user_id": f"user_{user:05}",
        "timestamp": moment.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "properties": {
            "path": f"/projects/{generator.randrange(1000)}/settings",
            "referrer": "https://www.example.com/search?q=analytics",
            "session_id": f"{generator.getrandbits(64):016x}",
            "plan": generator.choice(("free", "pro", "enterprise")),
            "duration_ms": generator.randrange(20_000),
            "viewport": {"width": 1440, "height": 900},
            "experiment": "checkout-button-colour",
            "is_first_visit": generator.random() < 0.1,
            "browser": "Firefox 145 on Linux, 64 bit",
        },
    }
