"""Operations on single items, with every status and every limit."""

import asyncio
from typing import Any

import orjson
import pytest
from azure.core import MatchConditions
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from cosmos_emulator import Emulator
from cosmos_emulator.transports import AsyncTransport

from .conftest import MakeContainer

UNCHANGED = MatchConditions.IfNotModified
ITEM = {"id": "a", "pk": "p", "text": "é漢😀", "list": [1, None, True, {"x": 0.5}]}


async def test_a_created_item_is_read_back_with_its_system_properties(
    items: ContainerProxy, clock: Any
) -> None:
    created = await items.create_item(ITEM)
    read = await items.read_item("a", "p")

    assert read == created
    assert {name: read[name] for name in ITEM} == ITEM
    assert read["_ts"] == int(clock())
    assert read["_self"].endswith(f"/docs/{read['_rid']}/")
    assert read["_attachments"] == "attachments/"


async def test_ids_are_unique_in_a_logical_partition(items: ContainerProxy) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    await items.create_item({"id": "a", "pk": "q"})

    with pytest.raises(CosmosResourceExistsError):
        await items.create_item({"id": "a", "pk": "p"})


async def test_all_levels_of_a_key_identify_the_logical_partition(events: ContainerProxy) -> None:
    await events.create_item({"id": "a", "org_id": "o", "day": "1"})
    await events.create_item({"id": "a", "org_id": "o", "day": "2"})

    assert (await events.read_item("a", ["o", "2"]))["day"] == "2"
    with pytest.raises(CosmosResourceNotFoundError):
        await events.read_item("a", ["o", "3"])


@pytest.mark.parametrize("key", ["text", "", 1, 1.5, 10**15, True, False, None])
async def test_any_scalar_is_a_key_and_types_are_distinct(items: ContainerProxy, key: Any) -> None:
    others: list[Any] = ["1", 1, True, None, "true"]
    for other in others:
        if (type(other), other) != (type(key), key):
            await items.upsert_item({"id": "other", "pk": other})
    await items.create_item({"id": "a", "pk": key})

    assert (await items.read_item("a", key))["pk"] == key


async def test_items_without_the_key_property_share_a_partition(
    items: ContainerProxy,
) -> None:
    await items.create_item({"id": "a"})
    await items.create_item({"id": "a", "pk": None})

    assert "pk" not in await items.read_item("a", {})


async def test_replace_keeps_the_rid_and_changes_the_etag(items: ContainerProxy) -> None:
    created = await items.create_item({"id": "a", "pk": "p", "n": 1})
    replaced = await items.replace_item("a", {"id": "a", "pk": "p", "n": 2})

    assert replaced["_rid"] == created["_rid"]
    assert replaced["_etag"] != created["_etag"]
    assert (await items.read_item("a", "p"))["n"] == 2


async def test_an_item_that_was_read_can_be_sent_back(items: ContainerProxy) -> None:
    read = await items.create_item({"id": "a", "pk": "p", "n": 1})
    read["n"] = 2
    replaced = await items.replace_item(read, read)

    assert replaced["n"] == 2
    assert (await items.read_item(replaced, "p")) == replaced


async def test_replace_of_a_missing_item_is_404(items: ContainerProxy) -> None:
    with pytest.raises(CosmosResourceNotFoundError):
        await items.replace_item("a", {"id": "a", "pk": "p"})


async def test_replace_may_change_the_id(items: ContainerProxy) -> None:
    created = await items.create_item({"id": "a", "pk": "p"})
    await items.create_item({"id": "c", "pk": "p"})
    replaced = await items.replace_item("a", {"id": "b", "pk": "p"})

    assert (replaced["id"], replaced["_rid"]) == ("b", created["_rid"])
    with pytest.raises(CosmosResourceNotFoundError):
        await items.read_item("a", "p")
    with pytest.raises(CosmosResourceExistsError):
        await items.replace_item("b", {"id": "c", "pk": "p"})


async def test_a_null_ttl_is_rejected(items: ContainerProxy) -> None:
    with pytest.raises(CosmosHttpResponseError, match="ttl is invalid") as refused:
        await items.create_item({"id": "a", "pk": "p", "ttl": None})
    assert refused.value.status_code == 400


async def test_upsert_creates_and_then_replaces(items: ContainerProxy) -> None:
    statuses = list[int]()

    def hook(headers: Any, _: Any) -> None:
        statuses.append(float(headers["x-ms-request-charge"]) > 8)

    await items.upsert_item({"id": "a", "pk": "p", "n": 1}, response_hook=hook)
    await items.upsert_item({"id": "a", "pk": "p", "n": 2}, response_hook=hook)

    assert (await items.read_item("a", "p"))["n"] == 2
    assert statuses == [False, True]


async def test_a_deleted_item_is_gone(items: ContainerProxy) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    await items.delete_item("a", "p")

    with pytest.raises(CosmosResourceNotFoundError):
        await items.read_item("a", "p")
    with pytest.raises(CosmosResourceNotFoundError):
        await items.delete_item("a", "p")


async def test_a_recreated_item_has_a_new_identity(items: ContainerProxy) -> None:
    first = await items.create_item({"id": "a", "pk": "p"})
    await items.delete_item("a", "p")
    second = await items.create_item({"id": "a", "pk": "p"})

    assert first["_rid"] != second["_rid"]
    assert first["_etag"] != second["_etag"]


@pytest.mark.parametrize("operation", ["replace", "upsert", "delete", "patch"])
async def test_if_match_rejects_other_versions(items: ContainerProxy, operation: str) -> None:
    item = {"id": "a", "pk": "p"}
    old = (await items.create_item(item))["_etag"]
    await items.replace_item("a", item | {"n": 1})
    condition: dict[str, Any] = {"etag": old, "match_condition": UNCHANGED}
    attempts = {
        "replace": lambda: items.replace_item("a", item, **condition),
        "upsert": lambda: items.upsert_item(item, **condition),
        "delete": lambda: items.delete_item("a", "p", **condition),
        "patch": lambda: items.patch_item(
            "a", "p", [{"op": "set", "path": "/n", "value": 2}], **condition
        ),
    }

    with pytest.raises(CosmosAccessConditionFailedError):
        await attempts[operation]()
    assert (await items.read_item("a", "p"))["n"] == 1


async def test_exactly_one_of_several_writers_with_the_same_etag_succeeds(
    items: ContainerProxy,
) -> None:
    etag = (await items.create_item({"id": "a", "pk": "p"}))["_etag"]

    async def attempt(number: int) -> bool:
        item = {"id": "a", "pk": "p", "n": number}
        try:
            await items.replace_item("a", item, etag=etag, match_condition=UNCHANGED)
        except CosmosAccessConditionFailedError:
            return False
        return True

    assert sum(await asyncio.gather(*map(attempt, range(20)))) == 1


async def test_a_read_with_the_current_etag_returns_304(
    emulator: Emulator, items: ContainerProxy
) -> None:
    etag = (await items.create_item({"id": "a", "pk": "p"}))["_etag"]
    headers = {"x-ms-documentdb-partitionkey": '["p"]', "If-None-Match": etag}

    assert emulator.handle("GET", "/dbs/db/colls/items/docs/a", headers).status == 304


async def test_the_body_is_omitted_on_request(items: ContainerProxy) -> None:
    created = await items.create_item({"id": "a", "pk": "p"}, no_response=True)

    assert dict(created) == {}
    assert (await items.read_item("a", "p"))["id"] == "a"


async def test_a_client_may_send_compact_utf8(emulator: Emulator, items: ContainerProxy) -> None:
    transport = AsyncTransport(emulator)
    async with CosmosClient(
        emulator.endpoint,
        emulator.key,
        transport=transport,
        enable_compact_utf8_item_writes=True,
    ) as client:
        container = client.get_database_client("db").get_container_client(items.id)
        await container.create_item(ITEM)

    assert (await items.read_item("a", "p"))["text"] == ITEM["text"]


async def test_a_client_keeps_the_session_token_of_its_writes(
    client: CosmosClient, items: ContainerProxy
) -> None:
    tokens = list[str]()

    def hook(headers: Any, *_: Any) -> None:
        tokens.append(headers["x-ms-session-token"])

    await items.create_item({"id": "a", "pk": "p"}, response_hook=hook)
    await items.create_item({"id": "b", "pk": "p"}, response_hook=hook)
    numbers = [int(token.rpartition("#")[2]) for token in tokens]

    assert numbers[1] == numbers[0] + 1
    session: Any = client.client_connection.session
    (known,) = session.session_container.rid_to_session_token.values()
    assert [f"{part}:{token.session_token}" for part, token in known.items()] == [tokens[1]]


@pytest.mark.parametrize(
    "identifier",
    ["", "a/b", "a\\b", "a?b", "a#b", "x" * 1024, "é" * 512, "space "],
    ids=["empty", "slash", "backslash", "question", "hash", "long", "long in utf-8", "space"],
)
def test_an_invalid_id_is_rejected_with_400(
    emulator: Emulator, items: ContainerProxy, identifier: str
) -> None:
    body = {"id": identifier, "pk": "p"}

    assert create(emulator, items, body, '["p"]') == 400


def test_an_id_may_have_1023_bytes(emulator: Emulator, items: ContainerProxy) -> None:
    assert create(emulator, items, {"id": "x" * 1023, "pk": "p"}, '["p"]') == 201


def test_a_key_value_may_have_2048_bytes(emulator: Emulator, items: ContainerProxy) -> None:
    assert create(emulator, items, {"id": "a", "pk": "x" * 2048}, f'["{"x" * 2048}"]') == 201
    assert create(emulator, items, {"id": "a", "pk": "x" * 2049}, f'["{"x" * 2049}"]') == 400


def test_an_item_may_have_two_megabytes(emulator: Emulator, items: ContainerProxy) -> None:
    largest = {"id": "a", "pk": "p", "text": "x" * (2 * 1024 * 1024 - 40)}

    assert create(emulator, items, largest, '["p"]') == 201
    assert create(emulator, items, largest | {"id": "b", "more": "x" * 40}, '["p"]') == 413


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"not json", '["p"]'),
        (b'{"id": "a", "pk": "p", "n": NaN}', '["p"]'),
        (b'["a"]', '["p"]'),
        (b'{"id": 1, "pk": "p"}', '["p"]'),
        (b'{"id": "a", "pk": "q"}', '["p"]'),
        (b'{"id": "a", "pk": 1}', '["1"]'),
        (b'{"id": "a", "pk": true}', "[1]"),
        (b'{"id": "a"}', "[null]"),
        (b'{"id": "a", "pk": "p"}', '["p", "q"]'),
        (b'{"id": "a", "pk": "p"}', '"p"'),
        (b'{"id": "a", "pk": "p"}', "[["),
        (b'{"id": "a", "pk": "p"}', "[[1]]"),
        (b'{"id": "a", "pk": "p"}', ""),
    ],
)
def test_an_invalid_request_is_rejected_with_400(
    emulator: Emulator, items: ContainerProxy, body: bytes, key: str
) -> None:
    response = emulator.handle(
        "POST",
        f"/dbs/db/colls/{items.id}/docs",
        {"x-ms-documentdb-partitionkey": key} if key else {},
        body,
    )

    assert response.status == 400
    assert b'"code":"BadRequest"' in response.body


async def test_a_write_requires_the_whole_key(emulator: Emulator, events: ContainerProxy) -> None:
    assert create(emulator, events, {"id": "a", "org_id": "o", "day": "1"}, '["o"]') == 400


async def test_unique_keys_apply_within_a_logical_partition(make_container: MakeContainer) -> None:
    policy = {"uniqueKeys": [{"paths": ["/email"]}, {"paths": ["/first", "/last"]}]}
    users = await make_container("users", unique_key_policy=policy)
    await users.create_item({"id": "1", "pk": "p", "email": "a", "first": "x", "last": "y"})
    await users.create_item({"id": "1", "pk": "q", "email": "a", "first": "x", "last": "y"})
    await users.create_item({"id": "2", "pk": "p", "email": "b", "first": "x", "last": "z"})

    with pytest.raises(CosmosResourceExistsError, match="Unique"):
        await users.create_item({"id": "3", "pk": "p", "email": "a"})
    with pytest.raises(CosmosResourceExistsError):
        await users.create_item({"id": "3", "pk": "p", "email": "c", "first": "x", "last": "y"})
    with pytest.raises(CosmosResourceExistsError):
        await users.replace_item("2", {"id": "2", "pk": "p", "email": "a"})


async def test_many_items_can_be_read_in_one_call(events: ContainerProxy) -> None:
    for number in range(30):
        await events.create_item({"id": f"{number}", "org_id": f"o{number % 3}", "day": "1"})
    keys = [(f"{number}", [f"o{number % 3}", "1"]) for number in range(0, 40, 2)]
    found = await events.read_items(keys)

    assert sorted(item["id"] for item in found) == sorted(f"{n}" for n in range(0, 30, 2))


async def test_all_items_are_listed(database: DatabaseProxy) -> None:
    container = await database.create_container("listed", PartitionKey("/pk"))
    for number in range(25):
        await container.create_item({"id": f"{number}", "pk": f"{number % 7}"})
    listed = [item["id"] async for item in container.read_all_items(max_item_count=4)]

    assert sorted(listed, key=int) == [f"{number}" for number in range(25)]


def create(emulator: Emulator, container: ContainerProxy, body: Any, key: str) -> int:
    """Return the status of a create request, sent without the SDK, which might not send it."""
    headers = {"x-ms-documentdb-partitionkey": key}
    url = f"/dbs/db/colls/{container.id}/docs/"
    return emulator.handle("POST", url, headers, orjson.dumps(body)).status
