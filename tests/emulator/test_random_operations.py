"""Random operations, restarts and crashes leave the same items as a model in memory."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from cosmos_emulator import Emulator, Response

from .conftest import MovableClock

ITEMS = "/dbs/db/colls/items/docs"
CONTAINER = b'{"id": "items", "partitionKey": {"paths": ["/pk"]}, "defaultTtl": -1}'
BATCH = {"x-ms-cosmos-is-batch-request": "True", "x-ms-cosmos-batch-atomic": "True"}
QUERY = {"x-ms-documentdb-isquery": "true"}
UPSERT = {"x-ms-documentdb-is-upsert": "true"}
FEED = {"a-im": "Incremental feed"}

KEYS = st.sampled_from("pqr")
NAMES = st.sampled_from("abcd")
NUMBERS = st.integers(0, 5)
CONTENTS = st.fixed_dictionaries(
    {"n": NUMBERS},
    optional={
        "ttl": st.sampled_from([-1, 1, 3]),
        "text": st.text('aé\0"\\🙂', max_size=3),
        "deep": st.recursive(st.none() | st.booleans() | NUMBERS, st.lists, max_leaves=4),
    },
)
PATCHES = st.sampled_from([
    {"op": "incr", "path": "/n", "value": 2},
    {"op": "set", "path": "/n", "value": 0},
    {"op": "remove", "path": "/n"},
    {"op": "set", "path": "/ttl", "value": 2},
])  # fmt: skip
OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["Create", "Upsert", "Replace", "Delete", "Read"]), NAMES, CONTENTS),
    min_size=1,
    max_size=4,
)

type Document = dict[str, Any]


@dataclass
class Model:
    """The items of a container as they should be.

    `written` contains the number of the last write of each item. The writes of a batch have the
    same number.
    """

    now: float
    items: dict[tuple[str, str], tuple[Document, float | None]] = field(default_factory=dict)
    written: dict[tuple[str, str], int] = field(default_factory=dict)
    writes: int = 0

    def living(self, key: str) -> dict[str, Document]:
        """Return the unexpired items of a partition key by their ids."""
        found = self.items.items()
        return {
            name: document
            for (own, name), (document, expires) in found
            if own == key and (expires is None or expires > int(self.now))
        }

    def write(self, key: str, name: str, content: Document | None) -> None:
        """Store the content of an item, or delete the item."""
        if content is None:
            del self.items[key, name]
            return
        ttl = content.get("ttl", -1)
        expires = None if ttl == -1 else int(self.now) + ttl
        self.items[key, name] = ({**content, "id": name, "pk": key}, expires)
        self.written[key, name] = self.writes

    def apply(self, kind: str, key: str, name: str, content: Document | None) -> int:
        """Apply an operation, and return the status that it should have."""
        exists = name in self.living(key)
        if kind == "Create" and exists:
            return 409
        if kind in ("Replace", "Delete", "Read") and not exists:
            return 404
        if kind != "Read":
            self.writes += 1
            self.write(key, name, None if kind == "Delete" else content)
        statuses = {"Create": 201, "Delete": 204, "Upsert": 200 if exists else 201}
        return statuses.get(kind, 200)

    def apply_all(self, key: str, operations: list[tuple[str, str, Document]]) -> list[int]:
        """Apply the operations of a batch, and return the statuses that they should have."""
        before = dict(self.items), dict(self.written)
        statuses = [self.apply(kind, key, name, content) for kind, name, content in operations]
        failed = next((index for index, status in enumerate(statuses) if status >= 400), None)
        if failed is None:
            for kind, name, _ in operations:
                if kind in ("Create", "Upsert", "Replace"):
                    self.written[key, name] = self.writes
            return statuses
        self.items, self.written = before
        return [statuses[index] if index == failed else 424 for index in range(len(operations))]


class Machine(RuleBasedStateMachine):
    """An emulator with a file, next to the model."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.clock = MovableClock()
        self.path = self.folder / "0.db"
        self.emulator = Emulator(self.path, clock=self.clock)
        self.emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
        self.emulator.handle("POST", "/dbs/db/colls", {}, CONTAINER)
        self.model = Model(self.clock())
        self.positions = dict[str, tuple[str, int]]()

    def teardown(self) -> None:
        self.emulator.close()
        shutil.rmtree(self.folder)

    def send(
        self, method: str, key: str, path: str = "", body: Any = None, **headers: str
    ) -> Response:
        named = {"x-ms-documentdb-partitionkey": f'["{key}"]', **headers}
        content = b"" if body is None else orjson.dumps(body)
        return self.emulator.handle(method, ITEMS + path, named, content)

    def documents(self, method: str, key: str, body: Any = None, **headers: str) -> list[Any]:
        """Return the documents of all pages."""
        found, token = list[Any](), ""
        while True:
            paged = {**headers, "x-ms-max-item-count": "3", "x-ms-continuation": token}
            response = self.send(method, key, body=body, **paged)
            assert response.status == 200
            found += orjson.loads(response.body)["Documents"]
            if not (token := response.headers.get("x-ms-continuation", "")):
                return found

    @rule(kind=st.sampled_from(["Create", "Upsert"]), key=KEYS, name=NAMES, content=CONTENTS)
    def add(self, kind: str, key: str, name: str, content: Document) -> None:
        headers = UPSERT if kind == "Upsert" else {}
        response = self.send("POST", key, "", {**content, "id": name, "pk": key}, **headers)

        assert response.status == self.model.apply(kind, key, name, content)

    @rule(key=KEYS, name=NAMES, content=CONTENTS, is_stale=st.booleans())
    def replace(self, key: str, name: str, content: Document, *, is_stale: bool) -> None:
        headers = {"if-match": '"stale"'} if is_stale else {}
        document = {**content, "id": name, "pk": key}
        response = self.send("PUT", key, f"/{name}", document, **headers)

        if is_stale and name in self.model.living(key):
            assert response.status == 412
        else:
            assert response.status == self.model.apply("Replace", key, name, content)

    @rule(key=KEYS, name=NAMES, patch=PATCHES, least=NUMBERS)
    def patch(self, key: str, name: str, patch: Document, least: int) -> None:
        body = {"operations": [patch], "condition": f"FROM c WHERE c.n >= {least}"}
        response = self.send("PATCH", key, f"/{name}", body)
        old = self.model.living(key).get(name)

        if old is None or old.get("n", -1) < least:
            assert response.status == (404 if old is None else 412)
            return
        changed = dict(old)
        step, value = patch["path"][1:], patch.get("value")
        if patch["op"] == "remove":
            del changed[step]
        else:
            changed[step] = value + old["n"] if patch["op"] == "incr" else value
        assert response.status == self.model.apply("Replace", key, name, changed)

    @rule(key=KEYS, name=NAMES)
    def delete(self, key: str, name: str) -> None:
        assert self.send("DELETE", key, f"/{name}").status == self.model.apply(
            "Delete", key, name, None
        )

    @rule(key=KEYS, operations=OPERATIONS)
    def batch(self, key: str, operations: list[tuple[str, str, Document]]) -> None:
        body = [
            {
                "operationType": kind,
                "id": name,
                "resourceBody": {**content, "id": name, "pk": key},
            }
            for kind, name, content in operations
        ]
        response = self.send("POST", key, "", body, **BATCH)

        statuses = [result["statusCode"] for result in orjson.loads(response.body)]
        assert statuses == self.model.apply_all(key, operations)
        assert response.status == (200 if max(statuses) < 400 else 207)

    @rule(key=KEYS, least=NUMBERS)
    def query(self, key: str, least: int) -> None:
        text = "SELECT c.n, c.id FROM c WHERE c.n >= @least ORDER BY c.n DESC"
        body = {"query": text, "parameters": [{"name": "@least", "value": least}]}
        found = [(item["n"], item["id"]) for item in self.documents("POST", key, body, **QUERY)]

        expected = [
            (d["n"], d["id"]) for d in self.model.living(key).values() if d.get("n", -1) >= least
        ]
        assert sorted(found) == sorted(expected)
        assert [n for n, _ in found] == sorted((n for n, _ in expected), reverse=True)

    @rule(key=KEYS)
    def change_feed(self, key: str) -> None:
        """Read the changes since the last call: each item once, in the order of its last write."""
        token, since = self.positions.get(key, ("", 0))
        found = list[str]()
        while (
            response := self.send("GET", key, **FEED, **({"if-none-match": token} if token else {}))
        ).status == 200:
            found += [item["id"] for item in orjson.loads(response.body)["Documents"]]
            token = response.headers["etag"]
        self.positions[key] = (response.headers["etag"], self.model.writes)

        written = {name: self.model.written[key, name] for name in self.model.living(key)}
        expected = {name: number for name, number in written.items() if number > since}
        assert sorted(found) == sorted(expected)
        assert [expected[name] for name in found] == sorted(expected.values())

    @rule(seconds=st.sampled_from([0.5, 1, 2]))
    def wait(self, seconds: float) -> None:
        self.clock.forward(seconds)
        self.model.now = self.clock()

    @rule()
    def reopen(self) -> None:
        self.emulator.close()
        self.emulator = Emulator(self.path, clock=self.clock)

    @rule()
    def crash(self) -> None:
        """Open a copy of the files, as they are on disk if the process is killed."""
        copy = self.path.with_name(f"{int(self.path.stem) + 1}.db")
        for suffix in ("", "-wal"):
            shutil.copy(f"{self.path}{suffix}", f"{copy}{suffix}")
        self.emulator.close()
        self.path, self.emulator = copy, Emulator(copy, clock=self.clock)

    @invariant()
    def contents_are_equal(self) -> None:
        for key in "pqr":
            found = {item["id"]: item for item in self.documents("GET", key)}
            shown = {
                name: {k: v for k, v in item.items() if not k.startswith("_")}
                for name, item in found.items()
            }
            assert shown == self.model.living(key)


def check(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def test_random_operations_leave_the_items_of_the_model() -> None:
    check(examples=12, steps=25)


@pytest.mark.full
@pytest.mark.timeout(1_200)
def test_many_random_operations_leave_the_items_of_the_model() -> None:
    check(examples=400, steps=60)
