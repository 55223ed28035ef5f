"""botocore's clients, awaited, with plain values going in and out.

botocore in threads, not aiobotocore: Lambda's runtime brings it, one request runs at a time there,
and it starts without aiohttp and without a botocore of another version.
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
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},  # at most a second later
    max_pool_connections=_CONNECTIONS_MAX,
    tcp_keepalive=True,
)
# Servers that stand in for AWS want credentials and a region, and don't look at them.
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
        """The endpoint is of a stand-in, or "" for AWS itself with the region and role of here."""
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
        """The items with these keys, of those that exist."""
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
        """The partition's items for which the condition on their `sk` holds, ordered by it."""
        request |= {"KeyConditionExpression": f"pk = :pk AND {condition}", "ConsistentRead": True}
        return self._pages("query", table, {**values, "pk": pk}, request)

    def query_index(self, table: str, index: str, value: str) -> AsyncIterator[Document]:
        """The keys of the items whose attribute of the index's name has this value, of late."""
        request = {"IndexName": index, "KeyConditionExpression": f"{index} = :value"}
        return self._pages("query", table, {"value": value}, request)

    def scan(self, table: str, values: Values, **request: Any) -> AsyncIterator[Document]:
        """All items; of an index (`IndexName`) as it was a moment ago."""
        request["ConsistentRead"] = "IndexName" not in request
        return self._pages("scan", table, values, request)

    async def put(self, table: str, item: Document, condition: str, values: Values) -> None:
        """Raises Conflict unless what stands there is this item, by a try whose answer was lost."""
        request = self.put_operation(table, item, condition, values)["Put"]
        try:
            await self.call("put_item", **request, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except Conflict as conflict:
            if item_in_the_way(conflict) != request["Item"]:
                raise

    async def delete(self, table: str, key: Document) -> None:
        await self.call("delete_item", TableName=self.table(table), Key=to_attributes(key))

    async def transact(self, operations: Iterable[Operation]) -> None:
        """All or nothing; botocore adds the token that makes its own retry the same transaction."""
        await self.call("transact_write_items", TransactItems=list(operations))

    def put_operation(
        self, table: str, item: Document, condition: str, values: Values
    ) -> Operation:
        expressions = {"ConditionExpression": condition}
        request = {"TableName": self.table(table), "Item": to_attributes(item)}
        return {"Put": request | expressions | operands(expressions, values)}

    def delete_operation(self, table: str, key: Document) -> Operation:
        """Fails for an item that does not exist."""
        request = {"TableName": self.table(table), "Key": to_attributes(key)}
        return {"Delete": request | {"ConditionExpression": "attribute_exists(pk)"}}

    async def call(self, operation: str, **request: Any) -> Answer:
        """An operation of DynamoDB by botocore's name for it."""
        return await self._run("dynamodb", operation, request)

    async def call_streams(self, operation: str, **request: Any) -> Answer:
        """An operation of DynamoDB Streams, likewise."""
        return await self._run("dynamodbstreams", operation, request)

    async def _pages(
        self, operation: str, table: str, values: Values, request: dict[str, Any]
    ) -> AsyncIterator[Document]:
        """The items of as many pages as are asked for."""
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
                service, config=_CONFIG, **self._options
            )
        return self._clients[service]
