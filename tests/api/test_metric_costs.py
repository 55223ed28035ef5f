"""Request units per metrics query: queries for counts don't read user sketches."""

from datetime import date, timedelta

import pytest
from httpx2 import AsyncClient

from api.domain.rollups import DayCounts, DayUsers
from api.services.sketches import add_users
from api.stores.protocol import Store
from cosmos_emulator import Emulator

LAST = date(2026, 3, 9)
TYPES = {f"type_of_event_{n}": 1000 + n for n in range(6)}


@pytest.fixture
async def full_year(store: Store, acme: AsyncClient, emulator: Emulator) -> AsyncClient:
    """Store 366 days with six event types each and a user sketch of full size."""
    sketch = add_users(b"", range(20_000))
    key = store.user_keys.version
    for number in range(366):
        day = (LAST - timedelta(number)).isoformat()
        await store.create(DayUsers("org_acme", day, 9, key, 0, sketch))
        await store.create(DayCounts("org_acme", day, 9, TYPES, key, 9))
    emulator.request_charges.reset()
    return acme


async def cost(client: AsyncClient, emulator: Emulator, path: str, days: int, *names: str) -> float:
    first = LAST - timedelta(days - 1)
    params = {"start_date": first.isoformat(), "end_date": LAST.isoformat(), "metrics": list(names)}
    response = await client.get(path, params={k: v for k, v in params.items() if v})
    assert response.status_code == 200, response.text
    totals = emulator.request_charges.totals
    charged = sum(
        charge for (where, _), charge in totals.items() if where in ("rollups", "metrics")
    )
    totals.clear()
    return charged


async def test_event_types_of_30_days_cost_at_most_10_request_units(
    full_year: AsyncClient, emulator: Emulator
):
    charged = await cost(full_year, emulator, "/api/v1/event-types", 30)
    assert 0 < charged <= 10


async def test_a_year_of_daily_counts_costs_at_most_100_request_units(
    full_year: AsyncClient, emulator: Emulator
):
    names = ("events", *(f"events.{name}" for name in TYPES))

    charged = await cost(full_year, emulator, "/api/v1/metrics/summary", 366, *names)
    assert 0 < charged <= 100


async def test_queries_for_distinct_users_read_the_sketches(
    full_year: AsyncClient, emulator: Emulator
):
    charged = await cost(full_year, emulator, "/api/v1/metrics/summary", 30, "active_users")

    assert charged > 100
