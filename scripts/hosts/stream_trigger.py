"""Deliver stream records to functions, and invoke functions on a schedule, as AWS does.

Records are delivered at least once. If the function fails, the same records are delivered again.
"""

import asyncio
import json
import sys
from contextlib import closing
from typing import Any

from api.hosting.feed import TIMERS, TRIGGERS
from api.settings import Settings
from api.stores.dynamodb_client import DynamoDBClient
from api.stores.dynamodb_streams import read_records
from api.stores.protocol import Unavailable
from scripts.hosts.lambda_host import LambdaHost

_RECORDS_MAX = 500
_PAUSE_SECONDS = 1.0
_RETRY_SECONDS = 5.0
_SCHEDULE_SECONDS = 300.0


async def run_triggers(host: LambdaHost, settings: Settings) -> None:
    """Invoke readers of changes for stream records, and all functions on their schedules.

    The function runs until it is cancelled.
    """
    async with asyncio.TaskGroup() as tasks:
        for name in sorted(TRIGGERS.keys() & host.names):
            tasks.create_task(_follow(host, name, settings))
        for name in sorted((TRIGGERS.keys() | TIMERS) & host.names):
            tasks.create_task(_tick(host, name))


async def _follow(host: LambdaHost, name: str, settings: Settings) -> None:
    checkpoint: str | None = None
    with closing(
        DynamoDBClient(settings.dynamodb_endpoint, settings.dynamodb_table_prefix)
    ) as client:
        while True:
            try:
                records, following = await read_records(client, checkpoint, limit=_RECORDS_MAX)
            except Unavailable as error:
                print(
                    f"{name}: the stream is unavailable, retrying: {error.reason}",
                    file=sys.stderr,
                )
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if not records:
                await asyncio.sleep(_PAUSE_SECONDS)
            elif await _invoke(
                host, name, {"Records": json.loads(json.dumps(records, default=str))}
            ):
                checkpoint = following
            else:
                await asyncio.sleep(_RETRY_SECONDS)


async def _tick(host: LambdaHost, name: str) -> None:
    while True:
        await _invoke(host, name, {"source": "aws.events"})
        await asyncio.sleep(_SCHEDULE_SECONDS)


async def _invoke(host: LambdaHost, name: str, event: dict[str, Any]) -> bool:
    kind, raw = await host.invoke(name, event)
    if kind == "error":
        print(f"{name}: {raw.decode()}", file=sys.stderr)
    return kind != "error"
