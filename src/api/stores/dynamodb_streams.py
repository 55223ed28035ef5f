"""Read the stream of the table `events`, shard by shard. Checkpoints are valid for a day.

A read covers all shards, including the children of a shard that was split. The order of records
doesn't matter, because a delta is used only to find its day, and the projection keeps the latest
rollup, which has the highest `number`.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

from botocore.exceptions import ClientError

from api.stores.dynamodb_client import DynamoDBClient, Response
from api.stores.dynamodb_errors import error_code

_DRAINED = "drained"  # the position in a closed shard after its last record
_EMPTY_READS_MAX = 5  # an open shard may return empty pages before its next record

type Positions = dict[str, str]  # by shard: the sequence number read last, "" or _DRAINED


async def read_records(
    client: DynamoDBClient, checkpoint: str | None, *, limit: int
) -> tuple[list[Response], str]:
    """Return the records of all shards after the checkpoint, and a new checkpoint.

    Without a checkpoint, read from the oldest record. Records expire after a day. If a record of a
    delta was missed, `unfolded` finds the delta. If a record of a rollup was missed, the next
    rollup of the same day contains its totals.
    """
    table = await client.call("describe_table", TableName=client.table("events"))
    arn = table["Table"]["LatestStreamArn"]
    positions: Positions = json.loads(checkpoint) if checkpoint else {}
    records: list[Response] = []
    following: Positions = {}
    async for shard in _shards(client, arn):
        name = shard["ShardId"]
        following[name] = position = positions.get(name, "")
        if position != _DRAINED:
            found, following[name] = await _read_shard(client, arn, shard, position, limit=limit)
            records += found
    return records, json.dumps(following)


async def _shards(client: DynamoDBClient, arn: str) -> AsyncIterator[Response]:
    request: dict[str, Any] = {"StreamArn": arn}
    while True:
        stream = (await client.call_streams("describe_stream", **request))["StreamDescription"]
        for shard in stream["Shards"]:
            yield shard
        if "LastEvaluatedShardId" not in stream:
            return
        request["ExclusiveStartShardId"] = stream["LastEvaluatedShardId"]


async def _read_shard(
    client: DynamoDBClient, arn: str, shard: Response, position: str, *, limit: int
) -> tuple[list[Response], str]:
    """Return the shard's next records and the position after them. Skip expired records."""
    try:
        return await _read_after(client, arn, shard, position, limit=limit)
    except ClientError as error:
        if error_code(error) != "TrimmedDataAccessException" or not position:
            raise
    return await _read_after(client, arn, shard, "", limit=limit)


async def _read_after(
    client: DynamoDBClient, arn: str, shard: Response, position: str, *, limit: int
) -> tuple[list[Response], str]:
    is_closed = "EndingSequenceNumber" in shard["SequenceNumberRange"]
    iterator = await _iterator(client, arn, shard["ShardId"], position)
    reads = 0
    while iterator and (is_closed or reads < _EMPTY_READS_MAX):
        response = await client.call_streams("get_records", ShardIterator=iterator, Limit=limit)
        if records := response["Records"]:
            return records, records[-1]["dynamodb"]["SequenceNumber"]
        iterator = response.get("NextShardIterator")
        reads += 1
    return [], position if iterator else _DRAINED


async def _iterator(client: DynamoDBClient, arn: str, shard: str, position: str) -> str:
    start = {"ShardIteratorType": "TRIM_HORIZON"}
    if position:
        start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": position}
    response = await client.call_streams(
        "get_shard_iterator", StreamArn=arn, ShardId=shard, **start
    )
    return response["ShardIterator"]
