"""The store on Amazon DynamoDB.

Reads are strongly consistent, so they return all acknowledged writes. Strongly consistent reads
cost twice as much as eventually consistent reads. DynamoDB deletes expired items up to a few days
late, so reads ignore expired items.
"""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from operator import itemgetter
from uuid import uuid4

from api.domain.events import DayBatch, Event, EventQuery
from api.domain.rollups import DeadLetter, Delta, Pending, Rollup
from api.domain.times import Clock
from api.domain.user_hashes import UserKeys
from api.stores.dynamodb_client import DynamoDBClient
from api.stores.dynamodb_items import (
    append_items,
    changed_documents,
    document_of,
    event_of,
    org_and_day,
    partition,
    rollup_item,
    ttl_of,
)
from api.stores.dynamodb_streams import read_records
from api.stores.dynamodb_tables import TABLES, UNFOLDED_INDEX
from api.stores.protocol import Changes, Conflict, NewEvents, RollupStore, Stored
from api.stores.records import Document, ingest_id_of, record_kind
from api.stores.rollup_documents import DELTA_PREFIX, ROLLUP_ID, decode_rollup, delta_from
from api.stores.signals import read_events, read_signals

_TABLE = {table.name: table for table in TABLES}
_DAYS_PER_QUERY = 50
_DAYS_AT_ONCE_MAX = 16  # half of the client's connections
_LISTED_DAYS_MAX = 10_000
_NEW = "attribute_not_exists(pk)"
_NEW_OR_EXPIRED = f"{_NEW} OR #ttl <= :now"
_NEW_OR_EXPIRING = f"{_NEW} OR attribute_exists(#ttl)"
_NEW_OR_EARLIER = f"{_NEW} OR #ttl < :ttl"
_SEEN = "#version = :seen"
_SEEN_AND_ALIVE = f"{_SEEN} AND (attribute_not_exists(#ttl) OR #ttl > :now)"


class DynamoDBStore:
    """A `Store` in one set of DynamoDB tables. The calling code owns and closes the client."""

    sole_process = ""

    def __init__(self, client: DynamoDBClient, user_keys: UserKeys, *, now: Clock) -> None:
        self.user_keys = user_keys
        self._client = client
        self.now = now
        self._listed_days: set[tuple[str, str, str]] = set()

    async def create[R](self, record: R) -> Stored[R]:
        return await self._put(record, _NEW_OR_EXPIRED, {})

    async def read[R](self, kind: type[R], *key: str) -> Stored[R] | None:
        where = record_kind(kind)
        item = await self._client.get(where.container, _TABLE[where.container].key(key))
        if item is None or self._is_expired(item):
            return None
        return Stored(where.decode(json.loads(item["body"])), item["version"])

    async def replace[R](self, record: R, *, version: str) -> Stored[R]:
        return await self._put(record, _SEEN_AND_ALIVE, {"seen": version})

    async def find[R](
        self, kind: type[R], owner: str | None, *, first: str = "", last: str = "\uffff"
    ) -> Sequence[R]:
        where = record_kind(kind)
        between = "sk BETWEEN :first AND :last"
        bounds = {"first": first or "\0", "last": last}  # DynamoDB has no empty keys
        if owner is None:
            items = self._client.scan(where.container, bounds, FilterExpression=between)
        elif where.owner:
            keys = self._client.query_index(where.container, where.owner, owner)
            within = [key async for key in keys if first <= key["sk"] <= last]
            items = self._client.get_many(where.container, within)
        else:
            items = self._client.query(where.container, owner, between, bounds)
        found = [item async for item in items if not self._is_expired(item)]
        found.sort(key=itemgetter("sk"))  # DynamoDB doesn't sort across partitions
        return [where.decode(json.loads(item["body"])) for item in found]

    async def find_last[R](
        self, kind: type[R], owner: str, *, first: str = "", before: str, limit: int
    ) -> Sequence[R]:
        where, low = record_kind(kind), first or "\0"
        if low >= before:
            return []
        items = self._client.query(
            where.container,
            owner,
            "sk BETWEEN :low AND :before",
            {"low": low, "before": before},
            ScanIndexForward=False,
            Limit=limit + 1,  # `before` is not part of the range
        )
        alive = (i async for i in items if i["sk"] != before and not self._is_expired(i))
        return [where.decode(json.loads(item["body"])) for item in await _first(limit, alive)]

    async def find_indexed[R](self, kind: type[R], value: str) -> Sequence[R]:
        where = record_kind(kind)
        keys = self._client.query_index(where.container, where.index, value)
        items = self._client.get_many(where.container, [key async for key in keys])
        found = [
            item async for item in items if item.get(where.index) == value
        ]  # the index may be older than the item
        found = [item for item in found if not self._is_expired(item)]
        found.sort(key=itemgetter("sk"))
        return [where.decode(json.loads(item["body"])) for item in found]

    async def delete(self, kind: type[object], *key: str, version: str | None = None) -> None:
        table = _TABLE[record_kind(kind).container]
        await self._client.delete(table.name, table.key(key), version)

    async def append(self, batch: DayBatch) -> None:
        await self._list_day(batch)
        items = append_items(batch, self.user_keys.of(batch.org_id))
        await self._client.transact(
            self._client.put_operation("events", item, _NEW, {}) for item in items
        )

    async def ingest_ids(
        self, org_id: str, day: str, keys: Collection[str]
    ) -> Mapping[str, str | None]:
        pk = partition(org_id, day)
        items = self._client.get_many(
            "events",
            [{"pk": pk, "sk": key} for key in keys],
            ProjectionExpression="sk, ingest_id, claim",
        )
        return {item["sk"]: ingest_id_of(item) async for item in items}

    async def page(self, query: EventQuery, *, after: str | None, limit: int) -> Sequence[Event]:
        low, high = query.first, query.last
        if after is not None:
            low, high = (after, high) if query.ascending else (low, after)
        days, width = self._days(query, low, high), 1
        events: list[Event] = []
        while len(events) < limit and (days_to_read := await _first(width, days)):
            missing = limit - len(events)
            reads = (self._events_of_day(query, d, low, high, after, missing) for d in days_to_read)
            found = list(chain.from_iterable(await asyncio.gather(*reads)))
            events += found
            width = _next_width(width, len(found), missing - len(found))
        return events[:limit]

    async def pending(self, org_id: str, day: str, *, limit: int) -> Pending:
        pk = partition(org_id, day)
        stored = await self._client.get("events", {"pk": pk, "sk": ROLLUP_ID})
        items = self._client.query(
            "events", pk, "begins_with(sk, :delta)", {"delta": DELTA_PREFIX}, Limit=limit
        )
        found = [delta_from(document_of(item)) for item in await _first(limit, items)]
        return Pending(
            rollup=decode_rollup(stored) if stored else Rollup(org_id, day),
            version=stored["version"] if stored else None,
            deltas=[delta for delta in found if isinstance(delta, Delta)],
            unreadable=[
                dead_letter for dead_letter in found if isinstance(dead_letter, DeadLetter)
            ],
        )

    async def fold(
        self,
        rollup: Rollup,
        *,
        version: str | None,
        deltas: Sequence[Delta],
        erased: Sequence[str] = (),
    ) -> None:
        client, pk = self._client, partition(rollup.org_id, rollup.day)
        condition = _NEW if version is None else _SEEN
        item = rollup_item(rollup, _new_version())
        write = client.put_operation("events", item, condition, {"seen": version})
        ids = [*(DELTA_PREFIX + delta.delta_id for delta in deltas), *erased]
        keys = [{"pk": pk, "sk": item} for item in ids]
        await client.transact([write, *(client.delete_operation("events", key) for key in keys)])

    async def move_to_dead_letters(self, dead_letter: DeadLetter) -> bool:
        is_new = False
        with suppress(Conflict):  # an earlier attempt wrote it
            await self.create(dead_letter)
            is_new = True
        if dead_letter.document.get("type") == "delta":
            pk = partition(dead_letter.org_id, dead_letter.day)
            sk = DELTA_PREFIX + dead_letter.document_id.removeprefix(DELTA_PREFIX)
            await self._client.delete("events", {"pk": pk, "sk": sk})
        return is_new

    async def copy_rejected(self) -> int:
        from api.stores.dynamodb_dead_letters import copy_rejected  # noqa: PLC0415 - only for an upgrade

        return await copy_rejected(self._client)

    async def changes(self, checkpoint: str | None, *, limit: int) -> Changes:
        records, following = await read_records(self._client, checkpoint, limit=limit)
        signals = read_signals(changed_documents(records))
        return dataclasses.replace(signals, checkpoint=following, count=len(records))

    async def new_events(self, checkpoint: str | None, *, limit: int) -> NewEvents:
        records, following = await read_records(self._client, checkpoint, limit=limit)
        events = read_events(changed_documents(records), event_of)
        return dataclasses.replace(events, checkpoint=following, count=len(records))

    async def scrub(self) -> None:
        return  # no file of a table is local

    async def unfolded(self) -> Collection[tuple[str, str]]:
        """Return the days in the sparse index, which contains only pending deltas.

        The cost of this call therefore doesn't depend on the size of the table. The index is
        eventually consistent, so a sweep can miss a new delta, which the next sweep finds.
        """
        deltas = self._client.scan("events", {}, IndexName=UNFOLDED_INDEX)
        return {org_and_day(delta[UNFOLDED_INDEX]) async for delta in deltas}

    async def check(self) -> None:
        await self._client.call("describe_table", TableName=self._client.table("events"))

    async def _put[R](self, record: R, condition: str, values: Document) -> Stored[R]:
        kind, version, now = record_kind(type(record)), _new_version(), self._seconds()
        table, document = _TABLE[kind.container], kind.encode(record)
        item = {
            **table.key(kind.key(record)),
            **({kind.index: value} if (value := document.get(kind.index)) else {}),
            "version": version,
            "body": json.dumps(document, default=str),  # a dead letter may contain bytes
            "ttl": now + table.ttl if table.ttl else None,
        }
        await self._client.put(table.name, item, condition, values | {"now": now})
        return Stored(record, version)

    def _is_expired(self, item: Document) -> bool:
        return "ttl" in item and item["ttl"] <= self._seconds()

    def _seconds(self) -> int:
        return int(self.now().timestamp())

    async def _list_day(self, batch: DayBatch) -> None:
        """Record the day in the table that listings use, before the day's first event is written.

        The day isn't recorded in the transaction that writes the events, because then all requests
        of the day would conflict on one item. A recorded day without events has no effect. The
        record expires with the last of the day's events.
        """
        listed = batch.org_id, batch.day, batch.frozen_from
        if listed in self._listed_days:
            return
        ttl = ttl_of(batch)
        item = {"pk": batch.org_id, "sk": batch.day, "ttl": ttl}
        with suppress(Conflict):
            await self._client.put(
                "days", item, _NEW_OR_EXPIRING if ttl is None else _NEW_OR_EARLIER, {"ttl": ttl}
            )
        if len(self._listed_days) == _LISTED_DAYS_MAX:
            self._listed_days.clear()
        self._listed_days.add(listed)

    async def _days(self, query: EventQuery, low: str, high: str) -> AsyncIterator[str]:
        """Yield the days that may have events between these keys, in the query's order."""
        if low > high:
            return
        items = self._client.query(
            "days",
            query.org_id,
            "sk BETWEEN :low AND :high",
            {"low": low[:10], "high": high[:10]},
            ScanIndexForward=query.ascending,
            Limit=_DAYS_PER_QUERY,
        )
        async for item in items:
            yield item["sk"]

    async def _events_of_day(
        self, query: EventQuery, day: str, low: str, high: str, after: str | None, limit: int
    ) -> list[Event]:
        """Return up to `limit` events of the day with low <= key <= high, except the key `after`.

        A filter doesn't reduce the cost, because DynamoDB charges for every item that it reads.
        """
        filters, values = _filters(query)
        request = {"FilterExpression": filters} if filters else {"Limit": limit + 1}
        items = self._client.query(
            "events",
            partition(query.org_id, day),
            "sk BETWEEN :low AND :high",
            {"low": low, "high": high, **values},
            ScanIndexForward=query.ascending,
            **request,
        )
        alive = (i async for i in items if i["sk"] != after and not self._is_expired(i))
        return [event_of(item) for item in await _first(limit, alive)]


def _next_width(width: int, found: int, missing: int) -> int:
    """Estimate from the last read's result how many days contain the events still missing."""
    most = min(width * 4, _DAYS_AT_ONCE_MAX)
    return most if not found else max(1, min(most, width * missing // found))


def _filters(query: EventQuery) -> tuple[str, Document]:
    types = {f"type{i}": name for i, name in enumerate(query.event_types)}
    clauses: list[str] = []
    if query.user_id is not None:
        clauses.append("user_id = :user")
    if types:
        clauses.append(f"event_type IN ({', '.join(f':{name}' for name in types)})")
    return " AND ".join(clauses), {"user": query.user_id, **types}


async def _first[T](limit: int, items: AsyncIterator[T]) -> list[T]:
    found: list[T] = []
    async for item in items:
        found.append(item)
        if len(found) == limit:
            break
    return found


def _new_version() -> str:
    return uuid4().hex


_: type[RollupStore] = DynamoDBStore
