"""Single items: create, upsert, read, replace, patch, delete."""

from typing import NamedTuple

from cosmos_emulator import throughput
from cosmos_emulator.context import Context
from cosmos_emulator.documents import check_document
from cosmos_emulator.errors import bad_request, not_found, precondition_failed
from cosmos_emulator.handlers.patches import apply_patch
from cosmos_emulator.items import StoredItem, Writer, find
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query.values import Json, is_object


class ItemResult(NamedTuple):
    """The result of one operation: status, request units and, except after a delete, the item."""

    status: int
    charge: float
    item: StoredItem | None = None


# An operation inside a transaction, used by single requests and by batches.


def create_in(writer: Writer, document: Json) -> ItemResult:
    """Create an item; 409 if the id exists."""
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
    """Replace an item; 404 if it is missing, 412 if its version isn't `if_match`."""
    return _replace(writer, _existing(writer, name), document, if_match)


def patch_in(writer: Writer, name: str, patch: Json, if_match: str = "") -> ItemResult:
    """Patch an item; 404, 412 (also for a false condition), 400 for an invalid operation."""
    stored = _existing(writer, name)
    check_etag(stored, if_match)
    document, operations = apply_patch(stored.body, patch)
    replaced = _replace(writer, stored, document, if_match)
    charge = round(replaced.charge + throughput.PATCH_PROPERTY * operations, 2)
    return ItemResult(200, charge, replaced.item)


def delete_in(writer: Writer, name: str, if_match: str = "") -> ItemResult:
    """Delete an item; 404, 412."""
    stored = _existing(writer, name)
    check_etag(stored, if_match)
    writer.delete(stored)
    return ItemResult(204, throughput.DELETE)


def _replace(writer: Writer, stored: StoredItem, document: Json, if_match: str) -> ItemResult:
    check_etag(stored, if_match)
    check_document(document, writer.container, writer.key)
    if document["id"] != stored.id:
        raise bad_request("The id of an item cannot be changed.")
    item = writer.replace(stored, document)
    terms = throughput.indexed_terms(document, writer.container)
    return ItemResult(200, throughput.replace(len(item.body), terms), item)


def _existing(writer: Writer, name: str) -> StoredItem:
    stored = writer.find(name)
    if stored is None:
        raise not_found()
    return stored


def check_etag(stored: StoredItem, if_match: str) -> None:
    """Raise 412 unless the stored version is the version that the caller expects."""
    if if_match not in ("", "*", stored.etag):
        raise precondition_failed()


# Requests


def create(context: Context, request: Request) -> Response:
    """Return 201 with the item; 409 if the id exists in its logical partition."""
    writer = _begin(context, request)
    with writer.transaction():
        outcome = create_in(writer, request.json())
    return _written(context, request, writer, outcome)


def upsert(context: Context, request: Request) -> Response:
    """Return 201 if the item was created, 200 if it was replaced; 412."""
    writer = _begin(context, request)
    with writer.transaction():
        outcome = upsert_in(writer, request.json(), request.header("if-match"))
    return _written(context, request, writer, outcome)


def replace(context: Context, request: Request) -> Response:
    """Return 200 with the item; 404, 412."""
    writer = _begin(context, request)
    with writer.transaction():
        etag = request.header("if-match")
        outcome = replace_in(writer, request.item, request.json(), etag)
    return _written(context, request, writer, outcome)


def patch(context: Context, request: Request) -> Response:
    """Return 200 with the item; 400, 404, 412."""
    writer = _begin(context, request)
    with writer.transaction():
        etag = request.header("if-match")
        outcome = patch_in(writer, request.item, request.json(), etag)
    return _written(context, request, writer, outcome)


def delete(context: Context, request: Request) -> Response:
    """Return 204; 404, 412."""
    writer = _begin(context, request)
    with writer.transaction():
        outcome = delete_in(writer, request.item, request.header("if-match"))
    return _written(context, request, writer, outcome)


def read(context: Context, request: Request) -> Response:
    """Return 200 with the item, 304 if the caller has this version, 404."""
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


def _begin(context: Context, request: Request) -> Writer:
    container = context.container(request)
    return Writer(context.storage, container, context.key(request, container), context.now)


def _written(context: Context, request: Request, writer: Writer, outcome: ItemResult) -> Response:
    headers = context.headers(writer.container, writer.partition, outcome.charge)
    if outcome.item is None:
        return Response(outcome.status, headers)
    headers["etag"] = outcome.item.etag
    return Response(outcome.status, headers, b"" if request.minimal else outcome.item.body)
