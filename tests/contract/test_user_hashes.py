"""Counts of distinct users can't be inflated, and hashes of two secrets are never mixed."""

import asyncio
from datetime import date
from hashlib import blake2b

import pytest
from datasketches import update_theta_sketch

from api.domain.events import DayBatch
from api.domain.rollups import DayCounts, user_hashes
from api.domain.user_hashes import UserKeys
from api.errors import ConfigurationError
from api.services.folds import fold_day
from api.services.metrics import summarize_metrics
from api.services.rebuilds import rebuild_outdated, rebuild_users
from api.services.recount import recount_day, repair_day
from api.services.rollups import catch_up
from api.services.sketches import LG_K, add_users, estimate
from api.stores.protocol import RollupStore
from tests.contract.samples import ORG, OTHER, append, event

DAY = "2026-03-01"
OLD_KEYS = UserKeys(b"an older secret of at least 32 bytes")


async def active_users(
    store: RollupStore, last: int = 2
) -> tuple[list[float | None], float | None]:
    days = {"first": date(2026, 3, 1), "last": date(2026, 3, last)}
    [users] = await summarize_metrics(store, ORG, **days, names=["active_users"])
    return [value for _, value in users.daily], users.total


@pytest.fixture
async def old_store(any_store: RollupStore, monkeypatch: pytest.MonkeyPatch) -> RollupStore:
    """Return a store that still hashes with the secret from before a rotation."""
    monkeypatch.setattr(any_store, "user_keys", OLD_KEYS)
    return any_store


def rotate(store: RollupStore, monkeypatch: pytest.MonkeyPatch) -> UserKeys:
    keys = UserKeys(b"the newer secret of at least 32 bytes")
    monkeypatch.setattr(store, "user_keys", keys)
    return keys


class TestKeys:
    def test_each_organisation_has_its_own_key(self):
        keys = UserKeys(bytes(32))

        assert keys.of(ORG).hash("u") != keys.of(OTHER).hash("u")
        assert keys.of(ORG).hash("u") == UserKeys(bytes(32)).of(ORG).hash("u")

    def test_another_secret_has_another_version_and_other_hashes(self):
        first, second = UserKeys(bytes(32)), UserKeys(b"1" * 32)

        assert first.version != second.version
        assert first.of(ORG).hash("u") != second.of(ORG).hash("u")

    def test_a_hash_needs_the_secret(self):
        unkeyed = blake2b(b"user-1", digest_size=8).digest()

        assert UserKeys(bytes(32)).of(ORG).hash("user-1") != unkeyed

    def test_hashing_without_a_secret_is_an_error(self):
        with pytest.raises(ConfigurationError, match="ANALYTICS_USER_HASH_SECRET_NAME"):
            UserKeys().of(ORG)

    def test_a_short_secret_is_refused(self):
        with pytest.raises(ConfigurationError, match="at least 32 bytes"):
            UserKeys(b"short")


async def test_deltas_and_rollups_hold_the_version_of_their_key(any_store: RollupStore):
    await append(any_store, [event(1)])
    [delta] = (await any_store.pending(ORG, DAY, limit=9)).deltas
    await catch_up(any_store)
    rollup = (await any_store.pending(ORG, DAY, limit=9)).rollup

    assert delta.users_key == rollup.users_key == any_store.user_keys.version


async def test_a_day_with_hashes_of_two_secrets_is_not_served_until_it_is_rebuilt(
    old_store: RollupStore, monkeypatch: pytest.MonkeyPatch
):
    await append(old_store, [event(n) for n in range(3)])
    await catch_up(old_store)
    keys = rotate(old_store, monkeypatch)
    await append(old_store, [event(4)])
    await catch_up(old_store)
    mixed = await active_users(old_store)
    rebuilt = await rebuild_outdated(old_store)

    assert mixed == ([None, 0], None)
    assert rebuilt == 1
    assert await active_users(old_store) == ([4, 0], 4)
    counts = await old_store.read(DayCounts, ORG, DAY)
    assert counts
    assert counts.record.users_key == keys.version
    assert counts.record.counts == {"type-0": 1, "type-1": 2, "type-2": 1}


async def test_events_in_deltas_of_the_old_secret_count_and_users_are_rebuilt(
    old_store: RollupStore, monkeypatch: pytest.MonkeyPatch
):
    await append(old_store, [event(1)])
    rotate(old_store, monkeypatch)
    await catch_up(old_store)
    await rebuild_outdated(old_store)
    monkeypatch.setattr(old_store, "user_keys", OLD_KEYS)
    await append(old_store, [event(2)])  # as a process with the old secret does
    rotate(old_store, monkeypatch)
    await catch_up(old_store)
    before = await active_users(old_store)
    await rebuild_outdated(old_store)

    assert before == ([None, 0], None)
    assert await active_users(old_store) == ([2, 0], 2)


async def test_days_of_two_secrets_have_values_but_no_total(
    old_store: RollupStore, monkeypatch: pytest.MonkeyPatch
):
    await append(old_store, [event(1)])
    await catch_up(old_store)
    rotate(old_store, monkeypatch)
    await append(old_store, [event(1, day=2), event(2, day=2)])
    await catch_up(old_store)
    mixed = await active_users(old_store)
    await rebuild_outdated(old_store)

    assert mixed == ([1, 2], None)
    assert await active_users(old_store) == ([1, 2], 2)


async def test_a_rebuild_keeps_users_folded_during_the_rebuild(
    old_store: RollupStore, monkeypatch: pytest.MonkeyPatch
):
    await append(old_store, [event(n, user_id=f"old-{n}") for n in range(3)])
    await catch_up(old_store)
    rotate(old_store, monkeypatch)
    store = _StoreWithArrivals(old_store)
    await rebuild_users(store, ORG, DAY)

    assert store.arrived == 2
    assert await active_users(old_store) == ([5, 0], 5)
    found = await recount_day(old_store, ORG, DAY)
    assert (found.differences, found.waits, found.lacks_users) == ([], False, False)


class _StoreWithArrivals:
    """A store that adds and folds a new event after every page that is read."""

    def __init__(self, store: RollupStore) -> None:
        self._store = store
        self.arrived = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def page(self, *arguments: object, **options: object) -> object:
        page = await self._store.page(*arguments, **options)
        moment = f"{DAY}T00:00:00.00000{self.arrived}Z"  # older than all events that were read
        await append(
            self._store, [event(50 + self.arrived, user_id=f"new-{self.arrived}", timestamp=moment)]
        )
        await fold_day(self._store, ORG, DAY)
        self.arrived += 1
        return page


async def test_a_rebuild_during_writes_and_folds_loses_no_user(
    old_store: RollupStore, monkeypatch: pytest.MonkeyPatch
):
    await append(old_store, [event(n, user_id=f"old-{n}") for n in range(5)])
    await catch_up(old_store)
    rotate(old_store, monkeypatch)

    async def write(first: int) -> None:
        for n in range(first, first + 8):
            await old_store.append(DayBatch(ORG, DAY, [event(n, user_id=f"new-{n}")], None))

    async def fold() -> None:
        for _ in range(4):
            await fold_day(old_store, ORG, DAY)
            await asyncio.sleep(0)

    await asyncio.gather(write(20), write(40), fold(), rebuild_users(old_store, ORG, DAY))
    await catch_up(old_store)

    assert await active_users(old_store) == ([21, 0], 21)


async def test_repairing_a_day_of_another_secret_rehashes_its_users(
    old_store: RollupStore, monkeypatch: pytest.MonkeyPatch
):
    await append(old_store, [event(n) for n in range(3)])
    await catch_up(old_store)
    rotate(old_store, monkeypatch)
    found = await repair_day(old_store, ORG, DAY)

    assert (found.differences, found.lacks_users) == ([], True)
    assert await active_users(old_store) == ([3, 0], 3)


async def test_a_day_that_becomes_outdated_is_found_by_the_next_pass(
    any_store: RollupStore, monkeypatch: pytest.MonkeyPatch
):
    await append(any_store, [event(1)])
    await catch_up(any_store)
    assert await rebuild_outdated(any_store) == 0
    current = any_store.user_keys
    monkeypatch.setattr(any_store, "user_keys", OLD_KEYS)
    await append(any_store, [event(2)])
    monkeypatch.setattr(any_store, "user_keys", current)
    await catch_up(any_store)

    assert await rebuild_outdated(any_store) == 1
    assert await active_users(any_store) == ([2, 0], 2)


async def test_ids_chosen_by_an_unkeyed_hash_do_not_inflate_the_count(store: RollupStore):
    """Send 4,500 ids that the sketch would count as more than 45,000 if the hash had no key.

    A sketch hashes its input again, so the ids are chosen by the value that a sketch stores.
    """
    count, candidates = 4_500, (f"forged_{n}" for n in range(60_000))
    chosen = sorted(candidates, key=_value_in_sketch)[:count]
    plain = estimate(add_users(b"", user_hashes(b"".join(map(_plain_hash, chosen)))))
    for start in range(0, count, 90):
        events = [
            event(start + n, user_id=name) for n, name in enumerate(chosen[start : start + 90])
        ]
        await store.append(DayBatch(ORG, DAY, events, None))
    await catch_up(store)
    [users, _], _ = await active_users(store)

    assert plain > 10 * count
    assert users == pytest.approx(count, rel=0.05)


def _value_in_sketch(user_id: str) -> int:
    sketch = update_theta_sketch(LG_K)
    for user_hash in user_hashes(_plain_hash(user_id)):
        sketch.update(user_hash)
    return next(iter(sketch))


def _plain_hash(user_id: str) -> bytes:
    return blake2b(user_id.encode(), digest_size=8).digest()
