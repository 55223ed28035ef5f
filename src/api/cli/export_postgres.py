"""`analytics export --to-postgres`: write events into the tables of sql/queries.sql."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import orjson

from api.cli.export_journal import Progress
from api.cli.postgres import (
    UPSERT_ORGANIZATIONS,
    Connection,
    as_json,
    connect,
    name_organization,
)

# Partitions are created only for the months of the events. An old event therefore doesn't create
# a partition for every month since.
CREATE_PARTITIONS = "SELECT create_event_partitions(day, day) FROM unnest(%s::date[]) AS day"
INSERT = """
INSERT INTO events
    (org_id, timestamp, event_id, source, event_type, user_id, properties, received_at)
SELECT org_id, timestamp, event_id, coalesce(source, 'trusted'), event_type, user_id, properties,
    received_at
FROM jsonb_populate_recordset(NULL::events, %s::jsonb)
ON CONFLICT (org_id, timestamp, event_id, source) DO NOTHING
"""
SAVE = """
INSERT INTO exports (export_id, progress) VALUES (%s, %s::jsonb)
ON CONFLICT (export_id) DO UPDATE SET progress = EXCLUDED.progress, updated_at = now()
"""


class PostgresTarget:
    """A target that stores each page and the export's progress in one transaction."""

    takes_organizations = True

    def __init__(self, connection: Connection, given: Mapping[str, Any]) -> None:
        self._connection = connection
        self._export_id = sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()
        self._created = 0
        self.started = self._load()

    def _load(self) -> Progress | None:
        row = self._connection.execute(
            "SELECT progress FROM exports WHERE export_id = %s", (self._export_id,)
        ).fetchone()
        return Progress(**row[0]) if row else None

    def write_organizations(self, organizations: Sequence[Mapping[str, Any]]) -> None:
        with self._connection.transaction():
            for one in organizations:
                name_organization(self._connection, one["org_id"])
                self._connection.execute(UPSERT_ORGANIZATIONS, (as_json([one]),))

    def write(
        self, events: list[dict[str, Any]], cursor: str | None, progress: Progress
    ) -> Progress:
        done = Progress(progress.params, 0, progress.events + len(events), cursor)
        with self._connection.transaction():
            if events:
                self._insert(events)
            self._connection.execute(SAVE, (self._export_id, as_json(asdict(done))))
        return done

    def _insert(self, events: list[dict[str, Any]]) -> None:
        execute = self._connection.execute
        name_organization(self._connection, events[0]["org_id"])
        months = sorted({f"{event['timestamp'][:7]}-01" for event in events})
        execute(CREATE_PARTITIONS, (months,))
        self._created += execute(INSERT, (as_json(events),)).rowcount

    def finish(self) -> str:
        self._connection.execute("DELETE FROM exports WHERE export_id = %s", (self._export_id,))
        return f"; this run stored {self._created:,} of them"


@contextmanager
def open_postgres(dsn: str, given: Mapping[str, Any]) -> Generator[PostgresTarget]:
    """Connect to the database with this DSN, and read the progress of the export."""
    with connect(dsn) as connection:
        yield PostgresTarget(connection, given)
