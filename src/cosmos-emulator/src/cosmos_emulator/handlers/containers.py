"""Create, read, list, replace and delete containers, and list their physical partitions."""

from typing import Any

import orjson

from cosmos_emulator.containers import Container, complete
from cosmos_emulator.context import Context, metadata
from cosmos_emulator.errors import bad_request
from cosmos_emulator.handlers import feeds, offers
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.resources import Owner


def create(context: Context, request: Request) -> Response:
    """Return 201 with the container.

    Raises 404 if the database is missing, and 409 if a container already has this name.
    """
    definition = complete(request.json())
    database = context.storage.database(request.database)
    throughput = offers.of_new_container(context, request, database)
    container = context.storage.create_container(
        request.database,
        definition,
        context.now,
        throughput.new_partitions if throughput else 1,
    )
    offers.store(context, Owner.of_container(container), throughput)
    return _response(201, container)


def read(context: Context, request: Request) -> Response:
    """Return 200 with the container, or 404 if it is missing."""
    container = context.storage.container(request.database, request.container)
    response = _response(200, container)
    if request.flag("x-ms-documentdb-populatepartitionstatistics"):
        statistics = _statistics(context, container)
        response.body = orjson.dumps(orjson.loads(response.body) | {"statistics": statistics})
    if request.flag("x-ms-documentdb-populatequotainfo"):
        response.headers |= _quota(context, container)
    return response


def _statistics(context: Context, container: Container) -> list[dict[str, Any]]:
    """Return the size of each physical partition in KB."""
    rows = context.storage.sql.execute(
        "SELECT partition, COUNT(*), SUM(LENGTH(body))"  # noqa: S608  only the table's name
        f' FROM "{container.table.name}" GROUP BY partition'
    )
    sizes = {number: (count, size) for number, count, size in rows}
    empty = (0, 0)
    return [
        {
            "id": str(partition.number),
            "documentCount": sizes.get(partition.number, empty)[0],
            "sizeInKB": sizes.get(partition.number, empty)[1] >> 10,
            "sampledDistinctPartitionKeyCount": 0,
            "partitionKeys": [],
        }
        for partition in container.partitions
    ]


def _quota(context: Context, container: Container) -> dict[str, str]:
    """Return how much a container may store, and how much it stores (sizes in KB)."""
    [(count, size)] = context.storage.sql.execute(
        f'SELECT COUNT(*), COALESCE(SUM(LENGTH(body)), 0) FROM "{container.table.name}"'  # noqa: S608  only the table's name
    )
    usage = f"documentSize={size >> 20};documentsSize={size >> 10};documentsCount={count};"
    return {
        "x-ms-documentdb-collection-index-transformation-progress": "100",  # percent
        "x-ms-resource-quota": "documentSize=20480;documentsSize=20971520;documentsCount=-1;"
        "collectionSize=20971520;",
        "x-ms-resource-usage": f"{usage}collectionSize={size >> 10};",
    }


def list_all(context: Context, request: Request) -> Response:
    """Return 200 with a page of containers, or 404 if the database is missing."""
    rid = str(context.storage.database(request.database)["_rid"])
    return feeds.listed(request, rid, "DocumentCollections", _described(context, request))


def query(context: Context, request: Request) -> Response:
    """Return 200 with a page of the results of a query of containers."""
    rid = str(context.storage.database(request.database)["_rid"])
    return feeds.queried(request, rid, "DocumentCollections", _described(context, request))


def _described(context: Context, request: Request) -> list[dict[str, Any]]:
    return [_describe(container) for container in context.storage.containers(request.database)]


def replace(context: Context, request: Request) -> Response:
    """Return 200 with the changed container, or 404 if it is missing.

    The new indexing policy and the new time to live apply immediately to stored items too.
    """
    container = context.storage.container(request.database, request.container)
    definition = complete(request.json())
    fixed = ("id", "partitionKey", "uniqueKeyPolicy")
    if any(definition.get(name) != container.definition.get(name) for name in fixed):
        raise bad_request("Document collection partition key or unique keys cannot be changed.")
    return _response(200, context.storage.replace_container(container, definition, context.now))


def delete(context: Context, request: Request) -> Response:
    """Delete the container and its items. Return 204, or 404 if the container is missing."""
    context.storage.delete_container(context.storage.container(request.database, request.container))
    return metadata(204, None)


def partition_key_ranges(context: Context, request: Request) -> Response:
    """Return 200 with the physical partitions, or 304 if the client already has them."""
    container = context.container(request)
    etag = f'"{container.number}-{container.next_partition}"'
    if request.header("if-none-match") == etag:
        return metadata(304, None, etag)
    ranges = [
        {"_rid": f"{container.rid}{partition.number}", **partition.describe()}
        for partition in container.partitions
    ]
    body = {"_rid": container.rid, "PartitionKeyRanges": ranges, "_count": len(ranges)}
    return metadata(200, body, etag)


def _describe(container: Container) -> dict[str, Any]:
    links = {
        "_rid": container.rid,
        "_self": container.link,
        "_docs": "docs/",
        "_sprocs": "sprocs/",
        "_triggers": "triggers/",
        "_udfs": "udfs/",
        "_conflicts": "conflicts/",
    }
    return {**container.definition, **links}


def _response(status: int, container: Container) -> Response:
    response = metadata(status, _describe(container), container.definition["_etag"])
    response.headers["x-ms-alt-content-path"] = f"dbs/{container.database}"
    return response
