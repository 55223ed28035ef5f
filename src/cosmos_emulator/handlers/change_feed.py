"""The change feed, latest version: what was created or replaced, in the order of each partition.

A position is a log sequence number. A page never ends in the middle of one: what was written together
is read together. Deletes do not show, nor does a version that another has replaced.
"""

from email.utils import parsedate_to_datetime

from cosmos_emulator import throughput
from cosmos_emulator.containers import Container
from cosmos_emulator.context import Context
from cosmos_emulator.errors import bad_request
from cosmos_emulator.handlers.queries import documents
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.partitions import PhysicalPartition

PAGE_SIZE_DEFAULT = 100


def read(context: Context, request: Request) -> Response:
    """200 with changes after the position, or 304 if there are none; both with the next position."""
    container = context.container(request)
    partition = _partition(context, request, container)
    if request.header("a-im") != "Incremental Feed":
        raise bad_request("Only the latest-version change feed is supported by the emulator.")
    end = context.store.lsn[container.number, partition.number]
    after = _position(context, request, container, partition)
    rows = _changes(context, request, container, partition, after)
    reached = rows[-1][0] if rows else max(after, end)
    size = sum(len(body) for _, body in rows)
    headers = context.headers(container, partition.number, throughput.change_feed(size))
    headers["etag"] = f'"{reached}"'
    if not rows:
        return Response(304, headers)
    results = [b'%b,"_lsn":%d}' % (body[:-1], lsn) for lsn, body in rows]
    headers["x-ms-item-count"] = str(len(results))
    return Response(200, headers, documents(container, results))


def _partition(context: Context, request: Request, container: Container) -> PhysicalPartition:
    number = request.header("x-ms-documentdb-partitionkeyrangeid")
    partition = container.partition(number) if number else None
    if partition is not None:
        return partition
    if request.header("x-ms-documentdb-partitionkey"):
        return container.partition_of(context.key(request, container).effective)
    raise bad_request("A change feed request must name a partition key range or a partition key.")


def _position(
    context: Context, request: Request, container: Container, partition: PhysicalPartition
) -> int:
    """The log sequence number after which to read."""
    position = request.header("if-none-match")
    since = request.header("if-modified-since")
    if position == "*":
        return context.store.lsn[container.number, partition.number]
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
    """The last position before a time, which the items' own `_ts` tell."""
    moment = int(parsedate_to_datetime(since).timestamp())
    rows = context.store.sql.execute(
        f'SELECT lsn, body FROM "{container.table.name}" WHERE partition = ? ORDER BY lsn',
        (partition.number,),
    )
    first = next((lsn for lsn, body in rows if _written_at(body) >= moment), None)
    end = context.store.lsn[container.number, partition.number]
    return end if first is None else first - 1


def _written_at(body: bytes) -> int:
    return int(body[body.rindex(b'"_ts":') + 6 : -1])  # stamped last


def _changes(
    context: Context,
    request: Request,
    container: Container,
    partition: PhysicalPartition,
    after: int,
) -> list[tuple[int, bytes]]:
    """The next page of (log sequence number, body); longer than asked for if one write was."""
    size = int(request.header("x-ms-max-item-count") or PAGE_SIZE_DEFAULT)
    low, high = _sub_range(context, request, container, partition)
    statement = (
        f'SELECT lsn, body FROM "{container.table.name}" WHERE partition = ? AND lsn > ?'
        " AND epk >= ? AND epk < ? AND (expires IS NULL OR expires > ?) ORDER BY lsn, number"
    )
    cursor = context.store.sql.execute(statement, (partition.number, after, low, high, context.now))
    if size < 0:
        return cursor.fetchall()
    rows = cursor.fetchmany(max(size, 1))
    while rows and (more := cursor.fetchone()) and more[0] == rows[-1][0]:
        rows.append(more)
    return rows


def _sub_range(
    context: Context, request: Request, container: Container, partition: PhysicalPartition
) -> tuple[bytes, bytes]:
    if request.header("x-ms-documentdb-partitionkey"):
        effective = context.key(request, container).effective
        return effective, effective + b"\x00"
    low, high = partition.bounds
    start, end = request.header("x-ms-start-epk"), request.header("x-ms-end-epk")
    return (
        max(low, bytes.fromhex(start)) if start else low,
        min(high, bytes.fromhex(end)) if end else high,
    )
