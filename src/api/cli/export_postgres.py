"""`analytics export --to-postgres`: pages of events into the tables of sql/queries.sql."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from api.cli.errors import Failure
from api.cli.export_journal import Progress

if TYPE_CHECKING:  # an extra, imported when it is used
    import psycopg

# Month by month: a stray old event must not create all the partitions since.
CREATE_PARTITIONS = "SELECT create_event_partitions(day, day) FROM unnest(%s::date[]) AS day"
INSERT = """
INSERT INTO events (org_id, timestamp, event_id, event_type, user_id, properties)
SELECT org_id, timestamp, event_id, event_type, user_id, properties
FROM jsonb_populate_recordset(NULL::events, %s::jsonb)
ON CONFLICT (org_id, timestamp, event_id) DO NOTHING
"""
SAVE = """
INSERT INTO exports (export_id, progress) VALUES (%s, %s::jsonb)
ON CONFLICT (export_id) DO UPDATE SET progress = EXCLUDED.progress, updated_at = now()
"""


class PostgresTarget:
    """Stores each page in one transaction with how far the export has come."""

    def __init__(
        self, connection: "psycopg.Connection[tuple[Any, ...]]", given: Mapping[str, Any]
    ) -> None:
        self._connection = connection
        self._export_id = sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()
        self._created = 0
        self.started = self._load()

    def _load(self) -> Progress | None:
        row = self._connection.execute(
            "SELECT progress FROM exports WHERE export_id = %s", (self._export_id,)
        ).fetchone()
        return Progress(**row[0]) if row else None

    def write(
        self, events: list[dict[str, Any]], cursor: str | None, progress: Progress
    ) -> Progress:
        done = Progress(progress.params, 0, progress.events + len(events), cursor)
        with self._connection.transaction():
            if events:
                self._insert(events)
            self._connection.execute(SAVE, (self._export_id, orjson.dumps(asdict(done)).decode()))
        return done

    def _insert(self, events: list[dict[str, Any]]) -> None:
        execute = self._connection.execute
        execute("SELECT set_config('app.org_id', %s, true)", (events[0]["org_id"],))
        months = sorted({f"{event['timestamp'][:7]}-01" for event in events})
        execute(CREATE_PARTITIONS, (months,))
        self._created += execute(INSERT, (orjson.dumps(events).decode(),)).rowcount

    def finish(self) -> str:
        self._connection.execute("DELETE FROM exports WHERE export_id = %s", (self._export_id,))
        return f"; this run stored {self._created:,} of them"


@contextmanager
def open_postgres(dsn: str, given: Mapping[str, Any]) -> Generator[PostgresTarget]:
    """The tables at the DSN. Raises Failure where there are none, or no server, or no driver."""
    try:
        import psycopg  # noqa: PLC0415
    except ImportError as error:
        raise Failure("--to-postgres needs psycopg: install acme-analytics[postgres].") from error
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            yield PostgresTarget(connection, given)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction) as error:
        raise Failure(
            "The database lacks the tables of sql/queries.sql. Create them first: "
            "uv run python -m sql DSN"
        ) from error
    except psycopg.Error as error:
        raise Failure(f"PostgreSQL: {str(error).strip()}") from error
