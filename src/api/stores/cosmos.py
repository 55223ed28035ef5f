"""The store on Azure Cosmos DB for NoSQL, through Azure's async SDK.

If a query specifies only the first part of a partition key, Cosmos DB uses it to choose partitions
but doesn't filter documents by it. The text of every query therefore contains a condition on the
organisation.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# Some Pyright checks are off in this module, because parts of Azure's SDK have no type hints.
import asyncio
import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any

from azure.core import MatchConditions
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from api.domain.events import DayBatch, Event, EventQuery
from api.domain.rollups import DeadLetter, Delta, Pending, Rollup
from api.domain.times import Clock
from api.domain.user_hashes import UserKeys
from api.stores.cosmos_containers import CONTAINERS
from api.stores.cosmos_errors import store_errors, unavailable
from api.stores.cosmos_events import (
    Parameters,
    append_operations,
    event_of,
    fold_operations,
    parameters,
)
from api.stores.cosmos_pages import read_page
from api.stores.protocol import Changes, Conflict, NewEvents, RollupStore, Stored, Unavailable
from api.stores.records import Document, ingest_id_of, record_kind
from api.stores.rollup_documents import DELTA_PREFIX, ROLLUP_ID, decode_rollup, delta_from

_SCRUB_PAUSE_SECONDS, _SCRUB_ATTEMPTS_MAX = 0.01, 1000
_PARTITION = {container.name: container.partition_key for container in CONTAINERS}


class CosmosStore:
    """A `Store` in one Cosmos DB database. The calling code owns and closes the database client."""

    def __init__(
        self,
        database: DatabaseProxy,
        user_keys: UserKeys,
        *,
        now: Clock,
        sole_process: str = "",
        write_fault: Callable[[], Any] = lambda: None,
        scrub: Callable[[], bool] = lambda: True,
    ) -> None:
        """Open the containers.

        `write_fault` returns the error with which writes currently fail, or None. The error that
        `write_fault` returns has a `status`, such as 507. `scrub` removes what remains of deleted
        documents from the emulator's files, and returns False if it must be called again. Only the
        emulator provides these functions.
        """
        self.user_keys = user_keys
        self.now = now
        self.sole_process = sole_process
        self._write_fault = write_fault
        self._scrub = scrub
        self._database = database
        self._containers = {name: database.get_container_client(name) for name in _PARTITION}
        self._events = self._containers["events"]

    async def create[R](self, record: R) -> Stored[R]:
        kind = record_kind(type(record))
        with store_errors():
            response = await self._containers[kind.container].create_item(
                kind.encode(record) | {"id": kind.key(record)[-1]}
            )
        return Stored(record, _etag(response))

    async def read[R](self, kind: type[R], *key: str) -> Stored[R] | None:
        where = record_kind(kind)
        document = await self._read(where.container, key)
        return Stored(where.decode(document), document["_etag"]) if document else None

    async def replace[R](self, record: R, *, version: str) -> Stored[R]:
        kind = record_kind(type(record))
        item = kind.key(record)[-1]
        with store_errors():
            response = await self._containers[kind.container].replace_item(
                item,
                kind.encode(record) | {"id": item},
                etag=version,
                match_condition=MatchConditions.IfNotModified,
            )
        return Stored(record, _etag(response))

    async def find[R](
        self, kind: type[R], owner: str | None, *, first: str = "", last: str = "\uffff"
    ) -> Sequence[R]:
        where = record_kind(kind)
        values = {"first": first, "last": last}
        clause = "c.id >= @first AND c.id <= @last"
        if owner is not None:
            values["owner"] = owner
            field = where.owner or _PARTITION[where.container][0].removeprefix("/")
            clause = f"c.{field} = @owner AND {clause}"
        documents = await self._query(
            self._containers[where.container],
            f"SELECT * FROM c WHERE {clause}",
            parameters(**values),
            None if where.owner else owner,
        )
        documents.sort(key=itemgetter("id"))  # Cosmos DB doesn't sort across partitions
        return [where.decode(document) for document in documents]

    async def find_last[R](
        self, kind: type[R], owner: str, *, first: str = "", before: str, limit: int
    ) -> Sequence[R]:
        where = record_kind(kind)
        field = _PARTITION[where.container][0].removeprefix("/")
        clause = f"c.{field} = @owner AND c.id >= @first AND c.id < @before"
        documents = await self._query(
            self._containers[where.container],
            f"SELECT * FROM c WHERE {clause} ORDER BY c.id DESC",
            parameters(owner=owner, first=first, before=before),
            owner,
            limit=limit,
        )
        return [where.decode(document) for document in documents]

    async def find_indexed[R](self, kind: type[R], value: str) -> Sequence[R]:
        where = record_kind(kind)
        documents = await self._query(
            self._containers[where.container],
            f"SELECT * FROM c WHERE c.{where.index} = @value",
            parameters(value=value),
            None,
        )
        documents.sort(key=itemgetter("id"))
        return [where.decode(document) for document in documents]

    async def delete(self, kind: type[object], *key: str, version: str | None = None) -> None:
        container = record_kind(kind).container
        condition: dict[str, Any] = {}
        if version is not None:
            condition = {"etag": version, "match_condition": MatchConditions.IfNotModified}
        try:
            with store_errors():
                await self._containers[container].delete_item(
                    key[-1], _partition(container, key), **condition
                )
        except Conflict:
            if version is not None:
                raise

    async def append(self, batch: DayBatch) -> None:
        with store_errors():
            await self._events.execute_item_batch(
                append_operations(batch, self.user_keys.of(batch.org_id), self.now()),
                partition_key=[batch.org_id, batch.day],
            )

    async def ingest_ids(
        self, org_id: str, day: str, keys: Collection[str]
    ) -> Mapping[str, str | None]:
        documents = await self._query(
            self._events,
            "SELECT c.id, c.ingest_id, c.claim FROM c"
            " WHERE c.org_id = @org AND ARRAY_CONTAINS(@keys, c.id)",
            parameters(org=org_id, keys=list(keys)),
            [org_id, day],
        )
        return {document["id"]: ingest_id_of(document) for document in documents}

    async def page(self, query: EventQuery, *, after: str | None, limit: int) -> Sequence[Event]:
        return await read_page(self._query_events, query, after=after, limit=limit)

    async def pending(self, org_id: str, day: str, *, limit: int) -> Pending:
        stored = await self._read("events", (org_id, day, ROLLUP_ID))
        deltas = await self._query(
            self._events,
            "SELECT * FROM c WHERE c.org_id = @org AND c.type = 'delta'",
            parameters(org=org_id),
            [org_id, day],
            limit=limit,
        )
        found = [delta_from(document) for document in deltas]
        return Pending(
            rollup=decode_rollup(stored) if stored else Rollup(org_id, day),
            version=stored["_etag"] if stored else None,
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
        with store_errors():
            await self._events.execute_item_batch(
                fold_operations(rollup, version, deltas, erased),
                partition_key=[rollup.org_id, rollup.day],
            )

    async def move_to_dead_letters(self, dead_letter: DeadLetter) -> bool:
        is_new = False
        with suppress(Conflict):  # an earlier attempt wrote it
            await self.create(dead_letter)
            is_new = True
        if dead_letter.document.get("type") == "delta":
            item = DELTA_PREFIX + dead_letter.document_id.removeprefix(DELTA_PREFIX)
            with suppress(Conflict), store_errors():  # an earlier attempt deleted it
                await self._events.delete_item(item, [dead_letter.org_id, dead_letter.day])
        return is_new

    async def copy_rejected(self) -> int:
        from api.stores.cosmos_dead_letters import copy_rejected  # noqa: PLC0415 - only for an upgrade

        return await copy_rejected(self._database)

    async def changes(self, checkpoint: str | None, *, limit: int) -> Changes:
        from api.stores.cosmos_feed import read_changes  # noqa: PLC0415 - only for rollups
        from api.stores.signals import read_signals  # noqa: PLC0415 - as above

        with store_errors():
            documents, following = await read_changes(self._events, checkpoint, limit=limit)
        return dataclasses.replace(read_signals(documents), checkpoint=following)

    async def new_events(self, checkpoint: str | None, *, limit: int) -> NewEvents:
        from api.stores.cosmos_feed import read_changes  # noqa: PLC0415 - only for the archive
        from api.stores.signals import read_events  # noqa: PLC0415 - as above

        with store_errors():
            documents, following = await read_changes(self._events, checkpoint, limit=limit)
        return dataclasses.replace(read_events(documents, event_of), checkpoint=following)

    async def scrub(self) -> None:
        for _ in range(_SCRUB_ATTEMPTS_MAX):
            if self._scrub():
                return
            if fault := self._write_fault():
                raise unavailable(fault.status, str(fault))
            await asyncio.sleep(_SCRUB_PAUSE_SECONDS)
        raise Unavailable("deleted data can't be overwritten while so many writes are in progress")

    async def unfolded(self) -> Collection[tuple[str, str]]:
        documents = await self._query(
            self._events,
            "SELECT c.org_id, c.day FROM c"
            " WHERE c.type = 'delta' AND IS_STRING(c.org_id) AND IS_STRING(c.day)",
            [],
            None,
        )
        return {(document["org_id"], document["day"]) for document in documents}

    async def check(self) -> None:
        with store_errors():
            await self._database.read()
        if fault := self._write_fault():
            raise unavailable(fault.status, str(fault))

    async def _read(self, container: str, key: Sequence[str]) -> Document | None:
        try:
            return await self._containers[container].read_item(key[-1], _partition(container, key))
        except CosmosResourceNotFoundError:
            return None
        except Exception:
            with store_errors():
                raise

    async def _query(
        self,
        container: ContainerProxy,
        text: str,
        values: Parameters,
        partition_key: list[str] | str | None,
        *,
        limit: int | None = None,
    ) -> list[Any]:
        scope: dict[str, Any] = {} if partition_key is None else {"partition_key": partition_key}
        found: list[Any] = []
        with store_errors():
            items = container.query_items(text, parameters=values, max_item_count=limit, **scope)
            async for item in items:
                found.append(item)
                if len(found) == limit:
                    break
        return found

    async def _query_events(
        self, text: str, values: Parameters, partition_key: list[str], limit: int | None
    ) -> list[Any]:
        return await self._query(self._events, text, values, partition_key, limit=limit)


def _partition(container: str, key: Sequence[str]) -> list[str] | str:
    parts = list(key[: len(_PARTITION[container])])
    return parts if len(parts) > 1 else parts[0]


def _etag(response: Any) -> str:
    return response.get_response_headers()["etag"]


_: type[RollupStore] = CosmosStore
