"""A file of an earlier version opens with its data, or is refused with a way to migrate.

`format_0.sql` is the content of a file that the version before the format was numbered wrote.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from cosmos_emulator import Emulator, FileError, files

from .conftest import MovableClock

EARLIER = Path(__file__).with_name("format_0.sql")
ITEMS, EVENTS = "/dbs/db/colls/items/docs", "/dbs/db/colls/events/docs"
KEY = {"x-ms-documentdb-partitionkey": '["p"]'}
EVENT_KEY = {"x-ms-documentdb-partitionkey": '["o","1"]'}
WITHOUT_PATHS = """UPDATE containers SET definition =
    CAST(json_set(CAST(definition AS TEXT), '$.partitionKey.paths', json('[]')) AS BLOB)"""
QUERY = {"x-ms-documentdb-isquery": "true"}


@pytest.fixture
def earlier(file: Path) -> Path:
    with closing(sqlite3.connect(file)) as sql:
        sql.executescript(EARLIER.read_text())
    return file


@pytest.fixture
def opened(earlier: Path, clock: MovableClock) -> Iterator[Emulator]:
    emulator = Emulator(earlier, clock=clock)
    yield emulator
    emulator.close()


def documents(emulator: Emulator, url: str, text: str, key: dict[str, str]) -> list[Any]:
    response = emulator.handle("POST", url, {**key, **QUERY}, orjson.dumps({"query": text}))
    assert response.status == 200, response.body
    return orjson.loads(response.body)["Documents"]


def test_a_file_of_an_earlier_version_opens_with_its_data(
    opened: Emulator, clock: MovableClock
) -> None:
    items = documents(opened, ITEMS, "SELECT VALUE c.n FROM c WHERE c.n > 0 ORDER BY c.n", KEY)
    text = "SELECT VALUE c.id FROM c ORDER BY c.user, c.n DESC"

    assert items == [2, 10]
    assert documents(opened, EVENTS, text, EVENT_KEY) == ["0", "1"]
    assert opened.handle("GET", f"{ITEMS}/gone", KEY).status == 200
    clock.forward(61)
    assert opened.handle("GET", f"{ITEMS}/gone", KEY).status == 404


def test_an_opened_file_of_an_earlier_version_can_be_written(
    opened: Emulator, earlier: Path
) -> None:
    item = orjson.loads(opened.handle("GET", f"{ITEMS}/1", KEY).body)
    changed, headers = {**item, "n": 11}, {**KEY, "if-match": item["_etag"]}
    replaced = opened.handle("PUT", f"{ITEMS}/1", headers, orjson.dumps(changed))
    taken = opened.handle("POST", ITEMS, KEY, b'{"id": "new", "pk": "p", "email": "2@x"}')
    user = opened.handle("POST", "/dbs/db/users", {}, b'{"id": "u"}')

    assert (replaced.status, taken.status, user.status) == (200, 409, 201)
    opened.split("db", "items")
    assert len(documents(opened, ITEMS, "SELECT * FROM c", KEY)) == 4
    opened.close()
    with closing(sqlite3.connect(earlier)) as sql:
        assert sql.execute("PRAGMA user_version").fetchone() == (files.FORMAT,)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("PRAGMA user_version = 99", "its format is 99, and this version reads up to 1"),
        ('ALTER TABLE items_1 RENAME COLUMN "epk" TO hashed', "'items' lacks the columns epk"),
        (WITHOUT_PATHS, "has no paths"),
    ],
)
def test_another_format_is_refused_with_a_way_to_migrate(
    earlier: Path, change: str, reason: str
) -> None:
    with closing(sqlite3.connect(earlier)) as sql:
        sql.execute(change)
        sql.commit()

    for _ in range(2):  # the first one releases the file
        with pytest.raises(FileError) as refused:
            Emulator(earlier)
        assert str(refused.value).startswith(f"{earlier} was written by another version")
        assert reason in str(refused.value)
        assert "upsert them through a server of this version" in str(refused.value)
    with closing(sqlite3.connect(earlier)) as sql:
        assert sql.execute("SELECT COUNT(*) FROM items_1").fetchone() == (4,)
