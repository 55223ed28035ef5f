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


def main(arguments: list[str]) -> None:
    """Says what went wrong in one line, such as tables that exist already."""
    if len(arguments) != 1:
        sys.exit(__doc__)
    try:
        with psycopg.connect(arguments[0]) as connection:
            create_tables(connection)
    except psycopg.Error as error:
        sys.exit(f"Nothing was created. {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
