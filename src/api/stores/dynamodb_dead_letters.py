"""Dead letters of earlier versions, whose table was called `rejected`."""

# pyright: reportUnknownMemberType=false
# Off here because botocore is untyped.
from botocore.exceptions import ClientError

from api.stores.dynamodb_client import DynamoDBClient
from api.stores.dynamodb_errors import error_code
from api.stores.protocol import Conflict

_OLD, _NEW = "rejected", "dead_letters"


async def copy_rejected(client: DynamoDBClient) -> int:
    """Copy every item of the old table that the new one lacks. Returns how many."""
    copied = 0
    try:
        async for item in client.scan(_OLD, {}):
            if await client.get(_NEW, {"pk": item["pk"], "sk": item["sk"]}):
                continue
            try:
                await client.put(_NEW, item, "attribute_not_exists(pk)", {})
                copied += 1
            except Conflict:  # somebody else copied it meanwhile
                pass
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise  # there is no old table
    return copied
