"""Invalid requests have status 400 with a message, and change nothing."""

import json
from typing import Any

import orjson
import pytest
from azure.cosmos.aio import ContainerProxy

from cosmos_emulator import Emulator, Response

ITEMS = "/dbs/db/colls/items/docs"
KEY = {"x-ms-documentdb-partitionkey": '["p"]'}
QUERY = {**KEY, "x-ms-documentdb-isquery": "True"}
BULK = {
    "x-ms-documentdb-partitionkeyrangeid": "0",
    "x-ms-cosmos-is-batch-request": "True",
    "x-ms-cosmos-batch-continue-on-error": "True",
}
ATOMIC = {**KEY, "x-ms-cosmos-is-batch-request": "True", "x-ms-cosmos-batch-atomic": "True"}


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def item(levels: int) -> bytes:
    return f'{{"id": "a", "pk": "p", "deep": {nested(levels)}}}'.encode()


def assert_refused(response: Response, message: str = "") -> None:
    assert response.status == 400, response.body
    assert message in orjson.loads(response.body)["message"]


@pytest.mark.usefixtures("items")
class TestNesting:
    @pytest.mark.parametrize("levels", [128, 254, 600])
    def test_an_item_has_at_most_128_levels(self, emulator: Emulator, levels: int) -> None:
        assert_refused(emulator.handle("POST", ITEMS, KEY, item(levels)), "128 levels")
        assert emulator.handle("POST", ITEMS, KEY, item(127)).status == 201

    @pytest.mark.parametrize("levels", [128, 254])
    def test_a_patched_item_has_at_most_128_levels(self, emulator: Emulator, levels: int) -> None:
        emulator.handle("POST", ITEMS, KEY, item(1))
        patch = f'{{"operations": [{{"op": "set", "path": "/x", "value": {nested(levels)}}}]}}'

        assert_refused(emulator.handle("PATCH", f"{ITEMS}/a", KEY, patch), "128 levels")

    @pytest.mark.parametrize("levels", [129, 254])
    def test_a_parameter_has_at_most_128_levels(self, emulator: Emulator, levels: int) -> None:
        parameter = f'{{"name": "@deep", "value": {nested(levels)}}}'
        body = f'{{"query": "SELECT VALUE @deep", "parameters": [{parameter}]}}'

        assert_refused(emulator.handle("POST", ITEMS, QUERY, body), "@deep")

    def test_each_operation_of_a_bulk_request_has_its_own_result(self, emulator: Emulator) -> None:
        def operation(name: Any, body: Any) -> dict[str, Any]:
            kind = "Create" if name is None else "Replace"
            key = '["p"]'
            return {"operationType": kind, "id": name, "resourceBody": body, "partitionKey": key}

        good = {"id": "good", "pk": "p"}
        deep = orjson.loads(item(254))
        operations = [operation(None, good), operation(5, good), operation(None, deep)]
        body = b"[%b]" % b",".join(deep_json(each) for each in operations)
        headers = BULK | {"x-ms-documentdb-partitionkeyrangeid": home(emulator)}
        response = emulator.handle("POST", ITEMS, headers, body)

        assert [each["statusCode"] for each in orjson.loads(response.body)] == [201, 400, 400]

    @pytest.mark.parametrize("name", [5, ["a"], {}])
    @pytest.mark.parametrize("kind", ["Read", "Replace", "Patch", "Delete"])
    def test_the_id_of_an_operation_is_a_string(
        self, emulator: Emulator, kind: str, name: Any
    ) -> None:
        body = orjson.dumps([{"operationType": kind, "id": name, "resourceBody": {}}])
        response = emulator.handle("POST", ITEMS, ATOMIC, body)

        assert orjson.loads(response.body)[0]["statusCode"] == 400


def deep_json(value: Any) -> bytes:
    """Return a value of any depth as JSON, beyond the limit of the encoder."""
    return json.dumps(value).encode()


def home(emulator: Emulator) -> str:
    """Return the partition of the key `p`."""
    response = emulator.handle("POST", ITEMS, KEY, b'{"id": "first", "pk": "p"}')
    return response.headers["x-ms-documentdb-partitionkeyrangeid"]


@pytest.mark.usefixtures("items")
@pytest.mark.parametrize(
    "text",
    [
        "NUMBERBIN(1e308, 1e-308)",
        "DATETIMEADD('year', 1e308, '2026-01-01T00:00:00.0000000Z')",
        "TIMESTAMPTODATETIME(1e308)",
        f"STRINGTOARRAY('{nested(400)}')",
        f"STRINGTOARRAY('{nested(2_000)}')",
        f"STRINGTOOBJECT('{{\\\"a\\\":{nested(400)}}}')",
    ],
)
def test_a_function_is_undefined_beyond_its_limits(emulator: Emulator, text: str) -> None:
    body = f'{{"query": "SELECT VALUE IS_DEFINED({text})"}}'
    response = emulator.handle("POST", ITEMS, QUERY, body)

    assert orjson.loads(response.body)["Documents"] == [False]


@pytest.mark.usefixtures("items")
@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("If-Modified-Since", "yesterday"),
        ("If-Modified-Since", "Mon, 99 Jan 2026 00:00:00 GMT"),
        ("If-None-Match", '"x"'),
        ("If-None-Match", f'"{1 << 64}"'),
        ("If-None-Match", '"-5"'),
    ],
)
def test_a_malformed_start_of_the_change_feed_is_refused(
    emulator: Emulator, header: str, value: str
) -> None:
    headers = {**KEY, "A-IM": "Incremental feed", header: value}

    assert_refused(emulator.handle("GET", ITEMS, headers), header)


def policy(**properties: Any) -> dict[str, Any]:
    return {"indexingPolicy": properties}


def vector(**properties: Any) -> dict[str, Any]:
    return {"vectorEmbeddingPolicy": {"vectorEmbeddings": [{"path": "/v", **properties}]}}


DEFINITIONS: list[tuple[dict[str, Any], str]] = [
    ({"indexingPolicy": 5}, "'indexingPolicy'"),
    (policy(includedPaths=5), "'indexingPolicy.includedPaths'"),
    (policy(excludedPaths=[None]), "'indexingPolicy.excludedPaths[0]'"),
    (policy(compositeIndexes=[5]), "'indexingPolicy.compositeIndexes[0]'"),
    (policy(compositeIndexes=[[{}]]), "'indexingPolicy.compositeIndexes[0][0].path'"),
    (policy(indexingMode="lazyy"), "'indexingPolicy.indexingMode'"),
    ({"partitionKey": {"paths": 5}}, "'partitionKey.paths'"),
    ({"partitionKey": {"paths": ["/"]}}, "'partitionKey.paths[0]'"),
    ({"uniqueKeyPolicy": 5}, "'uniqueKeyPolicy'"),
    ({"uniqueKeyPolicy": {"uniqueKeys": [5]}}, "'uniqueKeyPolicy.uniqueKeys[0]'"),
    ({"uniqueKeyPolicy": {"uniqueKeys": [{}]}}, "'uniqueKeyPolicy.uniqueKeys[0].paths'"),
    ({"uniqueKeyPolicy": {"uniqueKeys": [{"paths": ["x"]}]}}, "paths[0]"),
    ({"changeFeedPolicy": 5}, "'changeFeedPolicy'"),
    ({"changeFeedPolicy": {"retentionDuration": "x"}}, "retentionDuration"),
    ({"vectorEmbeddingPolicy": 5}, "'vectorEmbeddingPolicy'"),
    ({"vectorEmbeddingPolicy": {"vectorEmbeddings": [5]}}, "vectorEmbeddings[0]"),
    (vector(dataType="zzz"), "dataType"),
    (vector(dimensions=4_097), "from 1 to 4,096"),
    ({"conflictResolutionPolicy": {"mode": "zzz"}}, "mode"),
]


@pytest.mark.usefixtures("items")
@pytest.mark.parametrize(("invalid", "message"), DEFINITIONS)
def test_an_invalid_definition_is_refused(
    emulator: Emulator, invalid: dict[str, Any], message: str
) -> None:
    valid = {"id": "new", "partitionKey": {"paths": ["/pk"]}}
    body = orjson.dumps(valid | invalid)

    assert_refused(emulator.handle("POST", "/dbs/db/colls", {}, body), message)
    body = orjson.dumps(valid | {"id": "items"} | invalid)
    assert_refused(emulator.handle("PUT", "/dbs/db/colls/items", {}, body), message)


@pytest.mark.usefixtures("items")
@pytest.mark.parametrize("body", ["[]", "5", "null", '"x"'])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/dbs"), ("POST", "/dbs/db/colls"), ("PUT", "/dbs/db/colls/items")],
)
def test_a_body_must_be_an_object(emulator: Emulator, method: str, path: str, body: str) -> None:
    assert_refused(emulator.handle(method, path, {}, body), "name")


@pytest.mark.parametrize("ttl", [0, -2, 1.5, "5", True, None, [], 1 << 31])
async def test_an_invalid_ttl_is_refused_without_a_default(
    emulator: Emulator, items: ContainerProxy, ttl: Any
) -> None:
    body = orjson.dumps({"id": "a", "pk": "p", "ttl": ttl})

    assert_refused(emulator.handle("POST", f"/dbs/db/colls/{items.id}/docs", KEY, body), "ttl")


async def test_an_increment_that_overflows_is_refused(
    emulator: Emulator, items: ContainerProxy
) -> None:
    before = await items.create_item({"id": "a", "pk": "p", "n": 1e308, "i": 1 << 63})
    patch = b'[{"op": "incr", "path": "/n", "value": 1e308}]'
    assert_refused(emulator.handle("PATCH", f"{ITEMS}/a", KEY, patch), "too large")
    assert await items.read_item("a", "p") == before

    patched = await items.patch_item("a", "p", [{"op": "incr", "path": "/i", "value": 1 << 63}])
    assert patched["i"] == float(1 << 64)
