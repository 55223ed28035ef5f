"""A file with a secret is complete or not there, and nobody else may read it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.auth import secret_files
from api.auth.factory import read_cursor_secret, read_user_keys
from api.auth.secret_files import create_once
from api.settings import Settings


def test_of_many_at_once_one_wins_and_nothing_is_left_beside(tmp_path: Path):
    path = tmp_path / "new" / "secret"
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda n: create_once(path, bytes([n]) * 32), range(16)))

    assert len(set(path.read_bytes())) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_kill_before_it_is_complete_leaves_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def killed(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(secret_files.os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        create_once(tmp_path / "secret", b"x")

    assert not (tmp_path / "secret").exists()


async def test_the_cursor_secret_is_made_once_even_in_a_new_folder(tmp_path: Path):
    settings = Settings(data_dir=tmp_path / "new")
    secret = await read_cursor_secret(settings)

    assert len(secret) == 32
    assert await read_cursor_secret(settings) == secret


async def test_the_secret_that_hashes_user_ids_is_made_once_and_kept(tmp_path: Path):
    settings = Settings(data_dir=tmp_path / "new")
    keys = await read_user_keys(settings)

    assert (await read_user_keys(settings)).version == keys.version
    assert ((tmp_path / "new" / "user-hash-secret").stat().st_mode & 0o777) == 0o600
