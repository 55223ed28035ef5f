"""Create the tables in an empty database:  uv run python -m sql DSN"""

import sys

import psycopg

from sql import QUERIES


def create_tables(connection: psycopg.Connection) -> None:
    """Run every create_… statement of queries.sql, all or none."""
    with connection.transaction():
        for name, statement in QUERIES.items():
            if name.startswith("create_"):
                connection.execute(statement)


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the command and a DSN
        sys.exit(__doc__)
    with psycopg.connect(sys.argv[1]) as connection:
        create_tables(connection)
