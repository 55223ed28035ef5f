"""The stream of the table `events`, read by shard and resumable from any point for a day.

All shards are read in parallel, including the children of a split. Order doesn't matter: a delta
only names its day, and of two rollups the one with the higher number is kept.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

from botocore.exceptions import ClientError

from api.stores.dynamodb_client import Answer, DynamoDBClient
from api.stores.dynamodb_errors import error_code

_DRAINED = "drained"  # a closed shard of which everything was read
_EMPTY_READS_MAX = 5  # an open shard may return empty pages before its next record

type Positions = dict[str, str]  # shard -> the sequence number read last, "" or _DRAINED


async def read_records(
    client: DynamoDBClient, checkpoint: str | None, *, limit: int
) -> tuple[list[Answer], str]:
    """Return every shard's records after the checkpoint (None: the beginning), and a new one.

    Records expire after a day. `unfolded` finds deltas that were missed until then; a missed rollup
    is replaced by the next one of its day.
    """
    table = await client.call("describe_table", TableName=client.table("events"))
    arn = table["Table"]["LatestStreamArn"]
    positions: Positions = json.loads(checkpoint) if checkpoint else {}
    records: list[Answer] = []
    following: Positions = {}
    async for shard in _shards(client, arn):
        name = shard["ShardId"]
        following[name] = position = positions.get(name, "")
        if position != _DRAINED:
            found, following[name] = await _read_shard(client, arn, shard, position, limit=limit)
            records += found
    return records, json.dumps(following)


async def _shards(client: DynamoDBClient, arn: str) -> AsyncIterator[Answer]:
    request: dict[str, Any] = {"StreamArn": arn}
    while True:
        stream = (await client.call_streams("describe_stream", **request))["StreamDescription"]
        for shard in stream["Shards"]:
            yield shard
        if "LastEvaluatedShardId" not in stream:
            return
        request["ExclusiveStartShardId"] = stream["LastEvaluatedShardId"]


async def _read_shard(
    client: DynamoDBClient, arn: str, shard: Answer, position: str, *, limit: int
) -> tuple[list[Answer], str]:
    """Return the shard's next records and the position after them; skip expired records."""
    try:
        return await _read_after(client, arn, shard, position, limit=limit)
    except ClientError as error:
        if error_code(error) != "TrimmedDataAccessException" or not position:
            raise
    return await _read_after(client, arn, shard, "", limit=limit)


async def _read_after(
    client: DynamoDBClient, arn: str, shard: Answer, position: str, *, limit: int
) -> tuple[list[Answer], str]:
    is_closed = "EndingSequenceNumber" in shard["SequenceNumberRange"]
    iterator = await _iterator(client, arn, shard["ShardId"], position)
    reads = 0
    while iterator and (is_closed or reads < _EMPTY_READS_MAX):
        answer = await client.call_streams("get_records", ShardIterator=iterator, Limit=limit)
        if records := answer["Records"]:
            return records, records[-1]["dynamodb"]["SequenceNumber"]
        iterator = answer.get("NextShardIterator")
        reads += 1
    return [], position if iterator else _DRAINED


async def _iterator(client: DynamoDBClient, arn: str, shard: str, position: str) -> str:
    start = {"ShardIteratorType": "TRIM_HORIZON"}
    if position:
        start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": position}
    answer = await client.call_streams("get_shard_iterator", StreamArn=arn, ShardId=shard, **start)
    return answer["ShardIterator"]
