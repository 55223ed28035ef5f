"""The removal of deleted data from the emulator's files ends even if it isn't possible now."""

from pathlib import Path

import pytest

from api.app import open_emulated
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
