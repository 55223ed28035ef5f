"""Pages are complete, ordered and cheap for any distribution of events over days."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from math import ceil

import pytest

from api.domain.events import Event, EventQuery, day_batches
from api.stores.dynamodb import DynamoDBStore
from api.stores.protocol import Store
from cosmos_emulator import Emulator
from tests.contract.samples import ORG, event, query

PAGE = 101  # for a page of 100, the API reads one more event
MOTO_SCALE = 5  # moto is slow, so its pages and its days have fewer events
DENSITIES = {
    "one per day except every ninth": [int(day % 9 != 0) for day in range(60)],
    "a burst between days with one event": [1] * 20 + [120] + [1] * 20,
    "a burst after many empty days": [1] + [0] * 40 + [3] * 3 + [0] * 40 + [150],
    "more than one query may read": [1, 1, *[40] * 9],
    "a full page per day": [110] * 3,
    "no events": [],
}


def spread(counts: Iterable[int], first: str = "2026-01-01", **changes: object) -> list[Event]:
    """Return events of successive days; `counts` are the numbers per day."""
    days = ((date.fromisoformat(first) + timedelta(n), count) for n, count in enumerate(counts))
    return [
        event(n, timestamp=f"{day}T00:00:{n // 60:02}.{n % 60:06}Z", **changes)
        for day, count in days
        for n in range(count)
    ]


async def store_all(store: Store, events: Iterable[Event]) -> None:
    for batch in day_batches(((e, 300) for e in events), org_id=ORG, ingest_id=None):
        await store.append(batch)


async def list_all(store: Store, query: EventQuery, limit: int) -> list[Event]:
    after, seen = None, list[Event]()
    while page := await store.page(query, after=after, limit=limit):
        seen += page
        after = page[-1].key
        if len(page) < limit:
            break
    return seen


@pytest.mark.parametrize("counts", DENSITIES.values(), ids=DENSITIES)
async def test_pages_contain_every_event_once_in_order_at_any_density(
    any_store: Store, counts: list[int]
) -> None:
    scale = MOTO_SCALE if isinstance(any_store, DynamoDBStore) else 1
    events = spread(ceil(count / scale) for count in counts)
    await store_all(any_store, events)
    limit = PAGE // scale if len(events) > PAGE // scale else 17

    assert await list_all(any_store, query(), limit) == events[::-1]
    assert await list_all(any_store, query(ascending=True), limit) == events


@pytest.mark.parametrize("ascending", [False, True])
async def test_a_page_contains_only_events_of_its_range(
    any_store: Store, *, ascending: bool
) -> None:
    events = spread([1] * 20)
    await store_all(any_store, events)
    bounds = {"first": events[3].timestamp, "last": events[16].timestamp}
    found = await any_store.page(query(ascending=ascending, **bounds), after=None, limit=PAGE)

    assert sorted(found, key=lambda e: e.key) == events[3:16]


@contextmanager
def counted(emulator: Emulator) -> Iterator[list[str]]:
    """Yield the operations requested in this block, and count request units from zero."""
    requests = list[str]()
    emulator.request_charges.reset()
    emulator.interceptors.append(lambda request: requests.append(request.operation))
    yield requests
    emulator.interceptors.pop()


TIMELINES = {
    "a user of 53 days among others": [int(day % 8 != 7) for day in range(60)],
    "one event every hundred days": [int(day % 100 == 0) for day in range(3_000)],
    "two events in ten years": [1, *[0] * 3_650, 1],
    "many events per day": [30] * 5,
}


class TestOnCosmos:
    @pytest.mark.parametrize("counts", TIMELINES.values(), ids=TIMELINES)
    async def test_a_users_timeline_takes_at_most_10_calls_and_30_request_units(
        self, emulator: Emulator, store: Store, counts: list[int]
    ) -> None:
        timeline = spread(counts, first="2016-01-01", user_id="one", event_type="type")
        others = [
            event(n + 5_000, timestamp=e.timestamp, user_id="other")
            for e in timeline
            for n in range(3)
        ]
        await store_all(store, [*timeline, *others])
        await store.page(
            query(), after=None, limit=1
        )  # the SDK's first call also reads the container
        with counted(emulator) as requests:
            found = await store.page(query(user_id="one"), after=None, limit=PAGE)

        assert found == timeline[::-1][:PAGE]
        assert len(requests) <= 10
        assert sum(emulator.request_charges.totals.values()) <= 30

    async def test_a_sparse_organisation_takes_at_most_10_calls_and_30_request_units(
        self, emulator: Emulator, store: Store
    ) -> None:
        events = spread(TIMELINES["a user of 53 days among others"])
        await store_all(store, events)
        await store.page(query(), after=None, limit=1)
        with counted(emulator) as requests:
            found = await store.page(query(), after=None, limit=PAGE)

        assert found == events[::-1]
        assert len(requests) <= 10
        assert sum(emulator.request_charges.totals.values()) <= 30

    async def test_a_dense_page_after_a_cursor_takes_one_query(
        self, emulator: Emulator, store: Store
    ) -> None:
        events = spread([300])
        await store_all(store, events)
        first = await store.page(query(), after=None, limit=PAGE)
        with counted(emulator) as requests:
            await store.page(query(), after=first[-1].key, limit=PAGE)

        assert len(requests) == 1


async def test_a_sparse_organisation_on_dynamodb_waits_at_most_10_times(
    dynamodb: DynamoDBStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = spread(TIMELINES["a user of 53 days among others"])
    await store_all(dynamodb, events)
    run, open_calls, waits = dynamodb._client._run, 0, 0

    async def counting(*call: object) -> object:
        nonlocal open_calls, waits
        waits += open_calls == 0  # concurrent calls count as one wait
        open_calls += 1
        try:
            return await run(*call)
        finally:
            open_calls -= 1

    monkeypatch.setattr(dynamodb._client, "_run", counting)

    assert await dynamodb.page(query(), after=None, limit=PAGE) == events[::-1]
    assert waits <= 10
