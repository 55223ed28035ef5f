"""Asynchronous calls of botocore's clients with plain values.

botocore runs in threads instead of aiobotocore: Lambda's runtime includes it and runs one request
at a time, and it needs neither aiohttp nor another version of botocore.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# Off here because botocore is untyped.
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
from api.stores.dynamodb_errors import item_in_the_way, store_errors
from api.stores.protocol import Conflict
from api.stores.records import Document

type Answer = dict[str, Any]
type Operation = dict[str, Any]  # one of a transaction
type Values = Mapping[str, Any]

_CONNECTIONS_MAX = 32
_KEYS_PER_LOOK_MAX = 100  # DynamoDB's own limit
CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},  # at most a second later
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
    """DynamoDB and its streams, for tables whose names begin with `prefix`.

    Every method raises the store's errors.
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
        answer = await self.call(
            "get_item", TableName=self.table(table), Key=to_attributes(key), ConsistentRead=True
        )
        return from_attributes(answer["Item"]) if "Item" in answer else None

    async def get_many(
        self, table: str, keys: Iterable[Document], **request: Any
    ) -> AsyncIterator[Document]:
        """Return those items with these keys that exist."""
        name = self.table(table)
        request |= {"ConsistentRead": True}
        for some in batched(keys, _KEYS_PER_LOOK_MAX, strict=False):
            left: Answer = {name: request | {"Keys": [to_attributes(key) for key in some]}}
            while left:
                answer = await self.call("batch_get_item", RequestItems=left)
                for item in answer["Responses"].get(name, []):
                    yield from_attributes(item)
                left = answer["UnprocessedKeys"]

    def query(
        self, table: str, pk: str, condition: str, values: Values, **request: Any
    ) -> AsyncIterator[Document]:
        """Return the partition's items whose `sk` meets the condition, ordered by it."""
        request |= {"KeyConditionExpression": f"pk = :pk AND {condition}", "ConsistentRead": True}
        return self._pages("query", table, {**values, "pk": pk}, request)

    def query_index(self, table: str, index: str, value: str) -> AsyncIterator[Document]:
        """Return the keys of items with this value in the index; eventually consistent."""
        request = {"IndexName": index, "KeyConditionExpression": f"{index} = :value"}
        return self._pages("query", table, {"value": value}, request)

    def scan(self, table: str, values: Values, **request: Any) -> AsyncIterator[Document]:
        """Return all items; of an index (`IndexName`) eventually consistent ones."""
        request["ConsistentRead"] = "IndexName" not in request
        return self._pages("scan", table, values, request)

    async def put(self, table: str, item: Document, condition: str, values: Values) -> None:
        """Write the item. Raises Conflict, except if an earlier attempt stored this same item."""
        request = self.put_operation(table, item, condition, values)["Put"]
        try:
            await self.call("put_item", **request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except Conflict as conflict:
            if item_in_the_way(conflict) != request["Item"]:
                raise

    async def delete(self, table: str, key: Document) -> None:
        await self.call("delete_item", TableName=self.table(table), Key=to_attributes(key))

    async def transact(self, operations: Iterable[Operation]) -> None:
        """Write all operations or none; botocore's token makes its own retries idempotent."""
        await self.call("transact_write_items", TransactItems=list(operations))

    def put_operation(
        self, table: str, item: Document, condition: str, values: Values
    ) -> Operation:
        expressions = {"ConditionExpression": condition}
        request = {"TableName": self.table(table), "Item": to_attributes(item)}
        return {"Put": request | expressions | operands(expressions, values)}

    def delete_operation(self, table: str, key: Document) -> Operation:
        """Return the deletion of an item that must exist."""
        request = {"TableName": self.table(table), "Key": to_attributes(key)}
        return {"Delete": request | {"ConditionExpression": "attribute_exists(pk)"}}

    async def call(self, operation: str, **request: Any) -> Answer:
        """Call an operation of DynamoDB by botocore's name."""
        return await self._run("dynamodb", operation, request)

    async def call_streams(self, operation: str, **request: Any) -> Answer:
        """Call an operation of DynamoDB Streams by botocore's name."""
        return await self._run("dynamodbstreams", operation, request)

    async def _pages(
        self, operation: str, table: str, values: Values, request: dict[str, Any]
    ) -> AsyncIterator[Document]:
        """Yield the items of all pages."""
        expressions = {name: text for name, text in request.items() if name.endswith("Expression")}
        request |= {"TableName": self.table(table)} | operands(expressions, values)
        while True:
            answer = await self.call(operation, **request)
            for item in answer["Items"]:
                yield from_attributes(item)
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    async def _run(self, service: str, operation: str, request: dict[str, Any]) -> Answer:
        work = partial(getattr(self._client(service), operation), **request)
        with telemetry.dynamodb_span(operation), store_errors():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.create_client(
                service, config=CONFIG, **self._options
            )
        return self._clients[service]
