"""The removal of deleted data from the emulator's files ends even if it isn't possible now."""

from itertools import batched
from pathlib import Path
from random import Random

import pytest

from api.backends import open_emulated
from api.settings import Settings
from api.stores import cosmos
from api.stores.protocol import StorageFull, Unavailable
from cosmos_emulator import Emulator
from tests.api.test_full_disk import fill, small_disk

__all__ = ["small_disk"]


async def test_a_full_disk_is_reported(settings: Settings, small_disk: Path):
    emulator = Emulator(small_disk / "cosmos.db")
    async with open_emulated(settings, emulator) as store:
        filler = fill(small_disk)
        emulator._context.storage.sql.execute("BEGIN IMMEDIATE")  # a group that can't be flushed
        with pytest.raises(StorageFull):
            await store.scrub()
        emulator._context.storage.sql.execute("ROLLBACK")
        filler.unlink()
        await store.scrub()
    emulator.close()


async def test_constant_writes_do_not_block_forever(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cosmos, "_SCRUB_PAUSE_SECONDS", 0)
    emulator = Emulator(settings.data_dir / "cosmos.db")
    async with open_emulated(settings, emulator) as store:
        monkeypatch.setattr(store, "_scrub", lambda: False)
        with pytest.raises(Unavailable) as refused:
            await store.scrub()
        assert "writes are in progress" in refused.value.reason
    emulator.close()


async def test_nothing_of_a_deleted_item_remains_in_the_file(settings: Settings):
    """With these items, SQLite's secure_delete alone leaves a part of a user id behind."""
    path, random = settings.data_dir / "cosmos.db", Random(0)  # noqa: S311 - test data
    emulator = Emulator(path)
    items = [
        {
            "id": f"2026-03-10T{random.random():.9f}~e",
            "org_id": "o",
            "day": "2026-03-10",
            "type": "event",
            "user_id": f"{'secret-user' if number % 100 == 0 else random.random()}@shop.example",
            "properties": {"x": "y" * random.randrange(300)},
        }
        for number in range(15_000)
    ]
    deleted = [item["id"] for item in items if item["user_id"].startswith("secret")]
    operations = [("create", (item,)) for item in items] + [("delete", (id_,)) for id_ in deleted]
    async with open_emulated(settings, emulator) as store:
        for batch in batched(operations, 100, strict=False):
            await store._events.execute_item_batch(batch, ["o", "2026-03-10"])
        await store.scrub()

    assert b"secret" not in path.read_bytes()
    emulator.close()
