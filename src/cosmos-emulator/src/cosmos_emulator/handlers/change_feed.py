"""The change feed in latest-version mode: created and replaced items, in order in each partition.

A position in the feed is a log sequence number. All items with the same log sequence number are on
the same page, so items that were written together are read together. The change feed omits deletes
and replaced versions of items.
"""
# ruff: noqa: S608  only the table's name is put into SQL text

from email.utils import parsedate_to_datetime

from cosmos_emulator import throughput
from cosmos_emulator.containers import Container
from cosmos_emulator.context import Context
from cosmos_emulator.errors import bad_request
from cosmos_emulator.handlers.queries import documents, page_size
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.partitions import PhysicalPartition
from cosmos_emulator.routing import Target, key_range

PAGE_SIZE_MAX = 10_000

type Change = tuple[int, bytes]  # log sequence number, body


def read(context: Context, request: Request) -> Response:
    """Return 200 with the changes after a position, or 304 if there are no changes.

    The ETag of the response is the feed position for the next request.
    """
    container = context.container(request)
    if request.header("a-im") != "Incremental Feed":
        raise bad_request("Only the latest-version change feed is supported by the emulator.")
    target = Target.of(request, container)
    if target.partition is None and target.key is None:
        raise bad_request("A change feed request must name a partition key range or a key.")
    partition = target.home
    end = context.storage.lsn[container.number, partition.number]
    after = _position(context, request, container, partition)
    changes = _changes(context, target, after, page_size(request, PAGE_SIZE_MAX))
    size = sum(len(body) for _, body in changes)
    headers = context.headers(container, partition.number, throughput.change_feed(size))
    headers["etag"] = f'"{changes[-1][0] if changes else max(after, end)}"'
    headers["x-ms-item-count"] = str(len(changes))
    if not changes:
        return Response(304, headers)
    results = [b'%b,"_lsn":%d}' % (body[:-1], lsn) for lsn, body in changes]
    return Response(200, headers, documents(container, results))


def _position(
    context: Context, request: Request, container: Container, partition: PhysicalPartition
) -> int:
    """Return the log sequence number after which to read the feed.

    A request can specify the position or the time from which to read the feed. Without a position
    or a time, the feed is read from its beginning.
    """
    position, since = request.header("if-none-match"), request.header("if-modified-since")
    if position == "*":
        return context.storage.lsn[container.number, partition.number]
    if position:
        return _parsed(position)
    return _before(context, container, partition, since) if since else 0


def _parsed(position: str) -> int:
    text = position.strip('"')
    if not text.isdecimal():
        raise bad_request("The change feed continuation in If-None-Match is invalid.")
    return int(text)


def _before(
    context: Context, container: Container, partition: PhysicalPartition, since: str
) -> int:
    """Return the last feed position before a time, based on the `_ts` of the items."""
    moment = int(parsedate_to_datetime(since).timestamp())
    rows = context.storage.sql.execute(
        f'SELECT lsn, body FROM "{container.table.name}" WHERE partition = ? ORDER BY lsn',
        (partition.number,),
    )
    first = next((lsn for lsn, body in rows if _written_at(body) >= moment), None)
    end = context.storage.lsn[container.number, partition.number]
    return end if first is None else first - 1


def _written_at(body: bytes) -> int:
    return int(body[body.rindex(b'"_ts":') + 6 : -1])  # `_ts` is always the last property


def _changes(context: Context, target: Target, after: int, size: int) -> list[Change]:
    """Return the next page of up to `size` changes, or more to include a whole transaction."""
    container, low, high = target.container, target.low, target.high
    if target.key is not None:
        low, high = key_range(container, target.key)
    cursor = context.storage.sql.execute(
        f'SELECT lsn, body FROM "{container.table.name}" WHERE partition = ? AND lsn > ?'
        " AND epk >= ? AND epk < ? AND (expires IS NULL OR expires > ?) ORDER BY lsn, number",
        (target.home.number, after, low, high, context.now),
    )
    changes: list[Change] = cursor.fetchmany(size)
    while changes and (more := cursor.fetchone()) and more[0] == changes[-1][0]:
        changes.append(more)
    return changes
