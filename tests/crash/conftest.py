"""Fixture `data_dir`: a copy of a data folder with one stored and counted event."""

import asyncio
import shutil
from pathlib import Path

import pytest

from api.services.rollups import catch_up
from tests.crash.history import OLDER_EVENT, in_process
from tests.support import send, statuses


@pytest.fixture(scope="session")
def seeded_data(tmp_path_factory: pytest.TempPathFactory, key_files: Path) -> Path:
    folder = tmp_path_factory.mktemp("seeded") / "data"
    shutil.copytree(key_files, folder)

    async def seed():
        async with in_process(folder) as (client, store):
            assert statuses(await send(client, OLDER_EVENT)) == ["created"]
            await catch_up(store)

    asyncio.run(seed())
    return folder


@pytest.fixture
def data_dir(tmp_path: Path, seeded_data: Path) -> Path:
    return shutil.copytree(seeded_data, tmp_path / "data")
