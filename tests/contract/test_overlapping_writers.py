"""Concurrent requests with the same events all succeed, and each event is stored once."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import pytest

from api.domain.events import PUBLIC, DayBatch, Draft
from api.services import events
from api.services.events import Ingested, Submission, ingest
from api.services.quotas import Quotas
from api.stores.dynamodb import DynamoDBStore
from api.stores.protocol import Conflict, Store
from tests.support import START

ORG = "org_acme"
WRITERS = 144
MOTO_WRITERS, MOTO_AT_ONCE = 24, 4  # moto is slow, and botocore times out after five seconds
EVENTS = 40
PER_REQUEST = 12


def draft(number: int) -> Draft:
    moment = START - timedelta(seconds=number)
    return Draft("page_viewed", f"user-{number}", f"event-{number}", moment, {}, 100)


async def write(store: Any, numbers: Collection[int]) -> Ingested:
    submission = Submission("fingerprint", [draft(number) for number in numbers])
    return await ingest(
        store,
        org_id=ORG,
        source=PUBLIC,
        submission=submission,
        key=None,
        now=lambda: START,
        quotas=Quotas(),
    )


@pytest.mark.timeout(300)
async def test_overlapping_writers_all_succeed_and_store_every_event_once(any_store: Store):
    is_moto = isinstance(any_store, DynamoDBStore)
    writers = MOTO_WRITERS if is_moto else WRITERS
    requests = [
        [(writer * 5 + offset * 7) % EVENTS for offset in range(PER_REQUEST)]
        for writer in range(writers)
    ]
    turns = asyncio.Semaphore(MOTO_AT_ONCE if is_moto else WRITERS)

    async def write_in_turn(numbers: Collection[int]) -> Ingested:
        async with turns:
            return await write(any_store, numbers)

    responses = await asyncio.gather(*(write_in_turn(numbers) for numbers in requests))
    results = [result for response in responses for result in response.results]

    assert Counter(result.status for result in results) == {
        "created": EVENTS,
        "duplicate": writers * PER_REQUEST - EVENTS,
    }


class RacingStore:
    """A store in which another writer adds the next event just before each append."""

    def __init__(self) -> None:
        self.stored: list[str] = []

    async def read(self, _: type[object], __: str) -> None:
        """Return no organisation, so there is no quota."""

    async def append(self, batch: DayBatch) -> None:
        if len(batch.events) > 1:
            self.stored.append(batch.events[0].key)
            raise Conflict

    async def ingest_ids(self, _: str, __: str, keys: Collection[str]) -> Mapping[str, None]:
        return {key: None for key in keys if key in self.stored}


async def test_a_writer_that_loses_every_race_still_succeeds():
    response = await write(RacingStore(), range(90))

    assert Counter(result.status for result in response.results) == {"created": 1, "duplicate": 89}


class StaleReadStore(RacingStore):
    """A store whose first reads don't return the latest writes."""

    def __init__(self, stale_reads: int) -> None:
        super().__init__()
        self.stale_reads = stale_reads

    async def ingest_ids(self, _: str, day: str, keys: Collection[str]) -> Mapping[str, None]:
        self.stale_reads -= 1
        return {} if self.stale_reads >= 0 else await super().ingest_ids(_, day, keys)


async def test_a_stale_read_is_repeated(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(events.asyncio, "sleep", _no_sleep)
    response = await write(StaleReadStore(stale_reads=7), range(2))

    assert [result.status for result in response.results] == ["created", "duplicate"]


async def _no_sleep(_: float) -> None:
    return None
