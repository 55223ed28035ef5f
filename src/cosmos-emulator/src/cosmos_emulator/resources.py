"""Store resources other than items and containers: offers, users, permissions and scripts.

The stored JSON of a resource contains its system properties.
"""

import base64
import sqlite3
from dataclasses import dataclass

import orjson

from cosmos_emulator.commits import Commits
from cosmos_emulator.containers import Container
from cosmos_emulator.errors import conflict, not_found
from cosmos_emulator.query.values import Json

RESOURCE_BIT = 1 << 63  # set in the numbers of resources, so that no item has the same resource id

SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
    database INTEGER NOT NULL REFERENCES databases ON DELETE CASCADE,
    container INTEGER REFERENCES containers ON DELETE CASCADE,
    parent INTEGER REFERENCES resources ON DELETE CASCADE,
    name TEXT NOT NULL, body BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS resources_name
    ON resources (kind, database, COALESCE(container, 0), COALESCE(parent, 0), name);
"""

type Resource = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Owner:
    """The database, container or user to which resources belong.

    `link` is the `_self` property of the owner, and `rid` its resource id.
    """

    link: str
    rid: str
    database: int
    container: int | None = None
    parent: int | None = None  # the number of a user

    @classmethod
    def of_database(cls, database: Resource) -> "Owner":
        """Return the owner for resources of a database."""
        own = str(database["_rid"])
        return cls(f"dbs/{own}/", own, int.from_bytes(_bytes(own), "big"))

    @classmethod
    def of_container(cls, container: Container) -> "Owner":
        """Return the owner for resources of a container."""
        return cls(container.link, container.rid, container.database_number, container.number)

    def of_resource(self, resource: Resource) -> "Owner":
        """Return the owner for resources of another resource, such as a user's permissions."""
        own = str(resource["_rid"])
        number = int.from_bytes(_bytes(own)[-8:], "big") & ~RESOURCE_BIT
        return Owner(str(resource["_self"]), own, self.database, self.container, number)


class Resources:
    """The resources in one database file."""

    def __init__(self, sql: sqlite3.Connection, commits: Commits) -> None:
        self._sql = sql
        self._commits = commits

    def create(self, owner: Owner, kind: str, body: Resource, now: int) -> Resource:
        """Store a resource and return it with its system properties.

        Raises 409 if the owner already has a resource of this kind with this name. A resource
        without an `id` gets its own resource id as its name.
        """
        with self._commits.transaction():
            [(last,)] = self._sql.execute("SELECT COALESCE(MAX(number), 0) FROM resources")
            number = max(last, self._last_number()) + 1
            stored = _stamped(owner, kind, number, body, now)
            row = (number, kind, owner.database, owner.container, owner.parent, stored["id"])
            try:
                self._sql.execute(
                    "INSERT INTO resources VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*row, orjson.dumps(stored)),
                )
            except sqlite3.IntegrityError:
                raise conflict() from None
        return stored

    def _last_number(self) -> int:
        statement = "SELECT seq FROM sqlite_sequence WHERE name = 'resources'"
        return next((seq for (seq,) in self._sql.execute(statement)), 0)

    def all_of(self, kind: str) -> list[Resource]:
        """Return every resource of one kind in the account."""
        rows = self._sql.execute(
            "SELECT body FROM resources WHERE kind = ? ORDER BY number", (kind,)
        )
        return [orjson.loads(body) for (body,) in rows.fetchall()]

    def list_all(self, owner: Owner, kind: str) -> list[Resource]:
        """Return the resources of one kind that belong to an owner."""
        rows = self._sql.execute(
            "SELECT body FROM resources WHERE kind = ? AND database = ? AND container IS ?"
            " AND parent IS ? ORDER BY number",
            (kind, owner.database, owner.container, owner.parent),
        )
        return [orjson.loads(body) for (body,) in rows.fetchall()]

    def find(self, owner: Owner, kind: str, name: str) -> Resource:
        """Return the resource with this name or resource id. Raises 404 if it is missing."""
        found = (r for r in self.list_all(owner, kind) if name in (r["id"], r["_rid"]))
        if (resource := next(found, None)) is None:
            raise not_found()
        return resource

    def replace(self, old: Resource, body: Resource, now: int) -> Resource:
        """Replace a stored resource, but keep its resource id and link, and return it."""
        kept = {name: old[name] for name in ("_rid", "_self")}
        number = _number(str(old["_rid"]))
        version = int(str(old["_etag"]).strip('"').split("-")[1], 16) + 1
        stored: Resource = {**body, **kept, "_etag": _etag(number, version), "_ts": now}
        with self._commits.transaction():
            try:
                self._sql.execute(
                    "UPDATE resources SET name = ?, body = ? WHERE number = ?",
                    (stored["id"], orjson.dumps(stored), number),
                )
            except sqlite3.IntegrityError:
                raise conflict() from None
        return stored

    def delete(self, resource: Resource) -> None:
        """Delete a resource and the resources that belong to it."""
        with self._commits.transaction():
            number = _number(str(resource["_rid"]))
            self._sql.execute("DELETE FROM resources WHERE number = ?", (number,))


def _stamped(owner: Owner, kind: str, number: int, body: Resource, now: int) -> Resource:
    if kind == "offers":
        own, link = base64.b64encode(number.to_bytes(3, "big"), b"+-").decode(), "offers/"
    else:
        raw = _bytes(owner.rid) + (number | RESOURCE_BIT).to_bytes(8, "big")
        own, link = base64.b64encode(raw, b"+-").decode(), f"{owner.link}{kind}/"
    system: Resource = {"_rid": own, "_self": f"{link}{own}/", "_etag": _etag(number), "_ts": now}
    return {"id": own, **body, **system}


def _number(rid: str) -> int:
    return int.from_bytes(_bytes(rid)[-8:], "big") & ~RESOURCE_BIT


def _etag(number: int, version: int = 0) -> str:
    return f'"{number:08x}-{version:04x}-0000-0000-000000000000"'


def _bytes(rid: str) -> bytes:
    return base64.b64decode(rid, b"+-")
