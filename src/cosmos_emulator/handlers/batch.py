"""Transactional batches: at most 100 operations on one logical partition, all of them or none."""

import sqlite3
from typing import Any

import orjson

from cosmos_emulator import throughput
from cosmos_emulator.context import Context
from cosmos_emulator.errors import CosmosError, bad_request, not_found, too_large
from cosmos_emulator.items import Row, Writer, check_document, check_id
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query.errors import QueryError

from . import items

OPERATIONS_MAX = 100
BYTES_MAX = 2 * 1024 * 1024
FAILED_DEPENDENCY = 424

type Operation = dict[str, Any]


def execute(context: Context, request: Request) -> Response:
    """200 with a result for each operation, or 207 if one failed: then nothing was written."""
    container = context.container(request)
    key = context.key(request, container)
    operations = _operations(request)
    writer = Writer(context.store, container, key, context.now)
    done = _create_all(writer, operations, minimal=request.minimal)
    if done is None:
        writer = Writer(context.store, container, key, context.now)
        done = _apply_all(writer, operations, minimal=request.minimal)
    status, results, charge = done
    headers = context.headers(container, writer.partition.number, round(charge, 2))
    return Response(status, headers, b"[" + b",".join(results) + b"]")


def _operations(request: Request) -> list[Operation]:
    if not request.flag("x-ms-cosmos-batch-atomic"):
        raise bad_request(
            "Only transactional batches (batch-atomic) are supported by the emulator."
        )
    if len(request.body) > BYTES_MAX:
        raise too_large()
    operations = request.json()
    if not isinstance(operations, list) or not operations:
        raise bad_request("A batch must hold at least one operation.")
    if len(operations) > OPERATIONS_MAX:
        raise bad_request("Batch request has more operations than what is supported.")
    return operations


# The usual batch creates only. It is written in one statement; should an id be taken, nothing was
# written and the operations run one by one to find the one at fault.


type Done = tuple[int, list[bytes], float]


def _create_all(writer: Writer, operations: list[Operation], *, minimal: bool) -> Done | None:
    if any(operation.get("operationType") != "Create" for operation in operations):
        return None
    documents = [operation.get("resourceBody") for operation in operations]
    try:
        for document in documents:
            check_document(document, writer.container, writer.key)
        with writer:
            rows = writer.insert(documents)  # pyright: ignore[reportArgumentType]
    except (sqlite3.IntegrityError, CosmosError):
        return None
    results, total = list[bytes](), 0.0
    for row, document in zip(rows, documents, strict=True):
        terms = throughput.indexed_terms(document, writer.container)  # pyright: ignore[reportArgumentType]
        charge = throughput.create(len(row.body), terms)
        total += charge
        results.append(_result(201, charge, row, minimal=minimal))
    return 200, results, total


def _apply_all(writer: Writer, operations: list[Operation], *, minimal: bool) -> Done:
    results, total, index = list[bytes](), 0.0, 0
    try:
        with writer:
            for index, operation in enumerate(operations):  # noqa: B007  says which one failed
                outcome = _apply(writer, operation)
                total += outcome.charge
                results.append(
                    _result(outcome.status, outcome.charge, outcome.row, minimal=minimal)
                )
    except (CosmosError, QueryError) as error:
        status = error.status if isinstance(error, CosmosError) else 400
        return 207, _failure(len(operations), index, status), throughput.METADATA
    return 200, results, total


def _apply(writer: Writer, operation: Operation) -> items.Outcome:
    """One operation; the document and the name it is about, and the version it expects."""
    body, name = operation.get("resourceBody"), operation.get("id", "")
    if_match = operation.get("ifMatch", "")
    match operation.get("operationType"):
        case "Create":
            return items.create_in(writer, body)
        case "Upsert":
            return items.upsert_in(writer, body, if_match)
        case "Replace":
            return items.replace_in(writer, name, body, if_match)
        case "Patch":
            return items.patch_in(writer, name, body, if_match)
        case "Delete":
            return items.delete_in(writer, name, if_match)
        case "Read":
            return _read(writer, name)
        case other:
            raise bad_request(f"The batch operation '{other}' is not supported.")


def _read(writer: Writer, name: str) -> items.Outcome:
    check_id(name)
    stored = writer.find(name)
    if stored is None:
        raise not_found()
    row = Row(stored.number, stored.etag, stored.body, ())
    return items.Outcome(200, throughput.read(len(stored.body)), row)


def _result(status: int, charge: float, row: Row | None, *, minimal: bool) -> bytes:
    if row is None:
        return b'{"statusCode":%d,"requestCharge":%.2f}' % (status, charge)
    etag = row.etag.replace('"', '\\"')
    head = f'{{"statusCode":{status},"requestCharge":{charge},"eTag":"{etag}"'.encode()
    return head + b"}" if minimal else head + b',"resourceBody":' + row.body + b"}"


def _failure(count: int, guilty: int, status: int) -> list[bytes]:
    statuses = [status if index == guilty else FAILED_DEPENDENCY for index in range(count)]
    return [orjson.dumps({"statusCode": code, "requestCharge": 0}) for code in statuses]
