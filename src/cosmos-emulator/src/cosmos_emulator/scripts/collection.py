"""The operations on items that a script requests, all within one partition key."""

import uuid
from collections.abc import Callable
from typing import Any, Protocol

import orjson

from cosmos_emulator import throughput
from cosmos_emulator.containers import rid
from cosmos_emulator.errors import CosmosError, bad_request
from cosmos_emulator.items import StoredItem, Writer
from cosmos_emulator.query import limits
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.plan import compile_plan
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.values import Json, is_object, is_whole
from cosmos_emulator.routing import END, Target
from cosmos_emulator.scripts.functions import Functions
from cosmos_emulator.storage import Storage

PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX = 100, 1_000
TIMEOUT = 408
OTHER_KEY = 1001
ITEM_SEGMENTS = 6  # of dbs/{}/colls/{}/docs/{}


class Result(Protocol):
    """The result of an operation on an item."""

    @property
    def charge(self) -> float: ...  # request units

    @property
    def item(self) -> StoredItem | None: ...


type Apply = Callable[[Writer, dict[str, Any]], Result]  # an operation in the format of a batch


class Collection:
    """The items of one partition key, as a script sees them.

    `charge` is the sum of the request units of the operations.
    """

    def __init__(
        self, storage: Storage, writer: Writer, apply: Apply, functions: Functions, clock: float
    ) -> None:
        self.charge = 0.0
        self._storage = storage
        self._writer = writer
        self._apply = apply
        self._functions = functions
        self._clock = clock

    def execute(self, operation: dict[str, Any]) -> dict[str, Json]:
        """Execute one operation and return the arguments for the script's callback.

        Raises 408 if a function that a query calls takes too long, since the script can't go on.
        """
        try:
            return {"number": operation["number"], **self._result(operation)}
        except CosmosError as error:
            if error.status == TIMEOUT:
                raise
            problem = {"number": error.status, "message": _message(error)}
        except QueryError as error:
            problem = {"number": 400, "message": error.details()}
        except (RecursionError, orjson.JSONEncodeError):
            problem = {"number": 400, "message": "The item is nested too deeply."}
        return {"number": operation["number"], "error": {**problem, "body": problem["message"]}}

    def _result(self, operation: dict[str, Any]) -> dict[str, Json]:
        options = operation["options"] if is_object(operation["options"]) else {}
        kind, name = operation["kind"], self._name(operation.get("link"))
        if kind == "Query":
            return self._query(operation.get("query"), options)
        document = operation.get("body")
        if kind in ("Create", "Upsert"):
            document = _with_id(document, options)
        elif not name:
            raise bad_request("The link of the item is invalid.")
        applied = {"operationType": kind, "id": name, "resourceBody": document}
        result = self._apply(self._writer, applied | {"ifMatch": options.get("etag")})
        self.charge += result.charge
        return {"resource": orjson.loads(result.item.body) if result.item else None, "options": {}}

    def _name(self, link: Json) -> str:
        """Return the name of the item in a link, or an empty text for a link of the container."""
        segments = link.strip("/").split("/") if isinstance(link, str) else []
        container = self._writer.container
        names = (
            (container.database, rid(container.database_number)),
            (container.name, container.rid),
        )
        if segments[::2] not in (["dbs", "colls"], ["dbs", "colls", "docs"]) or not all(
            segment in known for segment, known in zip(segments[1:4:2], names, strict=True)
        ):
            raise bad_request("The link isn't one of the script's own container or of its items.")
        return segments[5] if len(segments) == ITEM_SEGMENTS else ""

    def _query(self, query: Json, options: dict[str, Any]) -> dict[str, Json]:
        text, given = (
            (query.get("query"), query.get("parameters")) if is_object(query) else (query, ())
        )
        if not isinstance(text, str):
            raise bad_request("A query must be a text, or an object with a query and parameters.")
        try:
            parameters = {one["name"]: one["value"] for one in given or ()}
        except (KeyError, TypeError):
            raise bad_request("The parameters of a query must be names and values.") from None
        container, key = self._writer.container, self._writer.key
        statement = Statement.of(
            text, parameters, container.schema, self._clock, self._functions.find
        )
        scope = Target(container, None, key, b"", END).scope(statement.pins, int(self._clock))
        token = options.get("continuation")
        with limits.bounded():
            plan = compile_plan(
                statement, container.table, scope, _page_size(options), str(token or "")
            )
            page = plan.execute(self._storage.sql)
        self.charge += throughput.query(page.documents_read, page.bytes_read)
        found = [orjson.loads(result) for result in page.results]
        return {"resource": found, "options": {"continuation": page.continuation}}


def _with_id(document: Json, options: dict[str, Any]) -> Json:
    """Return a document with an id, unless the script disables the generation of ids."""
    if not is_object(document) or "id" in document or options.get("disableAutomaticIdGeneration"):
        return document
    return {"id": str(uuid.uuid4()), **document}


def _page_size(options: dict[str, Any]) -> int:
    requested = options.get("pageSize", PAGE_SIZE_DEFAULT)
    if not is_whole(requested) or requested == 0 or requested < -1:
        raise bad_request("The pageSize of a query must be -1 or a positive number.")
    return PAGE_SIZE_MAX if requested == -1 else min(requested, PAGE_SIZE_MAX)


def _message(error: CosmosError) -> str:
    if error.substatus != OTHER_KEY:
        return error.message
    return (
        "Requests originating from scripts cannot reference partition keys other than the one for"
        " which client request was submitted."
    )
