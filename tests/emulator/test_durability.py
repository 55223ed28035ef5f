"""Acknowledged writes survive any crash, and only one process can open a file."""

import base64
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from cosmos_emulator import Emulator, FileInUseError

ITEMS = "/dbs/db/colls/items/docs"
WRITER = """
import sys
from contextlib import closing
from pathlib import Path
import orjson
from cosmos_emulator import Emulator

emulator = Emulator(Path(sys.argv[1]))
emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
container = {"id": "items", "partitionKey": {"paths": ["/pk"], "kind": "Hash", "version": 2}}
emulator.handle("POST", "/dbs/db/colls", {}, orjson.dumps(container))
key = {"x-ms-documentdb-partitionkey": '["p"]'}
batch = key | {"x-ms-cosmos-is-batch-request": "True", "x-ms-cosmos-batch-atomic": "True"}
number = 0
while True:
    item = {"id": f"{number}", "pk": "p"}
    creates = [{"operationType": "Create", "resourceBody": item | {"id": f"{number}-{n}"}}
               for n in range(10)]
    one = emulator.handle("POST", "/dbs/db/colls/items/docs", key, orjson.dumps(item))
    many = emulator.handle("POST", "/dbs/db/colls/items/docs", batch, orjson.dumps(creates))
    assert (one.status, many.status) == (201, 200)
    print(number, flush=True)
    number += 1
"""


def read_all(emulator: Emulator) -> set[str]:
    headers = {
        "x-ms-documentdb-partitionkey": '["p"]',
        "x-ms-documentdb-isquery": "true",
        "x-ms-max-item-count": "1000",
    }
    found = set[str]()
    body = orjson.dumps({"query": "SELECT VALUE c.id FROM c"})
    while True:
        response = emulator.handle("POST", ITEMS, headers, body)
        found |= set(orjson.loads(response.body)["Documents"])
        if "x-ms-continuation" not in response.headers:
            return found
        headers["x-ms-continuation"] = response.headers["x-ms-continuation"]


def start_writer(file: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  our own script
        [sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("acknowledged", [1, 40])
def test_acknowledged_writes_survive_a_killed_process(file: Path, acknowledged: int) -> None:
    with start_writer(file) as writer:
        assert writer.stdout is not None
        last = 0
        for _ in range(acknowledged):
            last = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        last = max([last, *(int(line) for line in writer.stdout if line.endswith("\n"))])
    emulator = Emulator(file)
    found = read_all(emulator)
    emulator.close()

    assert {f"{n}" for n in range(last + 1)} <= found
    assert {f"{n}-{m}" for n in range(last + 1) for m in range(10)} <= found
    batches = [name.partition("-")[0] for name in found if "-" in name]
    assert all(batches.count(number) == 10 for number in set(batches))


def test_a_second_process_is_rejected_immediately(file: Path) -> None:
    emulator = Emulator(file)
    script = (
        "import sys; from pathlib import Path; from cosmos_emulator import Emulator;"
        "Emulator(Path(sys.argv[1]))"
    )
    second = subprocess.run(  # noqa: S603  our own script
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=False
    )
    emulator.close()

    assert second.returncode != 0
    assert "in use by another process. Stop that process" in second.stderr


def test_a_file_is_unlocked_when_its_process_dies(file: Path) -> None:
    with start_writer(file) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(FileInUseError):
            Emulator(file)
        writer.kill()
    Emulator(file).close()


def test_a_file_is_unlocked_when_it_is_closed(file: Path) -> None:
    Emulator(file).close()
    Emulator(file).close()


def test_all_data_is_present_after_reopening(file: Path) -> None:
    first = Emulator(file)
    first.handle("POST", "/dbs", {}, b'{"id": "db"}')
    definition = {
        "id": "items",
        "partitionKey": {"paths": ["/pk"]},
        "defaultTtl": -1,
        "indexingPolicy": {"includedPaths": [{"path": "/a/?"}], "excludedPaths": [{"path": "/*"}]},
    }
    first.handle("POST", "/dbs/db/colls", {}, orjson.dumps(definition))
    key = {"x-ms-documentdb-partitionkey": '["p"]'}
    written = first.handle("POST", ITEMS, key, b'{"id": "1", "pk": "p", "a": 1}')
    container = first.handle("GET", "/dbs/db/colls/items", {})
    first.close()
    second = Emulator(file)

    assert second.handle("GET", "/dbs/db/colls/items", {}).body == container.body
    assert second.handle("GET", f"{ITEMS}/1", key).body == written.body
    again = second.handle("POST", ITEMS, key, b'{"id": "2", "pk": "p"}')
    assert orjson.loads(again.body)["_rid"] != orjson.loads(written.body)["_rid"]
    second.close()


def test_writes_return_507_while_the_disk_is_full(file: Path) -> None:
    emulator = Emulator(file)
    emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
    emulator.handle(
        "POST", "/dbs/db/colls", {}, b'{"id": "items", "partitionKey": {"paths": ["/pk"]}}'
    )
    key = {"x-ms-documentdb-partitionkey": '["p"]'}
    big, small = ({"id": name, "pk": "p", "text": "x" * n} for name, n in (("b", 10**6), ("s", 1)))
    sql = emulator._context.storage.sql
    pages = sql.execute("PRAGMA page_count").fetchone()[0]
    sql.execute(f"PRAGMA max_page_count = {pages + 10}")

    assert emulator.handle("POST", ITEMS, key, orjson.dumps(big)).status == 507
    assert emulator.handle("POST", ITEMS, key, orjson.dumps(small)).status == 201
    sql.execute("PRAGMA max_page_count = 1000000")
    assert emulator.handle("POST", ITEMS, key, orjson.dumps(big)).status == 201
    assert read_all(emulator) == {"b", "s"}
    emulator.close()


def test_a_failing_store_returns_503(file: Path) -> None:
    emulator = Emulator(file)
    emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
    emulator._context.storage.sql.execute("PRAGMA query_only = ON")

    assert emulator.handle("POST", "/dbs", {}, b'{"id": "other"}').status == 503
    emulator.close()


def test_a_container_of_an_earlier_version_gets_its_history(file: Path) -> None:
    emulator = Emulator(file)
    emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
    body = (
        b'{"id": "items", "partitionKey": {"paths": ["/pk"]},'
        b' "changeFeedPolicy": {"retentionDuration": 10}}'
    )
    emulator.handle("POST", "/dbs/db/colls", {}, body)
    emulator.close()
    with closing(sqlite3.connect(file)) as sql:
        for kind in ("create", "replace", "delete"):
            sql.execute(f"DROP TRIGGER history_1_{kind}")
        sql.execute("DROP TABLE history_1")

    reopened = Emulator(file)
    headers = {"a-im": "Full-Fidelity Feed", "if-none-match": "*"}
    response = reopened.handle("GET", "/dbs/db/colls/items/docs", headers)
    reopened.close()

    assert response.status == 304


def test_items_of_a_file_of_an_earlier_version_keep_their_resource_ids(file: Path) -> None:
    emulator = Emulator(file)
    emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
    body = b'{"id": "items", "partitionKey": {"paths": ["/pk"]}}'
    emulator.handle("POST", "/dbs/db/colls", {}, body)
    key = {"x-ms-documentdb-partitionkey": '["p"]'}
    emulator.handle("POST", ITEMS, key, b'{"id": "1", "pk": "p"}')
    emulator.close()
    with closing(sqlite3.connect(file)) as sql, sql:  # SQLite numbered the items
        sql.execute("ALTER TABLE partitions DROP COLUMN last_item")
        sql.execute("INSERT INTO sqlite_sequence VALUES ('items_1', 7)")

    reopened = Emulator(file)
    created = reopened.handle("POST", ITEMS, key, b'{"id": "2", "pk": "p"}')
    reopened.close()

    number = base64.b64decode(orjson.loads(created.body)["_rid"], b"+-")[8:]
    assert int.from_bytes(number, "big") == 8


def test_resource_ids_are_not_used_again_after_a_restart(file: Path) -> None:
    emulator = Emulator(file)
    emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
    body = b'{"id": "items", "partitionKey": {"paths": ["/pk"]}}'
    emulator.handle("POST", "/dbs/db/colls", {}, body)
    key = {"x-ms-documentdb-partitionkey": '["p"]'}
    first = emulator.handle("POST", ITEMS, key, b'{"id": "1", "pk": "p"}')
    emulator.handle("DELETE", f"{ITEMS}/1", key)
    emulator.split("db", "items")
    emulator.close()
    reopened = Emulator(file)
    second = reopened.handle("POST", ITEMS, key, b'{"id": "1", "pk": "p"}')
    reopened.close()

    assert orjson.loads(second.body)["_rid"] != orjson.loads(first.body)["_rid"]
