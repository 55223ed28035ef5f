"""The change feed's checkpoint is rarely written, and losing it is safe."""

import pytest

from api.domain.rollups import Checkpoint
from api.services.rollups import FEED_READER, catch_up
from api.stores.protocol import Store
from tests.contract.samples import ORG, append, event


async def test_a_fold_and_its_projection_write_one_checkpoint(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
):
    await append(any_store, [event(1)])
    await catch_up(any_store)
    replace, replaced = any_store.replace, []

    async def counting(record, *, version: str):
        replaced.append(type(record))
        return await replace(record, version=version)

    monkeypatch.setattr(any_store, "replace", counting)
    for number in range(2, 5):
        await append(any_store, [event(number)])
        await catch_up(any_store)

    assert replaced.count(Checkpoint) == 3


async def test_reading_changes_again_after_the_checkpoint_changes_nothing(any_store: Store):
    await append(any_store, [event(1)])
    await catch_up(any_store)
    checkpoint = await any_store.read(Checkpoint, FEED_READER)
    pending = await any_store.pending(ORG, event(1).day, limit=9)
    await catch_up(any_store)

    assert checkpoint is not None
    assert await any_store.pending(ORG, event(1).day, limit=9) == pending
    assert await any_store.read(Checkpoint, FEED_READER) == checkpoint
