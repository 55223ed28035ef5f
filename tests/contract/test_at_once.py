"""Many records are read, written and deleted several at once."""

import asyncio
from collections import Counter

import pytest

from api.domain.metrics import Metric, MetricValue
from api.domain.reference import Membership
from api.services.loaded_metrics import delete_loaded_metrics, load_metric_values
from api.services.member_records import list_members
from api.stores.protocol import Store

ORG = "org_new"


@pytest.fixture
def at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the numbers of calls of the store that are in progress when a call begins."""
    running, numbers = 0, list[int]()
    for name in ("create", "delete", "read"):
        original = getattr(store, name)

        async def count(*arguments: object, original=original) -> object:
            nonlocal running
            running += 1
            numbers.append(running)
            await asyncio.sleep(0)
            try:
                return await original(*arguments)
            finally:
                running -= 1

        monkeypatch.setattr(store, name, count)
    return numbers


async def test_values_are_loaded_and_deleted_sixteen_at_once(store: Store, at_once: list[int]):
    metric = Metric(ORG, "mrr", "sum")
    values = [MetricValue(ORG, "mrr", f"2026-03-{day:02}", day) for day in range(1, 31)]
    counts = [await load_metric_values(store, [metric], values) for _ in range(2)]
    loaded = max(at_once)
    at_once.clear()
    await delete_loaded_metrics(store, ORG)

    assert counts == [Counter(new=30), Counter(unchanged=30)]
    assert (loaded, max(at_once)) == (16, 16)
    assert not await store.find(MetricValue, ORG, last="metric}")
    assert not await store.find(Metric, ORG, first="metric~")


async def test_members_are_described_sixteen_at_once(store: Store, at_once: list[int]):
    for number in range(20):
        await store.create(Membership(f"user{number:02}", ORG, "viewer", "2026-01-01"))
    at_once.clear()
    members = await list_members(store, ORG)

    assert [one.membership.user_id for one in members] == [f"user{n:02}" for n in range(20)]
    assert max(at_once) == 16
