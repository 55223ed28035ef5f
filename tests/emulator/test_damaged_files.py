"""A damaged file is rejected when it is opened or when the damaged part is first read."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from cosmos_emulator import DamagedFileError, Emulator, FileError, files

ITEMS = "/dbs/db/colls/items/docs"
KEY = {"x-ms-documentdb-partitionkey": '["p"]'}
PAGE = 4096


@pytest.fixture
def filled(file: Path) -> Path:
    """Return a closed file of several hundred pages."""
    emulator = Emulator(file)
    emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
    emulator.handle(
        "POST", "/dbs/db/colls", {}, b'{"id": "items", "partitionKey": {"paths": ["/pk"]}}'
    )
    for number in range(300):
        item = {"id": f"{number}", "pk": "p", "text": "x" * 2000}
        assert emulator.handle("POST", ITEMS, KEY, orjson.dumps(item)).status == 201
    emulator.close()
    return file


def cut(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def cut_within_a_page(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size - 100)


def replace_by_text(file: Path) -> None:
    file.write_text("this is not a database\n" * 1000)


def overwrite_the_middle(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // PAGE // 2 * PAGE)
        opened.write(b"\xa5" * PAGE * 8)


def put_another_database(file: Path) -> None:
    file.unlink()
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE notes (text)")
    other.close()


@pytest.mark.parametrize(
    "damage",
    [cut, cut_within_a_page, replace_by_text, overwrite_the_middle, put_another_database],
)
def test_a_damaged_file_is_rejected_with_its_name(
    filled: Path, damage: Callable[[Path], None]
) -> None:
    damage(filled)
    before = filled.read_bytes()

    for _ in range(2):  # the first one releases the file
        with pytest.raises(DamagedFileError) as refused:
            Emulator(filled)
        assert str(refused.value).startswith(f"{filled} is damaged: ")
        assert "Restore the file from a backup" in str(refused.value)
        assert "\n" not in str(refused.value)
    assert filled.read_bytes() == before


def test_an_undamaged_file_is_opened(filled: Path) -> None:
    Emulator(filled).close()


def test_reads_and_writes_fail_after_damage_is_found(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHECKED_BYTES_MAX", 0)  # simulates a large file
    overwrite_the_middle(filled)
    emulator = Emulator(filled)
    statuses = [emulator.handle("GET", f"{ITEMS}/{n}", KEY).status for n in range(300)]
    item = b'{"id": "new", "pk": "p"}'
    response = emulator.handle("POST", ITEMS, KEY, item)
    emulator.close()

    assert 503 in statuses
    assert set(statuses[statuses.index(503) :]) == {503}
    assert response.status == 503
    assert f"{filled} is damaged" in response.body.decode()


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")

    with pytest.raises(FileError, match="can't be opened"):
        Emulator(tmp_path / "taken" / "cosmos.db")


def test_a_path_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "cosmos.db").mkdir()

    with pytest.raises(FileError, match=r"cosmos\.db can't be opened"):
        Emulator(tmp_path / "cosmos.db")
