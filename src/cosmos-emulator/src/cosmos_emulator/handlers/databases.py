"""Create, read, list and delete databases."""

from cosmos_emulator.containers import checked_name
from cosmos_emulator.context import Context, metadata
from cosmos_emulator.handlers import feeds, offers
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.resources import Owner


def create(context: Context, request: Request) -> Response:
    """Return 201 with the database, or 409 if a database already has this name."""
    throughput = offers.requested(context, request)
    database = context.storage.create_database(checked_name(request.json()), context.now)
    offers.store(context, Owner.of_database(database), throughput)
    return metadata(201, database, str(database["_etag"]))


def read(context: Context, request: Request) -> Response:
    """Return 200 with the database, or 404 if it is missing."""
    database = context.storage.database(request.database)
    return metadata(200, database, str(database["_etag"]))


def list_all(context: Context, request: Request) -> Response:
    """Return 200 with a page of databases."""
    return feeds.listed(request, "", "Databases", context.storage.databases())


def query(context: Context, request: Request) -> Response:
    """Return 200 with a page of the results of a query of databases."""
    return feeds.queried(request, "", "Databases", context.storage.databases())


def delete(context: Context, request: Request) -> Response:
    """Delete the database and its contents. Return 204, or 404 if the database is missing."""
    context.storage.database(request.database)
    context.storage.delete_database(request.database)
    return metadata(204, None)
