"""Reading a DynamoDB stream whose shards split, close, return empty pages and expire records.

moto has a single shard that never closes. The stream here behaves as AWS documents it.
"""

import json
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from api.stores.dynamodb_streams import read_records


@dataclass
class Shard:
    """A shard. None in `records` stands for a read that returns nothing although more follow."""

    records: list[int | None] = field(default_factory=list)
    is_closed: bool = False
    first_kept: int = 0


class Stream:
    """A fake client with the operations of DynamoDB Streams on these shards."""

    def __init__(self, **shards: Shard) -> None:
        self.shards = shards

    def table(self, name: str) -> str:
        return name

    async def call(self, operation: str, **_: object):
        assert operation == "describe_table"
        return {"Table": {"LatestStreamArn": "arn"}}

    async def call_streams(self, operation: str, **request):
        return getattr(self, operation)(**request)

    def describe_stream(self, *, StreamArn: str, ExclusiveStartShardId: str = ""):  # noqa: N803
        assert StreamArn == "arn"
        name, *others = [name for name in sorted(self.shards) if name > ExclusiveStartShardId]
        ending = {"EndingSequenceNumber": "99"} if self.shards[name].is_closed else {}
        page = {"Shards": [{"ShardId": name, "SequenceNumberRange": ending}]}
        if others:
            page["LastEvaluatedShardId"] = name
        return {"StreamDescription": page}

    def get_shard_iterator(self, *, ShardId, ShardIteratorType, StreamArn, SequenceNumber="-1"):  # noqa: N803
        shard, number = self.shards[ShardId], int(SequenceNumber)
        if ShardIteratorType == "TRIM_HORIZON":
            start = next((i for i, n in enumerate(shard.records) if is_kept(n, shard)), 0)
        elif number < shard.first_kept:
            raise ClientError({"Error": {"Code": "TrimmedDataAccessException"}}, StreamArn)
        else:
            start = shard.records.index(number) + 1
        return {"ShardIterator": json.dumps([ShardId, start])}

    def get_records(self, *, ShardIterator: str, Limit: int):  # noqa: N803
        name, start = json.loads(ShardIterator)
        shard = self.shards[name]
        found: list[int] = []
        while start < len(shard.records) and len(found) < Limit:
            number, start = shard.records[start], start + 1
            if number is None:
                break
            found.append(number)
        is_drained = shard.is_closed and start == len(shard.records)
        following = {} if is_drained else {"NextShardIterator": json.dumps([name, start])}
        records = [{"dynamodb": {"SequenceNumber": str(number)}} for number in found]
        return {"Records": records, **following}


def is_kept(number: int | None, shard: Shard) -> bool:
    return number is not None and number >= shard.first_kept


async def read(stream: Stream, checkpoint: str | None, limit: int = 9) -> tuple[list[int], str]:
    records, following = await read_records(stream, checkpoint, limit=limit)
    return [int(record["dynamodb"]["SequenceNumber"]) for record in records], following


async def read_all(stream: Stream, checkpoint: str | None = None) -> tuple[list[int], str]:
    seen: list[int] = []
    while True:
        found, checkpoint = await read(stream, checkpoint, limit=2)
        seen += found
        if not found:
            return seen, checkpoint


async def test_the_children_of_a_split_shard_are_read():
    stream = Stream(parent=Shard([1, 2, 3]))
    seen, checkpoint = await read_all(stream)
    stream.shards["parent"].records.append(4)
    stream.shards["parent"].is_closed = True
    stream.shards |= {"left": Shard([5, 7]), "right": Shard([6])}
    later, checkpoint = await read_all(stream, checkpoint)

    assert seen == [1, 2, 3]
    assert sorted(later) == [4, 5, 6, 7]
    assert (await read(stream, checkpoint))[0] == []


async def test_a_drained_shard_is_not_read_again_and_leaves_the_checkpoint():
    stream = Stream(closed=Shard([1], is_closed=True), live=Shard([2]))
    _, checkpoint = await read_all(stream)
    assert json.loads(checkpoint) == {"closed": "drained", "live": "2"}
    del stream.shards["closed"]

    assert json.loads((await read(stream, checkpoint))[1]) == {"live": "2"}


async def test_empty_reads_are_skipped():
    stream = Stream(live=Shard([1, None, None, 2]), closed=Shard([None] * 20 + [3], is_closed=True))

    assert sorted((await read_all(stream))[0]) == [1, 2, 3]


async def test_a_closed_shard_may_be_empty():
    stream = Stream(closed=Shard([None], is_closed=True))

    assert await read_all(stream) == ([], '{"closed": "drained"}')


async def test_reading_continues_after_expired_records():
    stream = Stream(live=Shard([1, 2, 3, 4, 5]))
    _, checkpoint = await read(stream, None, limit=1)
    stream.shards["live"].first_kept = 4

    assert (await read_all(stream, checkpoint))[0] == [4, 5]


async def test_any_other_error_is_raised():
    stream = Stream(live=Shard([1]))

    def refuse(**_: object):
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetRecords")

    stream.get_records = refuse
    with pytest.raises(ClientError):
        await read(stream, None)
