"""An asynchronous DynamoDB client with plain Python values.

The client runs botocore in threads instead of using aiobotocore. Lambda's runtime includes botocore
and processes one request at a time, so threads are sufficient. The package aiobotocore would add
aiohttp and another version of botocore.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# Some Pyright checks are off in this module, because botocore has no type hints.
import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import batched
from typing import Any

from botocore.config import Config
from botocore.session import Session

from api import telemetry
from api.stores.dynamodb_attributes import from_attributes, operands, to_attributes
from api.stores.dynamodb_errors import conflicting_item, store_errors, was_retried
from api.stores.protocol import Conflict
from api.stores.records import Document

type Response = dict[str, Any]
type Operation = dict[str, Any]  # one operation of a transaction
type Values = Mapping[str, Any]

_CONNECTIONS_MAX = 32
_KEYS_PER_CALL_MAX = 100  # DynamoDB's limit
CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},  # the retry follows within a second
    max_pool_connections=_CONNECTIONS_MAX,
    tcp_keepalive=True,
)
# Local servers require credentials and a region, but don't check them.
_LOCAL = {
    "region_name": "us-east-1",
    "aws_access_key_id": "local",
    "aws_secret_access_key": "local",
}


class DynamoDBClient:
    """A client of DynamoDB and its streams, for tables whose names begin with `prefix`.

    Every method converts errors of botocore to the errors of `Store`.
    """

    def __init__(self, endpoint: str, prefix: str) -> None:
        """Connect to AWS with this process's region and role, or to a local server's endpoint."""
        self._prefix = prefix
        self._options: dict[str, Any] = {"endpoint_url": endpoint, **_LOCAL} if endpoint else {}
        self._session = Session()
        self._clients: dict[str, Any] = {}
        self._threads = ThreadPoolExecutor(_CONNECTIONS_MAX, thread_name_prefix="dynamodb")

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for client in self._clients.values():
            client.close()

    def table(self, name: str) -> str:
        return self._prefix + name

    async def get(self, table: str, key: Document) -> Document | None:
        response = await self.call(
            "get_item", TableName=self.table(table), Key=to_attributes(key), ConsistentRead=True
        )
        return from_attributes(response["Item"]) if "Item" in response else None

    async def get_many(
        self, table: str, keys: Iterable[Document], **request: Any
    ) -> AsyncIterator[Document]:
        """Yield the items with these keys. Skip keys that don't exist."""
        name = self.table(table)
        request |= {"ConsistentRead": True}
        for chunk in batched(keys, _KEYS_PER_CALL_MAX, strict=False):
            left: Response = {name: request | {"Keys": [to_attributes(key) for key in chunk]}}
            while left:
                response = await self.call("batch_get_item", RequestItems=left)
                for item in response["Responses"].get(name, []):
                    yield from_attributes(item)
                left = response["UnprocessedKeys"]

    def query(
        self, table: str, pk: str, condition: str, values: Values, **request: Any
    ) -> AsyncIterator[Document]:
        """Return the partition's items whose sort key `sk` matches the condition, in key order."""
        request |= {"KeyConditionExpression": f"pk = :pk AND {condition}", "ConsistentRead": True}
        return self._pages("query", table, {**values, "pk": pk}, request)

    def query_index(self, table: str, index: str, value: str) -> AsyncIterator[Document]:
        """Return the keys of the items that have this value in the index.

        The result is eventually consistent.
        """
        request = {"IndexName": index, "KeyConditionExpression": f"{index} = :value"}
        return self._pages("query", table, {"value": value}, request)

    def scan(self, table: str, values: Values, **request: Any) -> AsyncIterator[Document]:
        """Return all items of the table or, with `IndexName`, of an index.

        The result from an index is eventually consistent.
        """
        request["ConsistentRead"] = "IndexName" not in request
        return self._pages("scan", table, values, request)

    async def put(self, table: str, item: Document, condition: str, values: Values) -> None:
        """Write the item. Raises Conflict if the condition fails.

        If the same item is already stored, an earlier attempt wrote it, and the call succeeds.
        """
        request = self.put_operation(table, item, condition, values)["Put"]
        try:
            await self.call("put_item", **request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except Conflict as conflict:
            if conflicting_item(conflict) != request["Item"]:
                raise

    async def delete(self, table: str, key: Document, version: str | None = None) -> None:
        """Delete the item.

        If `version` is given, raises Conflict unless the item has this version. If botocore has
        retried the call and the item is missing, an earlier attempt deleted it, and the call
        succeeds.
        """
        request: dict[str, Any] = {"TableName": self.table(table), "Key": to_attributes(key)}
        if version is not None:
            condition = {"ConditionExpression": "#version = :seen"}
            request |= condition | operands(condition, {"seen": version})
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        try:
            await self.call("delete_item", **request)
        except Conflict as conflict:
            if conflicting_item(conflict) or not was_retried(conflict):
                raise

    async def transact(self, operations: Iterable[Operation]) -> None:
        """Execute the operations in one transaction.

        botocore adds a token to the request, which makes its automatic retries idempotent.
        """
        await self.call("transact_write_items", TransactItems=list(operations))

    def put_operation(
        self, table: str, item: Document, condition: str, values: Values
    ) -> Operation:
        expressions = {"ConditionExpression": condition}
        request = {"TableName": self.table(table), "Item": to_attributes(item)}
        return {"Put": request | expressions | operands(expressions, values)}

    def delete_operation(self, table: str, key: Document) -> Operation:
        """Return an operation that deletes an item and fails if the item doesn't exist."""
        request = {"TableName": self.table(table), "Key": to_attributes(key)}
        return {"Delete": request | {"ConditionExpression": "attribute_exists(pk)"}}

    async def call(self, operation: str, **request: Any) -> Response:
        """Call an operation of DynamoDB, such as `get_item`, and return its response."""
        return await self._run("dynamodb", operation, request)

    async def call_streams(self, operation: str, **request: Any) -> Response:
        """Call an operation of DynamoDB Streams, such as `get_records`, and return its response."""
        return await self._run("dynamodbstreams", operation, request)

    async def _pages(
        self, operation: str, table: str, values: Values, request: dict[str, Any]
    ) -> AsyncIterator[Document]:
        """Yield the items of all pages."""
        expressions = {name: text for name, text in request.items() if name.endswith("Expression")}
        request |= {"TableName": self.table(table)} | operands(expressions, values)
        while True:
            response = await self.call(operation, **request)
            for item in response["Items"]:
                yield from_attributes(item)
            if "LastEvaluatedKey" not in response:
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    async def _run(self, service: str, operation: str, request: dict[str, Any]) -> Response:
        work = partial(getattr(self._client(service), operation), **request)
        with telemetry.dynamodb_span(operation), store_errors():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.create_client(
                service, config=CONFIG, **self._options
            )
        return self._clients[service]
