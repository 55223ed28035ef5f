"""The connection to a PostgreSQL database that has the tables of sql/queries.sql."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from api.cli.errors import Failure

if TYPE_CHECKING:  # psycopg is an extra, so it is imported where it is used
    import psycopg

type Connection = "psycopg.Connection[tuple[Any, ...]]"

DSN_HELP = "PostgreSQL with the tables of sql/queries.sql; ~/.pgpass works."
Dsn = Annotated[str, typer.Argument(metavar="DSN", help=DSN_HELP)]

UPSERT_ORGANIZATIONS = """
INSERT INTO organizations (org_id, name, plan, created_at)
SELECT org_id, name, plan, created_at
FROM jsonb_populate_recordset(NULL::organizations, %s::jsonb)
ON CONFLICT (org_id) DO UPDATE
SET name = EXCLUDED.name, plan = EXCLUDED.plan, created_at = EXCLUDED.created_at
"""


@contextmanager
def connect(dsn: str) -> Generator[Connection]:
    """Connect to the database with this DSN.

    Raises Failure if psycopg or the tables are missing, or if the server reports an error.
    """
    try:
        import psycopg  # noqa: PLC0415
    except ImportError as error:
        raise Failure("PostgreSQL needs psycopg: install acme-analytics[postgres].") from error
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            yield connection
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction) as error:
        raise Failure(
            "The database lacks the tables of sql/queries.sql. Create them first: "
            "uv run python -m sql DSN"
        ) from error
    except psycopg.errors.UndefinedColumn as error:
        raise Failure(
            "The tables are from an earlier version. Update them first: "
            "uv run python -m sql --upgrade DSN"
        ) from error
    except psycopg.Error as error:
        raise Failure(f"PostgreSQL: {str(error).strip()}") from error


def name_organization(connection: Connection, org_id: str) -> None:
    """Set this transaction's organisation, which row-level security requires."""
    connection.execute("SELECT set_config('app.org_id', %s, true)", (org_id,))


def as_json(value: object) -> str:
    return orjson.dumps(value).decode()
