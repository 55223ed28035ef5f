"""Compare insights over HTTP with DuckDB alone on one Parquet file of the same events.

    uv run python -m benchmarks.insights [--events 1000000] [--rounds 7] [--uncompacted]

Users and times are skewed, and one event in twenty is late. Each day is one file, as the timer
leaves it six hours after its end, or 8 files with `--uncompacted`. The rounds of both alternate,
both must return the same numbers, and the ratio compares medians. Goals: at most 1.5 times DuckDB
alone with 1,000,000 events; at most 3 s per query and 1 GB of memory with 10,000,000 uncompacted
events.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import httpx2
from deltalake import write_deltalake

from api.domain.events import Event
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from scripts.servers import serve

ORG = "org_acme"
FIRST, DAYS = "2026-01-01", 60
RANGE = {"start_date": FIRST, "end_date": "2026-03-01"}
COMMITS = 8  # each with a file per day
USERS_PER_EVENT = 0.05

# The columns of the lake. `u` decides the user, with many events for a few users.
_EVENTS = """
SELECT
    CAST("timestamp" AT TIME ZONE 'UTC' AS DATE) AS day, "timestamp", 'e' || n AS event_id,
    CASE WHEN kind < 70 THEN 'page_viewed' WHEN kind < 82 THEN 'signed_up'
         WHEN kind < 94 THEN 'added_to_cart' ELSE 'paid' END AS event_type,
    'user-' || floor({users} * power(u, 3))::BIGINT AS user_id, 'trusted' AS source,
    '{{"plan":"' || ['free', 'team', 'pro', 'enterprise'][1 + floor(4 * power(u, 2))::INT]
        || '","path":"/p/' || kind || '","amount":' || (kind * 1.25) || '}}' AS properties,
    "timestamp" + INTERVAL 2 SECOND AS received_at, NULL::VARCHAR AS schema_version
FROM (
    SELECT n, (hash(n) % 100)::INT AS kind, (hash(n + 1000000007) % 1000003) / 1000003.0 AS u,
        TIMESTAMPTZ '{first} 00:00:00+00' + to_microseconds(CASE
            WHEN n % 20 = 0 THEN hash(n * 7) % ({days} * 86400000000)::UBIGINT
            ELSE n * ({days} * 86400000000.0 / {count}) END::BIGINT) AS "timestamp"
    FROM range({begin}, {end}) AS r(n)
)
"""


@dataclass(frozen=True)
class Question:
    """A query of the API, the same query for DuckDB, and the numbers in the API's result."""

    path: str
    body: Mapping[str, Any]
    sql: str
    numbers: Callable[[Mapping[str, Any]], list[float]]


def _totals(result: Mapping[str, Any]) -> list[float]:
    return sorted(line["total"] for line in result["series"])


_FUNNEL = """
WITH e AS (
    SELECT user_id, event_type, "timestamp" AS t FROM f
    WHERE event_type IN ('signed_up', 'added_to_cart', 'paid')
), a AS (
    SELECT *, max(CASE WHEN event_type = 'signed_up' THEN t END)
        OVER (PARTITION BY user_id ORDER BY t) AS entry FROM e
), b AS (
    SELECT *, max(CASE WHEN event_type = 'added_to_cart' AND t - entry <= INTERVAL 1 DAY
        THEN entry END) OVER (PARTITION BY user_id ORDER BY t) AS entry2 FROM a
)
SELECT count(DISTINCT CASE WHEN event_type = 'signed_up' THEN user_id END),
    count(DISTINCT CASE WHEN entry2 IS NOT NULL THEN user_id END),
    count(DISTINCT CASE WHEN event_type = 'paid' AND t - entry2 <= INTERVAL 1 DAY
        THEN user_id END)
FROM b
"""
_RETENTION = """
WITH s AS (
    SELECT user_id, date_trunc('week', min("timestamp")) AS w FROM f
    WHERE event_type = 'signed_up' GROUP BY 1
), r AS (
    SELECT DISTINCT user_id, date_trunc('week', "timestamp") AS w FROM f WHERE event_type = 'paid'
)
SELECT count(*) FROM s JOIN r ON s.user_id = r.user_id
WHERE r.w > s.w AND r.w < s.w + INTERVAL 8 WEEK
"""
QUESTIONS = {
    "trend": Question(
        "trends",
        {"series": [{"event_type": "paid"}], "interval": "day"},
        """SELECT sum(n) FROM
            (SELECT day, count(*) AS n FROM f WHERE event_type = 'paid' GROUP BY 1)""",
        _totals,
    ),
    "breakdown": Question(
        "trends",
        {
            "series": [{"event_type": "paid", "aggregate": "sum", "property": "amount"}],
            "breakdown": {"property": "plan"},
        },
        """SELECT sum(n) FROM (SELECT day, json_extract_string(properties, '/plan') AS plan,
            sum(CAST(json_extract(properties, '/amount') AS DOUBLE)) AS n
            FROM f WHERE event_type = 'paid' GROUP BY ALL) GROUP BY plan ORDER BY 1""",
        _totals,
    ),
    "unique users": Question(
        "trends",
        {"series": [{"aggregate": "unique_users"}]},
        "SELECT count(DISTINCT user_id) FROM (SELECT day, user_id FROM f GROUP BY ALL)",
        _totals,
    ),
    "funnel": Question(
        "funnels",
        {
            "steps": [{"event_type": each} for each in ("signed_up", "added_to_cart", "paid")],
            "window_seconds": 86_400,
            "end_date": "2026-04-01",
        },
        _FUNNEL,
        lambda result: [step["users"] for step in result["steps"]],
    ),
    "retention": Question(
        "retention",
        {"start": {"event_type": "signed_up"}, "return": {"event_type": "paid"}, "periods": 8},
        _RETENTION,
        lambda result: [
            sum(cell["users"] for row in result["cohorts"] for cell in row["values"][1:])
        ],
    ),
}


async def build(folder: Path, count: int, *, compacted: bool) -> Path:
    """Write the events to the lake in the folder, and to one Parquet file; return that file."""
    storage = LakeStorage.in_folder(folder / "lake")
    first = Event(ORG, "first", "page_viewed", "user-0", f"{FIRST}T00:00:00.000000Z", {})
    tables = DeltaTables(storage)
    await tables.append(ORG, [first])  # creates the table
    database, table = duckdb.connect(), storage.table(ORG)
    step = -(-count // COMMITS)
    sources: list[str] = []
    for begin in range(0, count, step):
        sql = _EVENTS.format(
            users=max(1, int(count * USERS_PER_EVENT)),
            first=FIRST,
            days=DAYS,
            count=count,
            begin=begin,
            end=min(begin + step, count),
        )
        sources.append(sql)
        write_deltalake(table, database.sql(sql), mode="append")
    if compacted:
        await tables.compact(ORG, ended_before="2027-01-01")
    file = folder / "events.parquet"
    database.execute(f"COPY ({' UNION ALL '.join(sources)}) TO '{file}' (COMPRESSION zstd)")
    return file


def alone(file: Path, sql: str) -> tuple[float, list[Any]]:
    """Return the seconds that a new DuckDB needs for the query, and its numbers."""
    started = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as database:
        database.execute("SET TimeZone = 'UTC'")
        database.execute(f"CREATE VIEW f AS FROM '{file}'")
        rows = database.execute(sql).fetchall()
    return time.perf_counter() - started, [value for row in rows for value in row]


def over_http(client: httpx2.Client, question: Question) -> tuple[float, list[Any]]:
    started = time.perf_counter()
    response = client.post(f"/api/v1/insights/{question.path}", json={**RANGE, **question.body})
    seconds = time.perf_counter() - started
    assert response.status_code == 200, response.text
    return seconds, question.numbers(response.json())


def compare(file: Path, client: httpx2.Client, rounds: int) -> None:
    """Print the median seconds of both, and their ratio, per question."""
    print(f"{'':14} {'DuckDB':>9} {'HTTP':>9} {'ratio':>6}")
    for name, question in QUESTIONS.items():
        times: tuple[list[float], list[float]] = ([], [])
        for number in range(rounds + 1):
            theirs, expected = alone(file, question.sql)
            ours, found = over_http(client, question)
            assert all(abs(a - b) <= 1e-9 * abs(b) for a, b in zip(found, expected, strict=True)), (
                name,
                found,
                expected,
            )
            if number:  # the first round warms up
                times[0].append(theirs)
                times[1].append(ours)
        duck, http = map(statistics.median, times)
        print(f"{name:14} {duck * 1000:6.0f} ms {http * 1000:6.0f} ms {http / duck:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--uncompacted", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = asyncio.run(build(folder, options.events, compacted=not options.uncompacted))
        environment = {"ANALYTICS_DATA_DIR": name, "ANALYTICS_LOG_LEVEL": "WARNING"}
        with serve("api.main:app", environment, ready="/healthz") as server:
            token = httpx2.post(
                f"{server.url}/api/v1/auth/token", json={"api_key": "ak_local_acme"}
            ).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            with httpx2.Client(base_url=server.url, headers=headers, timeout=60) as client:
                compare(file, client, options.rounds)
            status = Path(f"/proc/{server.pid}/status").read_text()
            (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
            print(f"peak memory of the server: {int(peak) / 1000:.0f} MB")


if __name__ == "__main__":
    main()
