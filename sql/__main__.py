"""Create the tables in an empty database, or upgrade the tables of an earlier version.

uv run python -m sql DSN
uv run python -m sql --upgrade DSN
"""

import sys

import psycopg

from sql import QUERIES


def create_tables(connection: psycopg.Connection) -> None:
    """Run every replace_… and create_… statement of queries.sql in one transaction."""
    _run_all(connection, "replace_", "create_")


def upgrade_tables(connection: psycopg.Connection) -> None:
    """Run every replace_… and upgrade_… statement of queries.sql in one transaction.

    Running this again changes nothing.
    """
    _run_all(connection, "replace_", "upgrade_")


def _run_all(connection: psycopg.Connection, *prefixes: str) -> None:
    with connection.transaction():
        for name, statement in QUERIES.items():
            if name.startswith(prefixes):
                connection.execute(statement)


def main(arguments: list[str]) -> None:
    """Create or upgrade the tables. Report a failure, such as existing tables, in one line."""
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
