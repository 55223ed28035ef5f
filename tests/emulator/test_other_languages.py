"""Requests in the form in which the SDKs for JavaScript and .NET send them."""

from typing import Any

import orjson
import pytest
from azure.cosmos.aio import ContainerProxy

from cosmos_emulator import Emulator, Response

FEATURES = "Aggregate,CompositeAggregate,GroupBy,MultipleAggregates,NonValueAggregate,OrderBy,Top"
DOCS = "/dbs/db/colls/items/docs"


@pytest.fixture
async def filled(items: ContainerProxy) -> ContainerProxy:
    for n in range(6):
        await items.create_item({"id": str(n), "pk": f"p{n}", "n": n, "kind": "ab"[n % 2]})
    return items


def post(emulator: Emulator, body: Any, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return emulator.handle("POST", DOCS, named, orjson.dumps(body))


def plan(emulator: Emulator, text: str, features: str = FEATURES) -> dict[str, Any]:
    response = post(
        emulator,
        {"query": text},
        x_ms_cosmos_is_query_plan_request="True",
        x_ms_cosmos_supported_query_features=features,
    )
    return orjson.loads(response.body)


def parts(emulator: Emulator, text: str) -> list[Any]:
    """Return what the physical partitions return for the query of a plan."""
    rewritten = plan(emulator, text)["queryInfo"]["rewrittenQuery"]
    found = list[Any]()
    for number in ("0", "1"):
        response = post(
            emulator,
            {"query": rewritten},
            x_ms_documentdb_isquery="True",
            x_ms_documentdb_partitionkeyrangeid=number,
        )
        found += orjson.loads(response.body)["Documents"]
    return found


@pytest.mark.usefixtures("filled")
class TestQueryPlans:
    def test_the_refusal_of_a_cross_partition_query_contains_a_plan(
        self, emulator: Emulator
    ) -> None:
        response = post(
            emulator,
            {"query": "SELECT * FROM c ORDER BY c.n"},
            x_ms_documentdb_isquery="True",
            x_ms_documentdb_query_enablecrosspartition="true",
        )
        body = orjson.loads(response.body)

        assert (response.status, response.headers["x-ms-substatus"]) == (400, "1004")
        assert orjson.loads(body["additionalErrorInfo"])["queryInfo"]["orderBy"] == ["Ascending"]

    def test_groups_have_keys_and_values_to_merge(self, emulator: Emulator) -> None:
        text = (
            "SELECT c.kind, COUNT(1) AS n, MAX(c.n) AS high, AVG(c.n) AS mean"
            " FROM c GROUP BY c.kind"
        )
        info = plan(emulator, text)["queryInfo"]
        merged = parts(emulator, text)

        assert info["groupByExpressions"] == ['c["kind"]']
        assert info["groupByAliasToAggregateType"] == {
            "kind": None,
            "n": "Count",
            "high": "Max",
            "mean": "Average",
        }
        assert {row["groupByItems"][0]["item"] for row in merged} == {"a", "b"}
        assert sum(row["payload"]["n"]["item"] for row in merged) == 6
        assert max(row["payload"]["high"]["item"]["max"] for row in merged) == 5
        assert sum(row["payload"]["mean"]["item"]["sum"] for row in merged) == 15

    def test_several_aggregates_are_merged_by_name(self, emulator: Emulator) -> None:
        merged = parts(emulator, "SELECT COUNT(1) AS n, MIN(c.n) AS low FROM c")

        assert sum(row["payload"]["n"]["item"] for row in merged) == 6
        assert min(row["payload"]["low"]["item"]["min"] for row in merged) == 0

    def test_a_grouped_value_is_merged(self, emulator: Emulator) -> None:
        text = "SELECT VALUE SUM(c.n) FROM c GROUP BY c.kind"

        assert plan(emulator, text)["queryInfo"]["aggregates"] == ["Sum"]
        assert sum(row["payload"][0]["item"] for row in parts(emulator, text)) == 15

    def test_a_minimum_has_the_form_that_the_client_can_merge(self, emulator: Emulator) -> None:
        text = "SELECT VALUE MIN(c.n) FROM c"
        old = plan(emulator, text, "Aggregate")["queryInfo"]["rewrittenQuery"]

        assert '{"item": MIN(' in old
        assert all(set(row[0]["item"]) <= {"min", "count"} for row in parts(emulator, text))

    def test_an_aggregate_has_no_order(self, emulator: Emulator) -> None:
        info = plan(emulator, "SELECT VALUE AVG(c.n) FROM c ORDER BY c.n")["queryInfo"]

        assert info["orderBy"] == []
        assert "ORDER BY" not in info["rewrittenQuery"]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("SELECT c.kind, COUNT(1) AS n FROM c GROUP BY c.kind", "GroupBy"),
            ("SELECT COUNT(1) AS n FROM c", "only supports 'VALUE <AggregateFunc>'"),
        ],
    )
    def test_a_client_without_a_feature_is_refused(
        self, emulator: Emulator, text: str, message: str
    ) -> None:
        refused = plan(emulator, text, "Aggregate")

        assert refused["code"] == "BadRequest"
        assert message in refused["message"]

    def test_the_explorer_gets_merged_results(self, emulator: Emulator) -> None:
        response = post(
            emulator,
            {"query": "SELECT VALUE c.n FROM c ORDER BY c.n DESC OFFSET 1 LIMIT 3"},
            x_ms_documentdb_isquery="True",
            x_ms_documentdb_query_enablecrosspartition="true",
            x_ms_emulator_merge="true",
        )

        assert orjson.loads(response.body)["Documents"] == [4, 3, 2]

    def test_a_query_of_all_partitions_must_be_permitted(self, emulator: Emulator) -> None:
        response = post(emulator, {"query": "SELECT * FROM c"}, x_ms_documentdb_isquery="True")

        assert response.status == 400
        assert b"Cross partition query is required but disabled" in response.body


@pytest.mark.usefixtures("filled")
class TestBulk:
    def bulk(self, emulator: Emulator, *operations: dict[str, Any], goes_on: bool = True) -> Any:
        response = post(
            emulator,
            operations,
            x_ms_cosmos_is_batch_request="true",
            x_ms_cosmos_batch_atomic="false",
            x_ms_cosmos_batch_continue_on_error=str(goes_on).lower(),
            x_ms_documentdb_partitionkeyrangeid="0",
        )
        return response.status, orjson.loads(response.body)

    def create(self, name: str, key: str = "p") -> dict[str, Any]:
        body = {"id": name, "pk": key}
        return {"operationType": "Create", "partitionKey": f'["{key}"]', "resourceBody": body}

    def test_operations_of_several_keys_succeed_one_by_one(self, emulator: Emulator) -> None:
        read = {"operationType": "Read", "id": "x", "partitionKey": '["q"]'}
        patch = {
            "operationType": "Patch",
            "id": "x",
            "partitionKey": '["q"]',
            "resourceBody": {"operations": [{"op": "add", "path": "/n", "value": 1}]},
        }
        status, results = self.bulk(emulator, self.create("x"), self.create("x", "q"), patch, read)

        assert status == 200
        assert [result["statusCode"] for result in results] == [201, 201, 200, 200]
        assert results[3]["resourceBody"]["n"] == 1

    def test_a_failed_operation_does_not_undo_others(self, emulator: Emulator) -> None:
        status, results = self.bulk(emulator, self.create("x"), self.create("x"), self.create("y"))

        assert status == 207
        assert [result["statusCode"] for result in results] == [201, 409, 201]

    def test_operations_after_a_failure_are_skipped_on_request(self, emulator: Emulator) -> None:
        _, results = self.bulk(
            emulator, self.create("x"), self.create("x"), self.create("y"), goes_on=False
        )

        assert [result["statusCode"] for result in results] == [201, 409, 424]

    def test_a_split_partition_is_gone(self, emulator: Emulator) -> None:
        emulator.split("db", "items")
        status, body = self.bulk(emulator, self.create("x"))

        assert (status, body["code"]) == (410, "Gone")


async def test_a_patch_may_be_a_bare_list(emulator: Emulator, items: ContainerProxy) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    body = b'[{"op": "add", "path": "/n", "value": 1}]'
    response = emulator.handle(
        "PATCH", f"{DOCS}/a", {"x-ms-documentdb-partitionkey": '["p"]'}, body
    )

    assert (response.status, orjson.loads(response.body)["n"]) == (200, 1)
