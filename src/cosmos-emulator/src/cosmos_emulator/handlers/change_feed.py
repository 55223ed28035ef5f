"""The change feed: created and replaced items, or all versions and deletes, in order.

A position in the feed is a log sequence number. All items with the same log sequence number are on
the same page, so items that were written together are read together. In the mode *latest version*,
the change feed omits deletes and replaced versions of items.
"""
# ruff: noqa: S608  only the table's name is put into SQL text

import sqlite3
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from cosmos_emulator import throughput
from cosmos_emulator.containers import Container
from cosmos_emulator.context import Context
from cosmos_emulator.errors import bad_request
from cosmos_emulator.handlers.queries import documents, page_size
from cosmos_emulator.history import Version, versions
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.partitions import PhysicalPartition
from cosmos_emulator.routing import Target, key_range

PAGE_SIZE_MAX = 10_000
LSN_END = 1 << 63

type Change = tuple[int, bytes]  # log sequence number, body


def read(context: Context, request: Request) -> Response:
    """Return 200 with the changes after a position, or 304 if there are no changes.

    The ETag of the response is the feed position for the next request.
    """
    container = context.container(request)
    has_all_versions = _checked_mode(container, request)
    read_page, render = (_versions, _shown) if has_all_versions else (_changes, _with_lsn)
    target = Target.of(request, container)
    partitions, positions = target.partitions, dict[int, int]()
    partition, changes = partitions[0], list[Change]()
    for each in partitions:
        after = _position(context, request, container, each)
        end = context.storage.lsn[container.number, each.number]
        positions[each.number] = max(after, end)
        if changes:
            positions[each.number] = after
        elif found := read_page(context, target, each, after, page_size(request, PAGE_SIZE_MAX)):
            partition, changes = each, found
            positions[each.number] = found[-1][0]
    charge = throughput.feed(len(body) for _, body in changes)
    headers = context.headers(container, partition.number, charge)
    headers["etag"] = _etag(positions)
    headers["x-ms-item-count"] = str(len(changes))
    if not changes:
        return Response(304, headers)
    return Response(200, headers, documents(container, [render(change) for change in changes]))


def _checked_mode(container: Container, request: Request) -> bool:
    """Return whether a request reads all versions and deletes. Raises 400 if it can't."""
    match request.header("a-im").lower():
        case "incremental feed":
            return False
        case "full-fidelity feed":
            if container.retention_seconds is None:
                raise bad_request(
                    "The All Versions and Deletes change feed must be enabled: the container needs"
                    " a changeFeedPolicy with a retentionDuration."
                )
            if not request.header("if-none-match"):
                raise bad_request(
                    "The All Versions and Deletes change feed can't be read from its beginning or"
                    " from a time."
                )
            return True
        case other:
            raise bad_request(f"The value '{other}' of the header A-IM is invalid.")


def _with_lsn(change: Change) -> bytes:
    lsn, body = change
    return b'%b,"_lsn":%d}' % (body[:-1], lsn)


def _shown(change: Change) -> bytes:
    return change[1]


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
        return _parsed(position, partition)
    return _before(context, container, partition, since) if since else 0


def _etag(positions: Mapping[int, int]) -> str:
    """Return a continuation: the position in one partition, or the positions in several."""
    if len(positions) == 1:
        return f'"{next(iter(positions.values()))}"'
    return '"' + ",".join(f"{number}:{position}" for number, position in positions.items()) + '"'


def _parsed(position: str, partition: PhysicalPartition) -> int:
    """Return the position in a partition, or in the partition that it replaced."""
    try:
        pairs = [part.rpartition(":") for part in position.strip('"').split(",")]
        found = {int(number or partition.number): int(lsn) for number, _, lsn in pairs}
    except ValueError:
        found = {}
    if not found or not all(0 <= lsn < LSN_END for lsn in found.values()):
        raise bad_request("The change feed continuation in If-None-Match is invalid.")
    own = found.get(partition.number)
    parents = [found[number] for number in partition.parents if number in found]
    return own if own is not None else min(parents, default=0)


def _before(
    context: Context, container: Container, partition: PhysicalPartition, since: str
) -> int:
    """Return the last feed position before a time, based on the `_ts` of the items."""
    try:
        moment = int(parsedate_to_datetime(since).timestamp())
    except (ValueError, OverflowError):
        raise bad_request("The date in the header If-Modified-Since is invalid.") from None
    rows = context.storage.sql.execute(
        f'SELECT lsn, body FROM "{container.table.name}" WHERE partition = ? ORDER BY lsn',
        (partition.number,),
    )
    first = next((lsn for lsn, body in rows if _written_at(body) >= moment), None)
    end = context.storage.lsn[container.number, partition.number]
    return end if first is None else first - 1


def _written_at(body: bytes) -> int:
    return int(body[body.rindex(b'"_ts":') + 6 : -1])  # `_ts` is always the last property


def _changes(
    context: Context, target: Target, partition: PhysicalPartition, after: int, size: int
) -> list[Change]:
    """Return the next page of up to `size` changes, or more to include a whole transaction."""
    container = target.container
    low, high = _bounds(target)
    cursor = context.storage.sql.execute(
        f'SELECT lsn, body FROM "{container.table.name}" WHERE partition = ? AND lsn > ?'
        " AND epk >= ? AND epk < ? AND (expires IS NULL OR expires > ?) ORDER BY lsn, number",
        (partition.number, after, low, high, context.now),
    )
    return _whole_transactions(cursor, size)


def _versions(
    context: Context, target: Target, partition: PhysicalPartition, after: int, size: int
) -> list[Change]:
    """Return the next page of all versions and deletes."""
    container, bounds = target.container, _bounds(target)
    cursor = versions(context.storage.sql, container, partition.number, after, bounds)
    rows = [Version(*row) for row in _whole_transactions(cursor, size)]
    return [(version.lsn, version.text()) for version in rows]


def _bounds(target: Target) -> tuple[bytes, bytes]:
    """Return the range of effective partition keys that a request reads."""
    if target.key is not None:
        return key_range(target.container, target.key)
    return target.low, target.high


def _whole_transactions(cursor: sqlite3.Cursor, size: int) -> list[Any]:
    rows = cursor.fetchmany(size)
    while rows and (more := cursor.fetchone()) and more[0] == rows[-1][0]:
        rows.append(more)
    return rows
