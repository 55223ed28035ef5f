"""Migration of dead letters from the table `rejected`, which earlier versions used."""

# pyright: reportUnknownMemberType=false
# Some Pyright checks are off in this module, because botocore has no type hints.
from contextlib import suppress

from botocore.exceptions import ClientError

from api.errors import ConfigurationError
from api.stores.dynamodb_client import DynamoDBClient
from api.stores.dynamodb_errors import error_code
from api.stores.protocol import Conflict

_OLD, _NEW = "rejected", "dead_letters"


async def copy_rejected(client: DynamoDBClient) -> int:
    """Copy the dead letters that exist only in the table `rejected`. Return their number."""
    copied = 0
    if not await _exists(client, _OLD):
        return 0
    if not await _exists(client, _NEW):
        raise ConfigurationError(f"The table {_NEW} does not exist. Run terraform apply first.")
    async for item in client.scan(_OLD, {}):
        if await client.get(_NEW, {"pk": item["pk"], "sk": item["sk"]}):
            continue
        with suppress(Conflict):  # another process has copied the item
            await client.put(_NEW, item, "attribute_not_exists(pk)", {})
            copied += 1
    return copied


async def _exists(client: DynamoDBClient, name: str) -> bool:
    try:
        await client.call("describe_table", TableName=client.table(name))
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            return False
        raise
    return True
