"""A query reads only its organisation's files, within limits of memory and time."""

import asyncio
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from api.domain.calendars import UTC_ZONE, LocalRange
from api.domain.insights import FunnelQuery, Scope, Step
from api.errors import ApiError
from api.lake.protocol import LakeUnavailable, Statement
from api.lake.queries.funnels import funnel
from api.lake.reader import DuckDBReader, Limits
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from tests.lake.samples import ORG, an_event, events

OTHER = "org_other"
EVER = {"first_day": "", "last_day": "9"}
ENDLESS = Statement(
    "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range > b.range"
)
GREEDY = Statement("SELECT list(hash(i)) FROM range(200000000) t(i)")


@pytest.fixture
def reader(storage: LakeStorage) -> DuckDBReader:
    return DuckDBReader(storage)


async def test_a_query_reads_the_days_that_it_names(tables: DeltaTables, reader: DuckDBReader):
    await tables.append(ORG, [an_event(n, day=f"2026-03-{n:02}") for n in range(1, 6)])
    snapshot = await reader.snapshot(ORG)
    count = Statement("SELECT min(day)::VARCHAR, count(*) FROM events WHERE user_id <> $user")

    rows = await reader.query(
        snapshot,
        Statement(count.sql, {"user": "user-3"}),
        first_day="2026-03-02",
        last_day="2026-03-04",
    )

    assert rows == [("2026-03-02", 2)]


async def test_the_time_of_receipt_is_exact_and_null_if_it_is_unknown(
    tables: DeltaTables, reader: DuckDBReader
):
    moment = "2026-04-01T00:00:00.123457Z"
    await tables.append(ORG, [an_event(1), an_event(2, received_at=moment)])
    snapshot = await reader.snapshot(ORG)
    times = Statement("SELECT user_id, epoch_us(received_at) FROM events ORDER BY ALL")

    microseconds = int(datetime.fromisoformat(moment).timestamp() * 1_000_000)
    assert await reader.query(snapshot, times, **EVER) == [
        ("user-1", None),
        ("user-2", microseconds),
    ]


async def test_a_snapshot_does_not_change(tables: DeltaTables, reader: DuckDBReader):
    await tables.append(ORG, events(3))
    snapshot = await reader.snapshot(ORG)
    await tables.append(ORG, events(5))
    count = Statement("SELECT count(*) FROM events")

    assert await reader.query(snapshot, count, **EVER) == [(3,)]
    assert await reader.query(await reader.snapshot(ORG), count, **EVER) == [(5,)]
    assert (await reader.snapshot(ORG)).version > snapshot.version


async def test_a_query_cannot_open_other_files(tables: DeltaTables, reader: DuckDBReader):
    await tables.append(ORG, events(1))
    await tables.append(OTHER, events(1))
    snapshot = await reader.snapshot(ORG)
    foreign = (await reader.snapshot(OTHER)).files["2026-03-10"][0]

    for sql in (
        f"SELECT * FROM read_parquet('{foreign.replace("'", "''")}')",  # noqa: S608 - a test
        "SELECT * FROM read_text('/etc/passwd')",
        "COPY events TO '/tmp/stolen.parquet'",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
        "SET allowed_paths = ['/etc/passwd']",
        "SET enable_external_access = true",
        "SET memory_limit = '9GB'",
    ):
        with pytest.raises((duckdb.Error, LakeUnavailable)):
            await reader.query(snapshot, Statement(sql), **EVER)


async def test_a_query_that_takes_too_long_is_interrupted(storage: LakeStorage):
    reader = DuckDBReader(storage, Limits(seconds=0.3))
    with pytest.raises(ApiError) as caught:
        await reader.query(await reader.snapshot(ORG), ENDLESS, **EVER)

    assert (caught.value.status, caught.value.code) == (422, "query_too_expensive")
    assert "shorter range" in caught.value.detail


async def test_a_query_that_needs_too_much_memory_fails(storage: LakeStorage):
    reader = DuckDBReader(storage, Limits(memory="32MB"))
    with pytest.raises(ApiError) as caught:
        await reader.query(await reader.snapshot(ORG), GREEDY, **EVER)

    assert caught.value.code == "query_too_expensive"


async def test_events_are_never_joined_in_nested_loops(tables: DeltaTables, reader: DuckDBReader):
    """DuckDB takes the first file, here with one event, as a sample of all files."""
    await tables.append(ORG, events(1, day="2026-03-01"))
    await tables.append(ORG, events(100))
    span = LocalRange(date(2026, 3, 1), date(2026, 3, 31), UTC_ZONE)
    steps = (Step("page_viewed"), Step("paid"), Step("paid"))
    query = FunnelQuery(Scope(span), steps, timedelta(days=1))
    scan = funnel(query)
    explain = Statement(f"EXPLAIN {scan.statement.sql}", scan.statement.parameters)
    [(_, plan)] = await reader.query(await reader.snapshot(ORG), explain, **EVER)

    assert "Asof Join" in plan
    assert "Loop" not in plan


async def test_a_cancelled_query_frees_its_place(storage: LakeStorage):
    reader = DuckDBReader(storage, Limits(at_once=1))
    snapshot = await reader.snapshot(ORG)
    task = asyncio.create_task(reader.query(snapshot, ENDLESS, **EVER))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await reader.query(snapshot, Statement("SELECT 1"), **EVER) == [(1,)]


async def test_missing_files_are_unavailable(tmp_path: Path):
    storage = LakeStorage.in_folder(tmp_path)
    reader = DuckDBReader(storage)
    await DeltaTables(storage).append(ORG, events(1))
    snapshot = await reader.snapshot(ORG)
    Path(snapshot.files["2026-03-10"][0]).unlink()  # noqa: ASYNC240 - nothing else runs

    with pytest.raises(LakeUnavailable):
        await reader.query(snapshot, Statement("SELECT count(user_id) FROM events"), **EVER)


@pytest.mark.parametrize("position", range(0, 3000, 150))
async def test_damaged_files_are_unavailable_or_change_nothing(tmp_path: Path, position: int):
    """DuckDB reports damaged files with many kinds of exceptions."""
    storage = LakeStorage.in_folder(tmp_path)
    reader = DuckDBReader(storage)
    await DeltaTables(storage).append(ORG, events(100))
    snapshot = await reader.snapshot(ORG)
    file = Path(snapshot.files["2026-03-10"][0])
    content = bytearray(file.read_bytes())  # noqa: ASYNC240 - nothing else runs
    for index in range(position, min(position + 40, len(content))):
        content[index] ^= 0xFF
    file.write_bytes(content)  # noqa: ASYNC240 - as above

    with suppress(LakeUnavailable):
        await reader.query(snapshot, Statement("SELECT * FROM events"), **EVER)
