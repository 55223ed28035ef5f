"""Transactional batches of up to 100 operations on one logical partition.

The operations of a batch succeed or fail together.
"""

import sqlite3
from typing import cast

import orjson

from cosmos_emulator import throughput
from cosmos_emulator.context import Context
from cosmos_emulator.documents import check_document
from cosmos_emulator.errors import CosmosError, bad_request, too_large
from cosmos_emulator.handlers import items
from cosmos_emulator.handlers.items import ItemResult, Operation
from cosmos_emulator.items import Writer
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.values import Json, is_array, is_object

OPERATIONS_MAX = 100
BYTES_MAX = 2 * 1024 * 1024
FAILED_DEPENDENCY = 424
TOO_DEEP = (RecursionError, orjson.JSONEncodeError)  # for values with too many levels


class _FailedError(Exception):
    """One operation of the batch failed."""

    def __init__(self, index: int, status: int) -> None:
        super().__init__(index, status)
        self.index = index
        self.status = status


def execute(context: Context, request: Request) -> Response:
    """Return 200 with a result for each operation.

    If an operation fails, write nothing and return 207.
    """
    container = context.container(request)
    key = context.key(request, container)
    operations = operations_of(request)
    writer = Writer(context.storage, container, key, context.now)
    try:
        results = _create_all(writer, operations)
        if results is None:
            writer = Writer(context.storage, container, key, context.now)
            results = _apply_all(writer, operations)
    except _FailedError as failed:
        headers = context.headers(container, writer.partition, throughput.METADATA)
        return Response(207, headers, _failure(len(operations), failed))
    charge = round(sum(result.charge for result in results), 2)
    headers = context.headers(container, writer.partition, charge)
    texts = [result_text(result, minimal=request.minimal) for result in results]
    return Response(200, headers, b"[" + b",".join(texts) + b"]")


def operations_of(request: Request) -> list[Operation]:
    """Return the operations in a request. Raises 400 or 413 for too many or too large ones."""
    if len(request.body) > BYTES_MAX:
        raise too_large()
    operations = request.json()
    if not is_array(operations) or not all(map(is_object, operations)):
        raise bad_request("A batch must be a list of operations.")
    if not operations:
        raise bad_request("Batch request has no operations.")
    if len(operations) > OPERATIONS_MAX:
        raise bad_request("Batch request has more operations than what is supported.")
    return operations


def _create_all(writer: Writer, operations: list[Operation]) -> list[ItemResult] | None:
    """Execute a batch of creates, the most frequent kind of batch, as one SQL statement.

    If a batch contains anything other than creates, or causes an error, write nothing and return
    None. If None is returned, `_apply_all` applies the operations of the batch one by one and
    reports any error.
    """
    documents = [o.get("resourceBody") for o in operations if o.get("operationType") == "Create"]
    if len(documents) < len(operations):
        return None
    container = writer.container
    try:
        for document in documents:
            check_document(document, container, writer.key)
        with writer.transaction():
            created = writer.insert(cast("list[dict[str, Json]]", documents))
    except (sqlite3.IntegrityError, CosmosError, *TOO_DEEP):
        return None
    sizes = [len(item.body) for item in created]
    terms = [throughput.indexed_terms(document, container) for document in documents]
    charges = map(throughput.create, sizes, terms)
    return [ItemResult(201, *pair) for pair in zip(charges, created, strict=True)]


def _apply_all(writer: Writer, operations: list[Operation]) -> list[ItemResult]:
    with writer.transaction():
        return [_try(writer, index, operation) for index, operation in enumerate(operations)]


def _try(writer: Writer, index: int, operation: Operation) -> ItemResult:
    try:
        return items.apply(writer, operation)
    except CosmosError as error:
        raise _FailedError(index, error.status) from None
    except (QueryError, *TOO_DEEP):
        raise _FailedError(index, 400) from None


def result_text(result: ItemResult, *, minimal: bool) -> bytes:
    """Return the result of one operation as JSON, including the stored text of the item."""
    status, charge, item = result
    if item is None:
        return f'{{"statusCode":{status},"requestCharge":{charge}}}'.encode()
    etag = item.etag.replace('"', '\\"')
    head = f'{{"statusCode":{status},"requestCharge":{charge},"eTag":"{etag}"'.encode()
    return b"%b}" % head if minimal else b'%b,"resourceBody":%b}' % (head, item.body)


def _failure(count: int, failed: _FailedError) -> bytes:
    """Return the results of a failed batch.

    The failed operation has its own status, and every other operation has status 424.
    """
    statuses = [failed.status if i == failed.index else FAILED_DEPENDENCY for i in range(count)]
    return orjson.dumps([{"statusCode": status, "requestCharge": 0} for status in statuses])
