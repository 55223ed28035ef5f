"""A secret file is either complete or missing, and only its owner may read it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.auth import secret_files
from api.auth.factory import read_cursor_secret, read_user_keys
from api.auth.secret_files import create_once
from api.settings import Settings


def test_concurrent_creations_leave_one_complete_file(tmp_path: Path):
    path = tmp_path / "new" / "secret"
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda n: create_once(path, bytes([n]) * 32), range(16)))

    assert len(set(path.read_bytes())) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_creation_that_is_killed_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def killed(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(secret_files.os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        create_once(tmp_path / "secret", b"x")

    assert not (tmp_path / "secret").exists()


async def test_the_cursor_secret_is_created_once_even_in_a_new_folder(tmp_path: Path):
    settings = Settings(data_dir=tmp_path / "new")
    secret = await read_cursor_secret(settings)

    assert len(secret) == 32
    assert await read_cursor_secret(settings) == secret


async def test_the_user_hash_secret_is_created_once(tmp_path: Path):
    settings = Settings(data_dir=tmp_path / "new")
    keys = await read_user_keys(settings)

    assert (await read_user_keys(settings)).version == keys.version
    assert ((tmp_path / "new" / "user-hash-secret").stat().st_mode & 0o777) == 0o600
