"""Create the tables in an empty database, or bring those of an earlier version up to date.

uv run python -m sql DSN
uv run python -m sql --upgrade DSN
"""

import sys

import psycopg

from sql import QUERIES


def create_tables(connection: psycopg.Connection) -> None:
    """Run every create_… statement of queries.sql, all or none."""
    _run_all(connection, "create_")


def upgrade_tables(connection: psycopg.Connection) -> None:
    """Run every upgrade_… statement of queries.sql, all or none. Safe to repeat."""
    _run_all(connection, "upgrade_")


def _run_all(connection: psycopg.Connection, prefix: str) -> None:
    with connection.transaction():
        for name, statement in QUERIES.items():
            if name.startswith(prefix):
                connection.execute(statement)


def main(arguments: list[str]) -> None:
    """Says what went wrong in one line, such as tables that exist already."""
    match arguments:
        case ["--upgrade", dsn]:
            run = upgrade_tables
        case [dsn] if not dsn.startswith("-"):
            run = create_tables
        case _:
            sys.exit(__doc__)
    try:
        with psycopg.connect(dsn) as connection:
            run(connection)
    except psycopg.Error as error:
        sys.exit(f"Nothing was changed. {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
