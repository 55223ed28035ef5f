"""Queries over several partitions read only the necessary partitions and merge their results."""
# ruff: noqa: S608  the query texts are constants of the tests

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from azure.cosmos import CosmosClient as SyncClient
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError

from cosmos_emulator import Emulator, Request
from cosmos_emulator.transports import AsyncTransport, Transport

from .conftest import MakeContainer, paged

type Query = Callable[..., Awaitable[list[Any]]]

ORGS = [f"org_{n}" for n in range(8)]


@pytest.fixture
async def filled(events: ContainerProxy) -> ContainerProxy:
    """Return a container with eight organisations, each with three days of two items."""
    for org in ORGS:
        for day in "123":
            for n in (1, 2):
                item = {"id": f"{day}-{n}", "org_id": org, "day": day, "n": n}
                await events.create_item(item | {"type": "delta" if n == 2 else "event"})
    return events


@pytest.fixture
def requests_sent(emulator: Emulator) -> list[Request]:
    """Record the query requests that the emulator receives."""
    requests = list[Request]()

    def record(request: Request) -> None:
        if request.operation == "query":
            requests.append(request)

    emulator.interceptors.append(record)
    return requests


def ranges(requests: list[Request]) -> list[str]:
    return [request.header("x-ms-documentdb-partitionkeyrangeid") for request in requests]


@pytest.mark.usefixtures("filled")
def test_both_physical_partitions_contain_items(emulator: Emulator) -> None:
    counts = list[int]()
    for number in ("0", "1"):
        headers = {"x-ms-documentdb-partitionkeyrangeid": number, "x-ms-documentdb-isquery": "true"}
        body = b'{"query": "SELECT VALUE COUNT(1) FROM c"}'
        response = emulator.handle("POST", "/dbs/db/colls/events/docs", headers, body)
        counts += orjson.loads(response.body)["Documents"]

    assert sum(counts) == 48
    assert all(count > 0 for count in counts)


async def test_a_whole_key_reads_one_logical_partition(
    filled: ContainerProxy, requests_sent: list[Request], query: Query
) -> None:
    found = await query(filled, "SELECT * FROM c", ["org_1", "2"])

    assert {(item["org_id"], item["day"]) for item in found} == {("org_1", "2")}
    assert len(requests_sent) == 1


@pytest.mark.parametrize("org", ORGS)
async def test_a_prefix_reads_only_its_partition(
    filled: ContainerProxy, requests_sent: list[Request], query: Query, org: str
) -> None:
    found = await query(filled, "SELECT * FROM c", [org])

    assert {item["org_id"] for item in found} == {org}
    assert len(found) == 6
    assert len(ranges(requests_sent)) == 1
    assert requests_sent[0].header("x-ms-start-epk")


async def test_a_prefix_excludes_other_tenants_without_a_condition(
    filled: ContainerProxy, query: Query
) -> None:
    text = "SELECT * FROM c WHERE c.org_id = 'org_2'"

    assert await query(filled, text, ["org_1"]) == []
    assert await query(filled, text, ["org_1", "1"]) == []
    assert len(await query(filled, text, ["org_2"])) == 6


@pytest.mark.parametrize(("function", "expected"), [("MAX", "3-2"), ("MIN", "1-1")])
async def test_min_and_max_over_a_prefix(
    filled: ContainerProxy, query: Query, function: str, expected: str
) -> None:
    text = f"SELECT VALUE {function}(c.id) FROM c WHERE c.org_id = @org AND c.id < @end"

    assert await query(filled, text, ["org_3"], org="org_3", end="9") == [expected]
    assert await query(filled, text, ["org_3"], org="org_3", end="0") == []


async def test_a_count_over_a_prefix(filled: ContainerProxy, query: Query) -> None:
    assert await query(filled, "SELECT VALUE COUNT(1) FROM c", ["org_3"]) == [6]


async def test_a_plain_filter_over_all_partitions_needs_one_request(
    filled: ContainerProxy, requests_sent: list[Request], query: Query
) -> None:
    found = await query(filled, "SELECT * FROM c WHERE c.n = 1")

    assert len(found) == 24
    assert ranges(requests_sent) == [""]


EVERYWHERE = [
    ("SELECT VALUE COUNT(1) FROM c", [48]),
    ("SELECT VALUE SUM(c.n) FROM c", [72]),
    ("SELECT VALUE AVG(c.n) FROM c", [1.5]),
    ("SELECT VALUE MAX(c.id) FROM c", ["3-2"]),
    ("SELECT VALUE MIN(c.org_id) FROM c", ["org_0"]),
    ("SELECT DISTINCT VALUE c.day FROM c ORDER BY c.day", ["1", "2", "3"]),
    ("SELECT TOP 3 VALUE c.org_id FROM c ORDER BY c.org_id DESC", ["org_7"] * 3),
    ("SELECT VALUE c.org_id FROM c ORDER BY c.org_id OFFSET 5 LIMIT 2", ["org_0", "org_1"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), EVERYWHERE, ids=[text for text, _ in EVERYWHERE])
async def test_the_sdk_merges_the_results_of_the_partitions(
    make_container: MakeContainer,
    requests_sent: list[Request],
    query: Query,
    text: str,
    expected: list[Any],
) -> None:
    container = await make_container("all", "/org_id", "/day")
    for org in ORGS:
        for day in "123":
            for n in (1, 2):
                await container.create_item({"id": f"{day}-{n}", "org_id": org, "day": day, "n": n})

    assert await query(container, text) == expected
    assert {"0", "1"} <= set(ranges(requests_sent))


async def test_distinct_pairs_over_all_partitions(filled: ContainerProxy, query: Query) -> None:
    text = "SELECT DISTINCT c.org_id, c.day FROM c WHERE c.type = 'delta'"
    found = await query(filled, text)

    pairs = [(item["org_id"], item["day"]) for item in found]
    assert sorted(pairs) == [(org, day) for org in ORGS for day in "123"]


async def test_order_by_over_all_partitions_is_global(filled: ContainerProxy, query: Query) -> None:
    found = await query(filled, "SELECT * FROM c ORDER BY c.id DESC")

    assert [item["id"] for item in found] == sorted([item["id"] for item in found], reverse=True)
    assert len(found) == 48


@pytest.mark.usefixtures("filled")
def test_a_query_that_needs_merging_requires_a_plan(emulator: Emulator) -> None:
    headers = {
        "x-ms-documentdb-isquery": "true",
        "x-ms-documentdb-query-enablecrosspartition": "True",
    }
    body = b'{"query": "SELECT * FROM c ORDER BY c.id"}'
    response = emulator.handle("POST", "/dbs/db/colls/events/docs", headers, body)

    assert (response.status, response.headers["x-ms-substatus"]) == (400, "1004")


def planned(emulator: Emulator, text: str, **given: Any) -> dict[str, Any]:
    headers = {"x-ms-cosmos-is-query-plan-request": "True"}
    parameters = [{"name": f"@{name}", "value": value} for name, value in given.items()]
    body = orjson.dumps({"query": text, "parameters": parameters})
    return orjson.loads(emulator.handle("POST", "/dbs/db/colls/events/docs", headers, body).body)


@pytest.mark.usefixtures("filled")
def test_a_plan_contains_only_the_ranges_that_the_where_allows(emulator: Emulator) -> None:
    everything = planned(emulator, "SELECT VALUE COUNT(1) FROM c")["queryRanges"]
    one_org = planned(emulator, "SELECT TOP 1 * FROM c WHERE c.org_id = @org", org="org_1")
    one_key = planned(emulator, "SELECT TOP 1 * FROM c WHERE c.day = '1' AND 'org_1' = c.org_id")
    (prefix,) = one_org["queryRanges"]
    (point,) = one_key["queryRanges"]

    assert everything == [{"min": "", "max": "FF", "isMinInclusive": True, "isMaxInclusive": False}]
    assert prefix["max"] == prefix["min"] + "FF"
    assert point["min"] == point["max"]
    assert point["min"].startswith(prefix["min"])


async def test_a_where_with_a_fixed_key_reads_one_partition(
    filled: ContainerProxy, requests_sent: list[Request], query: Query
) -> None:
    text = "SELECT VALUE c.id FROM c WHERE c.org_id = 'org_5' ORDER BY c.id"

    assert await query(filled, text) == ["1-1", "1-2", "2-1", "2-2", "3-1", "3-2"]
    assert len({number for number in ranges(requests_sent) if number}) == 1


@pytest.mark.usefixtures("filled")
def test_a_missing_partition_returns_410(emulator: Emulator) -> None:
    headers = {"x-ms-documentdb-partitionkeyrangeid": "9", "x-ms-documentdb-isquery": "true"}
    body = b'{"query": "SELECT * FROM c"}'

    assert emulator.handle("POST", "/dbs/db/colls/events/docs", headers, body).status == 410


async def test_a_single_partition_needs_no_merging() -> None:
    emulator = Emulator(partitions=1)
    async with CosmosClient(
        emulator.endpoint, emulator.key, transport=AsyncTransport(emulator)
    ) as client:
        database = await client.create_database("db")
        items = await database.create_container("items", {"paths": ["/pk"], "kind": "Hash"})
        for number in range(5):
            await items.create_item({"id": f"{number}", "pk": f"{number}"})

        assert await paged(items, "SELECT VALUE COUNT(1) FROM c") == [[5]]
        assert await paged(items, "SELECT VALUE c.id FROM c ORDER BY c.id", None, 2) == [
            ["0", "1"], ["2", "3"], ["4"],
        ]  # fmt: skip
    emulator.close()


async def test_group_by_over_all_partitions_is_rejected(
    filled: ContainerProxy, query: Query
) -> None:
    with pytest.raises(CosmosHttpResponseError, match="GroupBy"):
        await query(filled, "SELECT c.day, COUNT(1) AS n FROM c GROUP BY c.day")


GROUPED = [
    (
        "SELECT c.day, COUNT(1) AS n, AVG(c.n) AS mean FROM c GROUP BY c.day",
        {"day": None, "n": "Count", "mean": "Average"},
        {"1": 16, "2": 16, "3": 16},
    ),
    ("SELECT VALUE COUNT(1) FROM c GROUP BY c.day", {}, {"1": 16, "2": 16, "3": 16}),
    ("SELECT COUNT(1) AS n FROM c", {"n": "Count"}, {None: 48}),
]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("text", "types", "counts"), GROUPED)
def test_a_client_that_merges_groups_gets_a_plan_with_partial_results(
    emulator: Emulator, text: str, types: dict[str, Any], counts: dict[Any, int]
) -> None:
    headers = {
        "x-ms-cosmos-is-query-plan-request": "True",
        "x-ms-cosmos-supported-query-features": "GroupBy, NonValueAggregate, MultipleAggregates",
    }
    path, body = "/dbs/db/colls/events/docs", orjson.dumps({"query": text})
    info = orjson.loads(emulator.handle("POST", path, headers, body).body)["queryInfo"]
    merged = dict[Any, int]()
    for number in ("0", "1"):
        of_range = {
            "x-ms-documentdb-partitionkeyrangeid": number,
            "x-ms-documentdb-isquery": "true",
        }
        body = orjson.dumps({"query": info["rewrittenQuery"]})
        for group in orjson.loads(emulator.handle("POST", path, of_range, body).body)["Documents"]:
            key = group["groupByItems"][0]["item"] if "groupByItems" in group else None
            payload = group["payload"]
            count = payload[0] if isinstance(payload, list) else payload["n"]
            merged[key] = merged.get(key, 0) + count["item"]

    assert info["groupByAliasToAggregateType"] == types
    assert info["groupByAliases"] == list(types)
    assert merged == counts


NOT_ALLOWED = [
    ("SELECT * FROM c", False),
    ("SELECT * FROM c WHERE c.org_id = 'org_1'", False),
    ("SELECT * FROM c WHERE c.org_id = 'org_1' AND c.day = '1'", True),
    ("SELECT VALUE 1", True),
]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("text", "is_allowed"), NOT_ALLOWED)
def test_the_sync_sdk_must_enable_queries_over_several_keys(
    emulator: Emulator, text: str, *, is_allowed: bool
) -> None:
    client = SyncClient(emulator.endpoint, emulator.key, transport=Transport(emulator))
    container = client.get_database_client("db").get_container_client("events")

    assert list(container.query_items(text, enable_cross_partition_query=True))
    if is_allowed:
        assert list(container.query_items(text))
    else:
        with pytest.raises(CosmosHttpResponseError, match="Cross partition query is required"):
            list(container.query_items(text))


@pytest.mark.parametrize(("level", "is_allowed"), [("Strong", False), ("Eventual", True)])
async def test_a_stronger_consistency_than_the_account_has_is_rejected(
    emulator: Emulator, events: ContainerProxy, level: str, *, is_allowed: bool
) -> None:
    transport = AsyncTransport(emulator)
    async with CosmosClient(
        emulator.endpoint, emulator.key, transport=transport, consistency_level=level
    ) as client:
        container = client.get_database_client("db").get_container_client(events.id)
        if is_allowed:
            assert await paged(container, "SELECT * FROM c", ["a", "b"]) == []
        else:
            with pytest.raises(CosmosHttpResponseError, match="is not stronger than"):
                await paged(container, "SELECT * FROM c", ["a", "b"])
