"""Create, upsert, read, replace, patch and delete single items."""

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from cosmos_emulator import throughput
from cosmos_emulator.context import Context, check_if_match
from cosmos_emulator.documents import (
    ITEM_BYTES_MAX,
    SYSTEM_PROPERTIES,
    check_document,
    check_id,
)
from cosmos_emulator.errors import bad_request, not_found, too_large
from cosmos_emulator.handlers.patches import apply_patch
from cosmos_emulator.handlers.triggers import Triggers
from cosmos_emulator.items import StoredItem, Writer, find
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query.values import Json, is_object

type Operation = dict[str, Any]  # in the format of a batch


class ItemResult(NamedTuple):
    """The result of one operation on an item. The result of a delete contains no item."""

    status: int
    charge: float  # request units
    item: StoredItem | None = None


# Operations inside a transaction, for single requests and for batches


def create_in(writer: Writer, document: Json) -> ItemResult:
    """Create an item. Raises 409 if the logical partition already contains the item's id."""
    check_document(document, writer.container, writer.key)
    item = writer.create(document)
    terms = throughput.indexed_terms(document, writer.container)
    return ItemResult(201, throughput.create(len(item.body), terms), item)


def upsert_in(writer: Writer, document: Json, if_match: str = "") -> ItemResult:
    """Create or replace an item."""
    check_document(document, writer.container, writer.key)
    stored = writer.find(document["id"]) if is_object(document) else None
    if stored is None:
        return create_in(writer, document)
    return _replace(writer, stored, document, if_match)


def replace_in(writer: Writer, name: str, document: Json, if_match: str = "") -> ItemResult:
    """Replace an item.

    Raises 404 if the item is missing, and 412 if the item's ETag isn't `if_match`.
    """
    return _replace(writer, _existing(writer, name), document, if_match)


def patch_in(writer: Writer, name: str, patch: Json, if_match: str = "") -> ItemResult:
    """Patch an item.

    Raises 400 for an invalid patch, 404 for a missing item, and 412 for a wrong ETag or a false
    condition.
    """
    stored = _existing(writer, name)
    check_etag(stored, if_match)
    document, operations = apply_patch(stored.body, patch)
    if document.get("id") != stored.id:
        raise bad_request("The id of an item cannot be changed by a patch.")
    replaced = _replace(writer, stored, document, if_match)
    charge = round(replaced.charge + throughput.PATCH_PROPERTY * operations, 2)
    return ItemResult(200, charge, replaced.item)


def delete_in(writer: Writer, name: str, if_match: str = "") -> ItemResult:
    """Delete an item.

    Raises 404 if the item is missing, and 412 if the item's ETag isn't `if_match`.
    """
    stored = _existing(writer, name)
    check_etag(stored, if_match)
    terms = throughput.indexed_terms(_document(stored), writer.container)
    writer.delete(stored)
    return ItemResult(204, throughput.delete(len(stored.body), terms))


def _replace(writer: Writer, stored: StoredItem, document: Json, if_match: str) -> ItemResult:
    check_etag(stored, if_match)
    check_document(document, writer.container, writer.key)
    item = writer.replace(stored, document)
    terms = throughput.changed_terms(_document(stored), document, writer.container)
    charge = throughput.replace(len(stored.body), len(item.body), terms)
    return ItemResult(200, charge, item)


def _document(stored: StoredItem) -> dict[str, Json]:
    """Return a stored item without its system properties."""
    document = orjson.loads(stored.body)
    return {name: value for name, value in document.items() if name not in SYSTEM_PROPERTIES}


def _existing(writer: Writer, name: str) -> StoredItem:
    stored = writer.find(name)
    if stored is None:
        raise not_found()
    return stored


def check_etag(stored: StoredItem, if_match: str) -> None:
    """Raise 412 if the caller expects a different version of the item."""
    check_if_match(stored.etag, if_match)


def apply(writer: Writer, operation: Operation) -> ItemResult:
    """Apply one operation of a batch, of a bulk request or of a script."""
    body = operation.get("resourceBody")
    name, if_match = _text(operation, "id"), _text(operation, "ifMatch")
    match operation.get("operationType"):
        case "Create":
            return create_in(writer, body)
        case "Upsert":
            return upsert_in(writer, body, if_match)
        case "Replace":
            return replace_in(writer, name, body, if_match)
        case "Patch":
            return patch_in(writer, name, body, if_match)
        case "Delete":
            return delete_in(writer, name, if_match)
        case "Read":
            return _read(writer, name)
        case other:
            raise bad_request(f"The batch operation '{other}' is not supported.")


def _text(operation: Operation, name: str) -> str:
    value = operation.get(name)
    if value is not None and not isinstance(value, str):
        raise bad_request(f"The property '{name}' of a batch operation must be a string.")
    return value or ""


def _read(writer: Writer, name: str) -> ItemResult:
    check_id(name)
    stored = writer.find(name)
    if stored is None:
        raise not_found()
    return ItemResult(200, throughput.read(len(stored.body)), stored)


# Requests


def create(context: Context, request: Request) -> Response:
    """Return 201 with the item, or 409 if the logical partition already contains its id."""
    return _write(context, request, lambda writer: create_in(writer, request.json()))


def upsert(context: Context, request: Request) -> Response:
    """Return 201 if the item was created, 200 if it was replaced, or 412 for a wrong ETag."""
    etag = request.header("if-match")
    return _write(context, request, lambda writer: upsert_in(writer, request.json(), etag))


def replace(context: Context, request: Request) -> Response:
    """Return 200 with the item, 404 if it is missing, or 412 for a wrong ETag."""
    name, etag = request.item, request.header("if-match")
    return _write(context, request, lambda writer: replace_in(writer, name, request.json(), etag))


def patch(context: Context, request: Request) -> Response:
    """Return 200 with the patched item.

    Raises 400 for an invalid patch, 404 for a missing item, and 412 for a wrong ETag or a false
    condition.
    """
    name, etag = request.item, request.header("if-match")
    return _write(context, request, lambda writer: patch_in(writer, name, request.json(), etag))


def delete(context: Context, request: Request) -> Response:
    """Return 204 for a deleted item, 404 for a missing item, or 412 for a wrong ETag."""
    name, etag = request.item, request.header("if-match")
    return _write(context, request, lambda writer: delete_in(writer, name, etag))


def read(context: Context, request: Request) -> Response:
    """Return 200 with the item, or 404 if it is missing.

    Return 304 if the caller already has this version of the item.
    """
    container = context.container(request)
    key = context.key(request, container)
    stored = find(context.storage.sql, container, key, request.item, context.now)
    if stored is None:
        raise not_found()
    partition = container.partition_of(key.effective).number
    headers = context.headers(container, partition, throughput.read(len(stored.body)))
    headers["etag"] = stored.etag
    if request.header("if-none-match") == stored.etag:
        return Response(304, headers)
    return Response(200, headers, stored.body)


def _write(
    context: Context, request: Request, operation: Callable[[Writer], ItemResult]
) -> Response:
    """Run one operation in its own transaction and return its response."""
    if len(request.body) > ITEM_BYTES_MAX:
        raise too_large()
    container = context.container(request)
    writer = Writer(context.storage, container, context.key(request, container), context.now)
    triggers = Triggers.of(context, request, writer, apply)
    with writer.transaction():
        if triggers:
            triggers.before()
        result = operation(writer)
        if triggers:
            triggers.after(result.item)
    charge = round(result.charge + triggers.charge, 2) if triggers else result.charge
    headers = context.headers(container, writer.partition, charge)
    if result.item is None:
        return Response(result.status, headers)
    headers["etag"] = result.item.etag
    return Response(result.status, headers, b"" if request.minimal else result.item.body)


def delete_all(context: Context, request: Request) -> Response:
    """Return 200 after deleting all items of a logical partition.

    Cosmos DB deletes them in the background, but hides them from reads at once:
    https://learn.microsoft.com/azure/cosmos-db/nosql/how-to-delete-by-partition-key
    """
    container = context.container(request)
    writer = Writer(context.storage, container, context.key(request, container), context.now)
    with writer.transaction():
        count = writer.delete_all()
    charge = round(max(throughput.METADATA, throughput.DELETE_IN_BACKGROUND * count), 2)
    headers = context.headers(container, writer.partition, charge)
    headers["x-ms-cosmos-is-partition-key-delete-pending"] = "false"
    return Response(200, headers)
