"""The contract of every store: rollups and the change feed. `test_store.py` covers the rest."""

import asyncio
from dataclasses import replace

import pytest

from api.domain.events import PUBLIC, DayBatch
from api.domain.rollups import DeadLetter, Delta, Rollup, dead_letter_from_delta, delta_of
from api.stores.protocol import Conflict, Store
from tests.contract.samples import ORG, OTHER, append, event, query


class TestFold:
    async def test_deltas_are_pending_until_they_are_folded(self, any_store: Store):
        await append(any_store, [event(1), event(2)])
        pending = await any_store.pending(ORG, "2026-03-01", limit=9)
        rollup = Rollup(ORG, "2026-03-01", 1, {"a": 2}, sketch=b"sketch")
        await any_store.fold(rollup, version=pending.version, deltas=pending.deltas)
        after = await any_store.pending(ORG, "2026-03-01", limit=9)

        assert pending.version is None
        assert sorted(d.delta_id for d in pending.deltas) == [event(1).key, event(2).key]
        assert after.rollup == rollup
        assert list(after.deltas) == []

    async def test_a_delta_contains_the_counts_of_its_events(self, any_store: Store):
        batch = DayBatch(ORG, "2026-03-01", [event(1), event(2, source=PUBLIC)], None)
        await any_store.append(batch)

        assert list((await any_store.pending(ORG, "2026-03-01", limit=9)).deltas) == [
            delta_of(batch, any_store.user_keys.of(ORG))
        ]

    async def test_a_fold_on_an_old_rollup_changes_nothing(self, any_store: Store):
        await append(any_store, [event(1)])
        stale = await any_store.pending(ORG, "2026-03-01", limit=9)
        await any_store.fold(Rollup(ORG, "2026-03-01", 1), version=None, deltas=[])

        with pytest.raises(Conflict):
            await any_store.fold(
                Rollup(ORG, "2026-03-01", 9), version=stale.version, deltas=stale.deltas
            )
        now = await any_store.pending(ORG, "2026-03-01", limit=9)
        assert (now.rollup.number, len(now.deltas)) == (1, 1)

    async def test_a_fold_with_a_missing_delta_changes_nothing(self, any_store: Store):
        await append(any_store, [event(1)])
        gone = Delta(ORG, "2026-03-01", "2026-03-01T~gone", {}, b"")
        pending = await any_store.pending(ORG, "2026-03-01", limit=9)

        with pytest.raises(Conflict):
            await any_store.fold(
                Rollup(ORG, "2026-03-01", 1), version=None, deltas=[*pending.deltas, gone]
            )
        now = await any_store.pending(ORG, "2026-03-01", limit=9)
        assert (now.version, len(now.deltas)) == (None, 1)

    async def test_erased_events_are_deleted_with_the_fold(self, any_store: Store):
        await append(any_store, [event(n) for n in range(3)])
        pending = await any_store.pending(ORG, "2026-03-01", limit=9)
        rollup = Rollup(ORG, "2026-03-01", 1, {"a": 1}, erased={"2026-03-01": 2})
        keys = [event(0).key, event(2).key]
        await any_store.fold(rollup, version=None, deltas=pending.deltas, erased=keys)

        after = await any_store.pending(ORG, "2026-03-01", limit=9)
        assert (after.rollup, list(after.deltas)) == (rollup, [])
        assert await any_store.page(query(), after=None, limit=9) == [event(1)]

    async def test_a_fold_with_a_missing_event_changes_nothing(self, any_store: Store):
        await append(any_store, [event(1)])
        with pytest.raises(Conflict):
            await any_store.fold(
                Rollup(ORG, "2026-03-01", 1),
                version=None,
                deltas=[],
                erased=[event(1).key, event(2).key],
            )

        assert (await any_store.pending(ORG, "2026-03-01", limit=9)).version is None
        assert await any_store.page(query(), after=None, limit=9) == [event(1)]

    async def test_unfolded_days_are_listed(self, any_store: Store):
        await append(any_store, [event(1, day=d) for d in (1, 2)] + [event(1, org=OTHER)])
        pending = await any_store.pending(ORG, "2026-03-02", limit=9)
        await any_store.fold(Rollup(ORG, "2026-03-02", 1), version=None, deltas=pending.deltas)

        assert set(await any_store.unfolded()) == {(ORG, "2026-03-01"), (OTHER, "2026-03-01")}

    async def test_a_rollup_of_many_users_and_types_fits(self, any_store: Store):
        counts = {f"type-{n:0100}": n for n in range(1000)}
        rollup = Rollup(ORG, "2026-03-01", 1, counts, sketch=bytes(32 * 1024))
        await any_store.fold(rollup, version=None, deltas=[])

        assert (await any_store.pending(ORG, "2026-03-01", limit=9)).rollup == rollup

    async def test_only_one_of_many_concurrent_folds_succeeds(self, any_store: Store):
        await append(any_store, [event(1)])
        pending = await any_store.pending(ORG, "2026-03-01", limit=9)
        outcomes = await asyncio.gather(
            *(
                any_store.fold(
                    replace(pending.rollup, number=n), version=None, deltas=pending.deltas
                )
                for n in range(1, 5)
            ),
            return_exceptions=True,
        )

        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3

    async def test_a_delta_is_dead_lettered_once(self, any_store: Store):
        await append(any_store, [event(1), event(2)])
        [delta, _] = (await any_store.pending(ORG, "2026-03-01", limit=9)).deltas
        dead_letter = dead_letter_from_delta(delta, "a reason")
        assert await any_store.move_to_dead_letters(dead_letter)
        assert not await any_store.move_to_dead_letters(dead_letter)

        left = (await any_store.pending(ORG, "2026-03-01", limit=9)).deltas
        assert [d.delta_id for d in left] == [event(2).key]
        assert await any_store.find(DeadLetter, ORG) == [dead_letter]


class TestChanges:
    async def read_all(self, store: Store, checkpoint: str | None, *, limit: int = 100):
        """Return all changes after the checkpoint, and the new checkpoint."""
        days, rollups = set[tuple[str, str]](), list[Rollup]()
        while (changes := await store.changes(checkpoint, limit=limit)).count:
            days |= changes.days
            rollups += changes.rollups
            checkpoint = changes.checkpoint
        return days, rollups, changes.checkpoint

    async def test_every_delta_and_rollup_is_seen_from_the_beginning(self, any_store: Store):
        await append(any_store, [event(1, day=d) for d in range(1, 10)] + [event(1, org=OTHER)])
        await any_store.fold(Rollup(ORG, "2026-03-05", 1), version=None, deltas=[])
        days, rollups, _ = await self.read_all(any_store, None, limit=3)

        assert days == {(ORG, f"2026-03-{d:02}") for d in range(1, 10)} | {(OTHER, "2026-03-01")}
        assert rollups == [Rollup(ORG, "2026-03-05", 1)]

    async def test_changes_continue_from_a_checkpoint(self, any_store: Store):
        await append(any_store, [event(1, day=1)])
        _, _, checkpoint = await self.read_all(any_store, None)
        await append(any_store, [event(1, day=2)])
        days, _, later = await self.read_all(any_store, checkpoint)

        assert days == {(ORG, "2026-03-02")}
        assert (await any_store.changes(later, limit=9)).count == 0

    async def test_an_old_checkpoint_returns_the_same_changes_again(self, any_store: Store):
        await append(any_store, [event(1, day=1)])
        first = await any_store.changes(None, limit=9)

        assert first.count
        assert (await any_store.changes(None, limit=9)).days == first.days
