"""Items that no code of ours wrote are dead-lettered with their reason and stop nothing."""

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
    "counts that are no numbers": GOOD | {"counts": {"M": {"seen": {"S": "many"}}}},
    "counts that are no object": GOOD | {"counts": {"L": [{"N": "1"}]}},
    "fractions": GOOD | {"counts": {"M": {"seen": {"N": "1.5"}}}},
    "a number beyond all others": GOOD | {"counts": {"M": {"seen": {"N": "-9" + "9" * 37}}}},
    "users as bytes": GOOD | {"users": {"B": b"\x00\xff"}},
    "nothing": GOOD | {"users": {"NULL": True}},
}


@pytest.mark.parametrize("attributes", POISON.values(), ids=POISON)
async def test_a_delta_that_can_not_be_read(dynamodb: DynamoDBStore, attributes):
    await append(dynamodb, [event(1)])
    await put(dynamodb, KEY | attributes)
    await append(dynamodb, [event(2)])
    await catch_up(dynamodb)

    assert await counted(dynamodb) == 2
    [dead_letter] = await dynamodb.find(DeadLetter, ORG)
    assert dead_letter.document_id == "delta~0000~poison"
    assert dead_letter.reason
    assert await dynamodb.unfolded() == set()


async def test_an_item_of_no_known_type_stays_where_it_is(dynamodb: DynamoDBStore):
    await put(dynamodb, KEY | {"sk": {"S": "note"}, "type": {"S": "note"}, "org_id": {"S": ORG}})
    await append(dynamodb, [event(1)])
    await catch_up(dynamodb)

    assert await counted(dynamodb) == 1
    assert len(await dynamodb.find(DeadLetter, ORG)) == 1


async def test_a_sweep_finds_what_a_lost_signal_left(dynamodb: DynamoDBStore):
    await dynamodb.append(DayBatch(ORG, DAY, [event(1), event(2)], None))
    await sweep(dynamodb)

    assert (await dynamodb.pending(ORG, DAY, limit=9)).rollup.number == 1


async def put(store: DynamoDBStore, item: dict) -> None:
    client = store._client
    await client.call("put_item", TableName=client.table("events"), Item=item)


async def counted(store: DynamoDBStore) -> int:
    rollup = await store.read(DayCounts, ORG, DAY)
    return sum(rollup.record.counts.values()) if rollup else 0
