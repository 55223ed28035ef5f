"""The product's queries seek in indexes. They never scan a table or sort."""
# ruff: noqa: S608  the query texts are constants of the tests

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from azure.cosmos.aio import ContainerProxy

from cosmos_emulator import Emulator

from .conftest import paged

RANGE = "c.org_id = @org AND c.id >= @first AND c.id < @last"
DAY = ["acme", "2026-01-01"]
GIVEN: dict[str, Any] = {
    "org": "acme",
    "first": "2026-01-01",
    "last": "2026-01-02",
    "user": "u1",
    "one": ["a"],
    "x": "a",
    "y": "b",
}
FILTERS = [
    "",
    " AND c.user_id = @user",
    " AND c.event_type IN (@x)",
    " AND c.event_type IN (@x, @y)",
    " AND ARRAY_CONTAINS(@one, c.event_type)",
    " AND c.user_id = @user AND c.event_type IN (@x, @y)",
]
PAGES = [
    f"SELECT * FROM c WHERE {RANGE}{f} ORDER BY c.id {d}" for f in FILTERS for d in ("DESC", "ASC")
]
SEEKS = [f"SELECT VALUE {e}(c.id) FROM c WHERE {RANGE}{f}" for f in FILTERS for e in ("MAX", "MIN")]
LOOKUP = "SELECT c.id, c.ingest_id FROM c WHERE c.org_id = @org AND ARRAY_CONTAINS(@one, c.id)"
DELTAS = "SELECT * FROM c WHERE c.org_id = @org AND c.type = 'delta'"
PAIRS = "SELECT DISTINCT c.org_id, c.day FROM c WHERE c.type = 'delta'"


@contextmanager
def statements(emulator: Emulator) -> Iterator[list[str]]:
    """Record the SQL statements that run, with their values."""
    traced = list[str]()
    connection: sqlite3.Connection = emulator._context.storage.sql
    connection.set_trace_callback(traced.append)
    yield traced
    connection.set_trace_callback(None)


def plan_of(emulator: Emulator, traced: list[str]) -> str:
    connection: sqlite3.Connection = emulator._context.storage.sql
    selects = [statement for statement in traced if statement.startswith("SELECT")]
    rows = [row for s in selects for row in connection.execute(f"EXPLAIN QUERY PLAN {s}")]
    return "\n".join(row[3] for row in rows)


def assert_seeks(plan: str) -> None:
    assert "SEARCH items_1 USING" in plan
    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan


async def run(emulator: Emulator, events: ContainerProxy, text: str, key: Any) -> str:
    used = {name: value for name, value in GIVEN.items() if f"@{name}" in text}
    with statements(emulator) as traced:
        await paged(events, text, key, **used)
    return plan_of(emulator, traced)


@pytest.mark.parametrize("text", PAGES)
async def test_a_page_of_a_day_is_an_index_seek(
    emulator: Emulator, events: ContainerProxy, text: str
) -> None:
    plan = await run(emulator, events, text, DAY)

    assert_seeks(plan)
    assert "id>? AND id<?" in plan


@pytest.mark.parametrize("text", PAGES)
async def test_the_next_page_is_an_index_seek(
    emulator: Emulator, events: ContainerProxy, text: str
) -> None:
    for number in range(3):
        item = {"id": f"2026-01-01-{number}", "org_id": "acme", "day": "2026-01-01"}
        await events.create_item(item | {"user_id": "u1", "event_type": "a"})
    used = {name: value for name, value in GIVEN.items() if f"@{name}" in text}
    with statements(emulator) as traced:
        pages = await paged(events, text, DAY, 2, **used)

    assert [len(page) for page in pages] == [2, 1]
    assert_seeks(plan_of(emulator, traced))


@pytest.mark.parametrize("text", SEEKS)
async def test_the_last_event_of_an_organisation_is_an_index_seek(
    emulator: Emulator, events: ContainerProxy, text: str
) -> None:
    plan = await run(emulator, events, text, ["acme"])

    assert_seeks(plan)
    assert "id>? AND id<?" in plan


async def test_a_query_for_ids_is_an_index_seek(emulator: Emulator, events: ContainerProxy) -> None:
    plan = await run(emulator, events, LOOKUP, DAY)

    assert_seeks(plan)
    assert "key=? AND id=?" in plan


async def test_the_deltas_of_a_day_are_an_index_seek(
    emulator: Emulator, events: ContainerProxy
) -> None:
    plan = await run(emulator, events, DELTAS, DAY)

    assert_seeks(plan)
    assert "/type=?" in plan


async def test_all_deltas_are_an_index_seek(emulator: Emulator, events: ContainerProxy) -> None:
    plan = await run(emulator, events, PAIRS, None)

    assert "items_1_/type (/type=?)" in plan
    assert "SCAN" not in plan


async def test_the_change_feed_is_an_index_seek(emulator: Emulator, events: ContainerProxy) -> None:
    with statements(emulator) as traced:
        _ = [item async for item in events.query_items_change_feed(start_time="Beginning")]

    assert_seeks(plan_of(emulator, traced))


@pytest.mark.usefixtures("events")
def test_a_point_read_is_an_index_seek(emulator: Emulator) -> None:
    headers = {"x-ms-documentdb-partitionkey": orjson.dumps(DAY).decode()}
    with statements(emulator) as traced:
        emulator.handle("GET", "/dbs/db/colls/events/docs/a", headers)

    assert_seeks(plan_of(emulator, traced))
