"""Create, read, list and delete databases."""

from cosmos_emulator.containers import checked_name
from cosmos_emulator.context import Context, metadata
from cosmos_emulator.errors import bad_request
from cosmos_emulator.messages import Request, Response


def create(context: Context, request: Request) -> Response:
    """Return 201 with the database, or 409 if a database already has this name."""
    refuse_throughput(request)
    database = context.storage.create_database(checked_name(request.json()), context.now)
    return metadata(201, database, str(database["_etag"]))


def read(context: Context, request: Request) -> Response:
    """Return 200 with the database, or 404 if it is missing."""
    database = context.storage.database(request.database)
    return metadata(200, database, str(database["_etag"]))


def list_all(context: Context, _request: Request) -> Response:
    """Return 200 with all databases on one page."""
    databases = context.storage.databases()
    return metadata(200, {"_rid": "", "Databases": databases, "_count": len(databases)})


def delete(context: Context, request: Request) -> Response:
    """Delete the database and its contents. Return 204, or 404 if the database is missing."""
    context.storage.database(request.database)
    context.storage.delete_database(request.database)
    return metadata(204, None)


def refuse_throughput(request: Request) -> None:
    """Raise 400 for a request with provisioned throughput, as a serverless account does."""
    if request.header("x-ms-offer-throughput") or request.header(
        "x-ms-cosmos-offer-autopilot-settings"
    ):
        raise bad_request(
            "Setting offer throughput or autopilot on container is not supported for serverless"
            " accounts."
        )
