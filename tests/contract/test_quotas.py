"""Every store: a quota is never exceeded by more than one request, and no event is lost."""

import asyncio
from datetime import timedelta

import pytest

from api.domain.quotas import QuotaCounter
from api.stores.dynamodb import DynamoDBStore
from api.stores.protocol import RollupStore
from tests.contract.quota_senders import (
    PER_REQUEST,
    CountingStore,
    Sender,
    refusal,
    reported,
    set_limit,
    stored,
)
from tests.contract.samples import ORG
from tests.support import START, ManualClock

WRITERS = 16


@pytest.fixture
def limit(any_store: RollupStore) -> int:
    return 63 if isinstance(any_store, DynamoDBStore) else 1003  # moto is slow


@pytest.mark.timeout(300)
async def test_sixteen_writers_of_one_process_stop_at_the_quota(
    any_store: RollupStore, processes, limit: int, clock: ManualClock
):
    await set_limit(any_store, limit)
    [process] = processes(1)
    await asyncio.gather(*(process.send_until_refused() for _ in range(WRITERS)))

    assert limit <= process.accepted < limit + PER_REQUEST
    assert await stored(any_store) == process.accepted
    assert await reported(any_store, clock) == process.accepted


@pytest.mark.timeout(300)
async def test_sixteen_processes_never_exceed_the_quota_by_more_than_a_request(
    any_store: RollupStore, processes, limit: int, clock: ManualClock
):
    """Reserved events of other processes can be refused, but are available some minutes later."""
    await set_limit(any_store, limit)
    senders: list[Sender] = processes(WRITERS)
    turns = asyncio.Semaphore(4 if isinstance(any_store, DynamoDBStore) else WRITERS)

    async def send_in_turn(sender: Sender) -> None:
        async with turns:
            await sender.send_until_refused()

    await asyncio.gather(*(send_in_turn(sender) for sender in senders))
    accepted = sum(sender.accepted for sender in senders)

    assert 0.7 * limit <= accepted < limit + PER_REQUEST
    assert await stored(any_store) == accepted
    assert await reported(any_store, clock) == accepted
    clock.forward(minutes=8)
    [another] = processes(1)
    await another.send_until_refused()
    accepted += another.accepted

    assert limit <= accepted < limit + PER_REQUEST
    assert await stored(any_store) == accepted
    assert await reported(any_store, clock) == accepted


async def test_events_that_are_not_stored_do_not_use_the_quota(any_store: RollupStore, processes):
    await set_limit(any_store, 2 * PER_REQUEST)
    [process] = processes(1)
    for _ in range(3):
        await process.send_numbers(range(PER_REQUEST))
    await process.send_numbers(range(PER_REQUEST), key="k")
    await process.send_numbers(range(PER_REQUEST), key="k")

    assert await process.send() == PER_REQUEST
    await refusal(process.send())


async def test_backdated_events_use_the_quota_of_this_month(any_store: RollupStore, processes):
    await set_limit(any_store, 2 * PER_REQUEST)
    [process] = processes(1)
    for days_ago in (40, 400):
        await process.send(days_ago=days_ago)

    await refusal(process.send(days_ago=800))


async def test_a_new_month_starts_with_the_whole_quota(
    any_store: RollupStore, processes, clock: ManualClock
):
    await set_limit(any_store, PER_REQUEST)
    first, second = processes(2)
    await first.send()
    error = await refusal(first.send())

    assert error.members == {"quota": PER_REQUEST, "period_end": "2026-04-01T00:00:00Z"}
    clock.moment = clock.moment.replace(day=31, hour=23, minute=59, second=55)
    error = await refusal(second.send())
    assert error.retry_after == 5
    clock.forward(seconds=5)
    assert await first.send() == PER_REQUEST
    await refusal(second.send())


async def test_a_larger_quota_applies_within_a_minute(
    any_store: RollupStore, processes, clock: ManualClock
):
    await set_limit(any_store, PER_REQUEST)
    [process] = processes(1)
    await process.send()
    await refusal(process.send())
    await set_limit(any_store, 2 * PER_REQUEST)
    clock.forward(seconds=61)

    assert await process.send() == PER_REQUEST
    await set_limit(any_store, None)
    clock.forward(seconds=61)
    assert await process.send(100) == 100


async def test_a_quota_counts_the_events_that_were_sent_before_it_was_set(
    any_store: RollupStore, processes, clock: ManualClock
):
    [process] = processes(1)
    await process.send(20)
    await reported(any_store, clock)
    await set_limit(any_store, 20)
    clock.forward(seconds=61)

    error = await refusal(process.send())
    assert error.retry_after == 15 * 60


async def test_responses_warn_from_a_part_of_the_quota(any_store: RollupStore, processes):
    await set_limit(any_store, 100, warn_at=50)
    [process] = processes(1)
    warned = []
    for _ in range(10):
        before = process.warnings
        await process.send(10)
        warned.append(process.warnings > before)

    assert warned == [*[False] * 4, *[True] * 6]


async def test_a_process_reads_the_organisation_and_the_counter_about_once_per_minute(
    any_store: RollupStore, processes, clock: ManualClock
):
    """The cost of the check doesn't depend on the number of requests."""
    await set_limit(any_store, 1_000_000)
    [process] = processes(1)
    process.store = counted = CountingStore(any_store)
    for _ in range(10):
        await process.send(10)  # the first reservations are small
    counted.calls.clear()
    for _ in range(3):
        clock.forward(seconds=60)
        for _ in range(10):
            await process.send(1)

    quota_calls = {name: calls for name, calls in counted.calls.items() if name != "append"}
    assert quota_calls == {
        "read Organization": 3,
        "read QuotaCounter": 3,
        "replace QuotaCounter": 3,
    }


@pytest.mark.parametrize("limit", [None, 1_000_000])
async def test_concurrent_requests_read_the_organisation_once(
    any_store: RollupStore, processes, clock: ManualClock, limit: int | None
):
    await set_limit(any_store, limit)
    [process] = processes(1)
    process.store = counted = CountingStore(any_store)
    for times in (1, 2):
        await asyncio.gather(*(process.send(1) for _ in range(4)))

        assert counted.calls["read Organization"] == times
        clock.forward(seconds=61)


async def test_without_a_quota_only_the_organisation_is_read(
    any_store: RollupStore, processes, clock: ManualClock
):
    await set_limit(any_store, None)
    [process] = processes(1)
    process.store = counted = CountingStore(any_store)
    for _ in range(5):
        await process.send()
    clock.forward(seconds=61)
    await process.send()

    assert counted.calls == {"read Organization": 2, "append": 6}


async def test_a_refused_process_only_looks_for_the_requests_events_for_ten_seconds(
    any_store: RollupStore, processes
):
    await set_limit(any_store, PER_REQUEST)
    [process] = processes(1)
    await process.send()
    await refusal(process.send())
    process.store = counted = CountingStore(any_store)
    for _ in range(5):
        await refusal(process.send())
    assert counted.calls == {"ingest_ids": 5}
    await refusal(process.send(key="new"))

    assert counted.calls == {"ingest_ids": 6, "read IdempotencyRecord": 1}


def test_a_counter_forgets_reservations_and_never_subtracts_them_twice():
    counter = QuotaCounter(ORG, "2026-03").reserve(100, "2026-03-10T12:01:00.000000Z")
    later = START + timedelta(minutes=8)
    corrected = counter.corrected(30, later)

    assert counter.give_back(70, "2026-03-10T12:01:00.000000Z").granted == 30
    assert corrected.granted == 30
    assert corrected.give_back(70, "2026-03-10T12:01:00.000000Z").granted == 30


def test_a_correction_keeps_recent_reservations():
    counter = QuotaCounter(ORG, "2026-03").reserve(100, "2026-03-10T12:01:00.000000Z")

    assert counter.corrected(30, START + timedelta(minutes=6)).granted == 100
    assert counter.corrected(130, START + timedelta(minutes=6)).granted == 130
