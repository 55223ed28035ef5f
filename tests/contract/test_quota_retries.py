"""Every store: retries over quota, and processes that end or fail, lose no event and no quota."""

import asyncio
from datetime import date
from typing import Any

import pytest

from api.domain.quotas import QuotaCounter
from api.domain.reference import Organization
from api.services.quotas import Quotas
from api.services.rollups import catch_up
from api.services.usage import count_received
from api.stores.protocol import RollupStore, Unavailable
from tests.contract.quota_senders import (
    PER_REQUEST,
    CountingStore,
    DyingStore,
    FailingStore,
    Killed,
    refusal,
    reported,
    set_limit,
    stored,
)
from tests.contract.samples import ORG
from tests.support import ManualClock


async def test_a_retry_of_a_stored_request_gets_its_response_over_quota(
    any_store: RollupStore, processes
):
    await set_limit(any_store, PER_REQUEST)
    first, second = processes(2)
    await first.send_numbers(range(PER_REQUEST), key="k")
    await refusal(first.send(key="other"))
    for process in (first, second):
        again = await process.ingest(range(PER_REQUEST), key="k")

        assert [result.status for result in again.results] == ["created"] * PER_REQUEST
        assert again.replayed
    assert await stored(any_store) == PER_REQUEST


async def test_an_accepted_request_that_was_interrupted_is_completed_over_quota(
    any_store: RollupStore, processes, clock: ManualClock
):
    await set_limit(any_store, PER_REQUEST)
    first, second = processes(2)
    first.store = FailingStore(any_store, "append")
    with pytest.raises(Unavailable):
        await first.send_numbers(range(PER_REQUEST), key="k")
    clock.forward(minutes=10)
    await second.send(PER_REQUEST)
    await refusal(second.send())

    assert await second.send_numbers(range(PER_REQUEST), key="k") == PER_REQUEST
    assert await stored(any_store) == 2 * PER_REQUEST
    assert await reported(any_store, clock) == 2 * PER_REQUEST


async def test_a_retry_in_the_next_month_counts_in_the_month_of_the_first_attempt(
    any_store: RollupStore, processes, clock: ManualClock
):
    """The retry leaves the quota of the next month to other requests."""
    await set_limit(any_store, 2 * PER_REQUEST)
    clock.moment = clock.moment.replace(day=31)
    [process] = processes(1)
    process.store = FailingStore(any_store, "append")
    with pytest.raises(Unavailable):
        await process.send_numbers(range(PER_REQUEST), key="k")
    process.store = any_store
    clock.forward(hours=13)
    await process.send_numbers(range(PER_REQUEST), key="k")

    assert await reported(any_store, clock) == 0
    assert await count_received(any_store, ORG, date(2026, 3, 1)) == PER_REQUEST
    await process.send_until_refused()
    assert await reported(any_store, clock) == 2 * PER_REQUEST


async def test_a_request_of_stored_events_succeeds_over_quota(any_store: RollupStore, processes):
    """Duplicates don't use the quota, also if the request has no idempotency key or a new one."""
    await set_limit(any_store, PER_REQUEST)
    first, second = processes(2)
    await first.send_numbers(range(PER_REQUEST))
    await refusal(first.send())
    for process in (first, second):
        for key in ("", f"new key of {id(process)}"):
            again = await process.ingest(range(PER_REQUEST), key=key)

            assert [result.status for result in again.results] == ["duplicate"] * PER_REQUEST
    assert await stored(any_store) == PER_REQUEST


@pytest.mark.parametrize("key", ["k", ""])
async def test_a_request_with_a_new_event_is_refused_completely(
    any_store: RollupStore, processes, key: str
):
    await set_limit(any_store, PER_REQUEST)
    [process] = processes(1)
    await process.send_numbers(range(PER_REQUEST))

    await refusal(process.ingest(range(PER_REQUEST + 1), key=key))
    assert await stored(any_store) == PER_REQUEST


async def test_a_request_whose_key_could_not_be_stored_does_not_use_the_quota(
    any_store: RollupStore, processes
):
    await set_limit(any_store, 3 * PER_REQUEST)
    [process] = processes(1)
    await process.send()
    process.store = FailingStore(any_store, "create")
    for _ in range(3):
        with pytest.raises(Unavailable):
            await process.send(key="k")
    process.store = any_store

    assert await process.send(2 * PER_REQUEST) == 2 * PER_REQUEST
    await refusal(process.send())


CALLS = {"k": 10, "": 9}  # of the store by the process that is killed


@pytest.mark.parametrize(
    ("key", "calls"), [(key, calls) for key in CALLS for calls in range(CALLS[key] + 1)]
)
@pytest.mark.parametrize("is_lost", [False, True], ids=["before", "after"])
async def test_a_process_that_ends_at_any_call_of_the_store_loses_no_event_and_no_quota(
    any_store: RollupStore,
    processes,
    clock: ManualClock,
    calls: int,
    is_lost: bool,  # noqa: FBT001 - a parameter of the test
    key: str,
):
    """The client retries. In the end the whole quota is used, and never more.

    After all calls, the process isn't killed.
    """
    await set_limit(any_store, 4 * PER_REQUEST)
    killed, another = processes(2)
    killed.store = DyingStore(any_store, calls, is_lost=is_lost)
    is_killed = False
    try:
        await killed.send_numbers(range(PER_REQUEST), key=key)
        await killed.send()
    except Killed:
        is_killed = True
    clock.forward(minutes=8)
    await catch_up(any_store)
    await another.ingest(range(PER_REQUEST), key=key)
    await another.send_until_refused()

    total = await stored(any_store)
    assert is_killed == (calls < CALLS[key])
    assert 4 * PER_REQUEST <= total < 5 * PER_REQUEST
    assert await reported(any_store, clock) == total


class UnreadableStore(CountingStore):
    """A store that takes a moment to fail when it reads records of one kind."""

    def __init__(self, store: Any, kind: type[object]) -> None:
        super().__init__(store)
        self._unreadable = kind
        self.failures = 0

    async def read(self, kind: type[object], *key: str) -> object:
        if kind is not self._unreadable:
            return await self._store.read(kind, *key)
        self.failures += 1
        await asyncio.sleep(0)
        raise Unavailable("the test says so")


@pytest.mark.parametrize("kind", [Organization, QuotaCounter])
async def test_requests_that_wait_for_a_failing_read_share_the_failure(
    store: RollupStore, clock: ManualClock, kind: type[object]
):
    await set_limit(store, PER_REQUEST)
    quotas = Quotas()
    failing: Any = UnreadableStore(store, kind)
    requests = [quotas.reserve(failing, ORG, 1, now=clock()) for _ in range(30)]
    outcomes = await asyncio.gather(*requests, return_exceptions=True)

    assert all(isinstance(one, Unavailable) for one in outcomes)
    assert failing.failures == 1
    assert (await quotas.reserve(store, ORG, 1, now=clock())).events == 1
