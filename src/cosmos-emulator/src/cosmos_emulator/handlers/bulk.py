"""Bulk requests: up to 100 operations on one physical partition, each with its own partition key.

Unlike the operations of a batch, these succeed or fail one by one. The SDKs for JavaScript and .NET
send them; https://learn.microsoft.com/azure/cosmos-db/tutorial-dotnet-bulk-import describes them.
"""

from cosmos_emulator.containers import Container
from cosmos_emulator.context import Context
from cosmos_emulator.errors import CosmosError, bad_request
from cosmos_emulator.handlers import batch, items
from cosmos_emulator.handlers.batch import FAILED_DEPENDENCY, TOO_DEEP
from cosmos_emulator.handlers.items import ItemResult, Operation
from cosmos_emulator.items import Writer
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.partitions import Key
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.routing import Target, is_whole

MULTI_STATUS = 207


def execute(context: Context, request: Request) -> Response:
    """Return 200 with a result for each operation, or 207 if an operation failed.

    An operation after a failed one has status 424 if the client asks to stop after a failure.
    """
    container = context.container(request)
    target = Target.of(request, container)
    operations = batch.operations_of(request)
    goes_on = request.flag("x-ms-cosmos-batch-continue-on-error")
    results = list[ItemResult]()
    with context.storage.commits.group():
        for operation in operations:
            if results and results[-1].status >= 400 and not goes_on:  # noqa: PLR2004
                results.append(ItemResult(FAILED_DEPENDENCY, 0.0))
            else:
                results.append(_apply(context, container, target, operation))
    charge = round(sum(result.charge for result in results), 2)
    headers = context.headers(container, target.home.number, charge)
    texts = [batch.result_text(result, minimal=request.minimal) for result in results]
    failed = any(result.status >= 400 for result in results)  # noqa: PLR2004  an error's status
    return Response(MULTI_STATUS if failed else 200, headers, b"[" + b",".join(texts) + b"]")


def _apply(
    context: Context, container: Container, target: Target, operation: Operation
) -> ItemResult:
    try:
        key = _key(container, operation) if "partitionKey" in operation else target.key
        if key is None:
            raise bad_request("PartitionKey value must be supplied for this operation.")
        writer = Writer(context.storage, container, key, context.now)
        with writer.transaction():
            return items.apply(writer, operation)
    except CosmosError as error:
        return ItemResult(error.status, error.charge)
    except (QueryError, *TOO_DEEP):
        return ItemResult(400, 1.0)


def _key(container: Container, operation: Operation) -> Key:
    key = container.partition_key.key_from_header(str(operation["partitionKey"]))
    if not is_whole(container, key):
        raise bad_request("The partition key of the operation is incomplete.", substatus=1001)
    return key
