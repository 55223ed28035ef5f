"""Invalid items are dead-lettered with a reason and don't block the others."""

import pytest

from api.domain.events import DayBatch
from api.domain.rollups import DayCounts, DeadLetter
from api.services.rollups import catch_up, sweep
from api.stores.dynamodb import DynamoDBStore
from tests.contract.samples import ORG, append, event

DAY = "2026-03-01"
KEY = {
    "pk": {"S": f"{ORG}#{DAY}"},
    "sk": {"S": "delta~0000~poison"},
    "unfolded": {"S": f"{ORG}#{DAY}"},
}
GOOD = {
    "type": {"S": "delta"},
    "org_id": {"S": ORG},
    "day": {"S": DAY},
    "counts": {"M": {"seen": {"N": "1"}}},
    "users": {"S": ""},
}
POISON = {
    "no counts": {name: value for name, value in GOOD.items() if name != "counts"},
    "counts that are not numbers": GOOD | {"counts": {"M": {"seen": {"S": "many"}}}},
    "counts that are not an object": GOOD | {"counts": {"L": [{"N": "1"}]}},
    "fractions": GOOD | {"counts": {"M": {"seen": {"N": "1.5"}}}},
    "a number of 38 digits": GOOD | {"counts": {"M": {"seen": {"N": "-9" + "9" * 37}}}},
    "users as bytes": GOOD | {"users": {"B": b"\x00\xff"}},
    "users as null": GOOD | {"users": {"NULL": True}},
}


@pytest.mark.parametrize("attributes", POISON.values(), ids=POISON)
async def test_an_unreadable_delta_is_dead_lettered(dynamodb: DynamoDBStore, attributes):
    await append(dynamodb, [event(1)])
    await put(dynamodb, KEY | attributes)
    await append(dynamodb, [event(2)])
    await catch_up(dynamodb)

    assert await counted(dynamodb) == 2
    [dead_letter] = await dynamodb.find(DeadLetter, ORG)
    assert dead_letter.document_id == "delta~0000~poison"
    assert dead_letter.reason
    assert await dynamodb.unfolded() == set()


async def test_an_item_of_unknown_type_is_dead_lettered(dynamodb: DynamoDBStore):
    await put(dynamodb, KEY | {"sk": {"S": "note"}, "type": {"S": "note"}, "org_id": {"S": ORG}})
    await append(dynamodb, [event(1)])
    await catch_up(dynamodb)

    assert await counted(dynamodb) == 1
    assert len(await dynamodb.find(DeadLetter, ORG)) == 1


async def test_a_sweep_folds_days_whose_change_was_not_delivered(dynamodb: DynamoDBStore):
    await dynamodb.append(DayBatch(ORG, DAY, [event(1), event(2)], None))
    await sweep(dynamodb)

    assert (await dynamodb.pending(ORG, DAY, limit=9)).rollup.number == 1


async def put(store: DynamoDBStore, item: dict) -> None:
    client = store._client
    await client.call("put_item", TableName=client.table("events"), Item=item)


async def counted(store: DynamoDBStore) -> int:
    rollup = await store.read(DayCounts, ORG, DAY)
    return sum(rollup.record.counts.values()) if rollup else 0
