"""Execute stored procedures: https://learn.microsoft.com/rest/api/cosmos-db/execute-a-stored-procedure."""

import orjson

from cosmos_emulator.context import Context
from cosmos_emulator.errors import bad_request
from cosmos_emulator.handlers import items
from cosmos_emulator.items import Writer
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query.values import Json, is_array
from cosmos_emulator.resources import Owner
from cosmos_emulator.scripts import execution
from cosmos_emulator.scripts.collection import Collection
from cosmos_emulator.scripts.execution import Call
from cosmos_emulator.throughput import METADATA

LOGGING = "x-ms-documentdb-script-enable-logging"
LOG = "x-ms-documentdb-script-log-results"


def execute(context: Context, request: Request) -> Response:
    """Return 200 with the body that the stored procedure sets.

    All its writes belong to one transaction, which an exception in the script rolls back.
    """
    container = context.container(request)
    owner, name = Owner.of_container(container), request.segments[-1]
    procedure = context.storage.resources.find(owner, "sprocs", name)
    writer = Writer(context.storage, container, context.key(request, container), context.now)
    functions = context.functions(container)
    collection = Collection(context.storage, writer, items.apply, functions, context.clock())
    call = Call(str(procedure["body"]), _parameters(request))
    with writer.transaction():
        outcome = execution.run(context.engine, container, collection, call)
    charge = round(max(METADATA, collection.charge), 2)
    headers = context.headers(container, writer.partition, charge)
    if request.flag(LOGGING):
        headers[LOG] = outcome.log_header()
    body = orjson.dumps(outcome.response["body"]) if "body" in outcome.response else b""
    return Response(200, headers, body)


def _parameters(request: Request) -> list[Json]:
    parameters: Json = request.json() if request.body else []
    if not is_array(parameters):
        raise bad_request("The parameters of a stored procedure must be a JSON array.")
    return parameters
