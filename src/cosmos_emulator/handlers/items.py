"""Single items: create, upsert, read, replace, patch, delete."""

from typing import Any

from cosmos_emulator import throughput
from cosmos_emulator.containers import Container
from cosmos_emulator.context import Context
from cosmos_emulator.errors import bad_request, not_found, precondition_failed
from cosmos_emulator.items import Row, Stored, Writer, check_document, find
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query.values import Json

from .patches import apply_patch


class Outcome:
    """What one write did: the status and, unless it deleted, the row as written."""

    def __init__(self, status: int, charge: float, row: Row | None = None) -> None:
        self.status = status
        self.charge = charge
        self.row = row


# One operation inside a transaction: what a request and an operation of a batch have in common.


def create_in(writer: Writer, document: Json) -> Outcome:
    """Creates; 409 if the id is taken."""
    check_document(document, writer.container, writer.key)
    row = writer.create(document)
    return Outcome(201, throughput.create(len(row.body), _terms(document, writer)), row)


def upsert_in(writer: Writer, document: Json, if_match: str = "") -> Outcome:
    """Creates or replaces."""
    check_document(document, writer.container, writer.key)
    stored = writer.find(document["id"])
    if stored is None:
        return create_in(writer, document)
    return _replace(writer, stored, document, if_match)


def replace_in(writer: Writer, name: str, document: Json, if_match: str = "") -> Outcome:
    """Replaces; 404 if it is not there, 412 if it is not the version of `if_match`."""
    check_document(document, writer.container, writer.key)
    return _replace(writer, _existing(writer, name), document, if_match)


def patch_in(writer: Writer, name: str, patch: Json, if_match: str = "") -> Outcome:
    """Patches; 404, 412 (also if its condition does not hold), 400 for an impossible operation."""
    stored = _existing(writer, name)
    check_etag(stored, if_match)
    document, operations = apply_patch(stored.body, patch)
    check_document(document, writer.container, writer.key)
    row = writer.replace(stored, document)
    return Outcome(200, throughput.patch(len(row.body), _terms(document, writer), operations), row)


def delete_in(writer: Writer, name: str, if_match: str = "") -> Outcome:
    """Deletes; 404, 412."""
    stored = _existing(writer, name)
    check_etag(stored, if_match)
    writer.delete(stored)
    return Outcome(204, throughput.DELETE)


def _replace(writer: Writer, stored: Stored, document: Json, if_match: str) -> Outcome:
    check_etag(stored, if_match)
    row = writer.replace(stored, document)
    return Outcome(200, throughput.replace(len(row.body), _terms(document, writer)), row)


def _existing(writer: Writer, name: str) -> Stored:
    stored = writer.find(name)
    if stored is None:
        raise not_found()
    return stored


def check_etag(stored: Stored, if_match: str) -> None:
    """412 unless the stored version is the one that the caller knows."""
    if if_match not in ("", "*", stored.etag):
        raise precondition_failed()


def _terms(document: dict[str, Any], writer: Writer) -> int:
    return throughput.indexed_terms(document, writer.container)


# Requests


def create(context: Context, request: Request) -> Response:
    """201 with the item; 409 if the id is taken in its logical partition."""
    container, writer = _begin(context, request)
    with writer:
        outcome = create_in(writer, request.json())
    return _written(context, request, container, writer, outcome)


def upsert(context: Context, request: Request) -> Response:
    """201 if it was new, 200 if it was replaced; 412."""
    container, writer = _begin(context, request)
    with writer:
        outcome = upsert_in(writer, request.json(), request.header("if-match"))
    return _written(context, request, container, writer, outcome)


def replace(context: Context, request: Request) -> Response:
    """200 with the item; 404, 412."""
    container, writer = _begin(context, request)
    with writer:
        etag = request.header("if-match")
        outcome = replace_in(writer, request.item, request.json(), etag)
    return _written(context, request, container, writer, outcome)


def patch(context: Context, request: Request) -> Response:
    """200 with the item; 400, 404, 412."""
    container, writer = _begin(context, request)
    with writer:
        etag = request.header("if-match")
        outcome = patch_in(writer, request.item, request.json(), etag)
    return _written(context, request, container, writer, outcome)


def delete(context: Context, request: Request) -> Response:
    """204; 404, 412."""
    container, writer = _begin(context, request)
    with writer:
        outcome = delete_in(writer, request.item, request.header("if-match"))
    return _written(context, request, container, writer, outcome)


def read(context: Context, request: Request) -> Response:
    """200 with the item, 304 if the caller has this version, 404."""
    container = context.container(request)
    key = context.key(request, container)
    stored = find(context.store.sql, container, key, request.item, context.now)
    if stored is None:
        raise not_found()
    partition = container.partition_of(key.effective).number
    headers = context.headers(container, partition, throughput.read(len(stored.body)))
    headers["etag"] = stored.etag
    if request.header("if-none-match") == stored.etag:
        return Response(304, headers)
    return Response(200, headers, stored.body)


def _begin(context: Context, request: Request) -> tuple[Container, Writer]:
    container = context.container(request)
    if not request.header("x-ms-documentdb-partitionkey"):
        raise bad_request("PartitionKey value must be supplied for this operation.")
    key = context.key(request, container)
    return container, Writer(context.store, container, key, context.now)


def _written(
    context: Context, request: Request, container: Container, writer: Writer, outcome: Outcome
) -> Response:
    headers = context.headers(container, writer.partition.number, outcome.charge)
    if outcome.row is None:
        return Response(outcome.status, headers)
    headers["etag"] = outcome.row.etag
    return Response(outcome.status, headers, b"" if request.minimal else outcome.row.body)
