"""Read the endpoint and the consistency level of the account."""

from cosmos_emulator.context import Context, metadata
from cosmos_emulator.messages import Request, Response


def read(context: Context, _request: Request) -> Response:
    """Return 200 with the account, including the endpoint for all later requests of the client."""
    here = [{"name": "Local", "databaseAccountEndpoint": context.endpoint}]
    account = {
        "_self": "",
        "id": "local",
        "_rid": "local",
        "media": "//media/",
        "addresses": "//addresses/",
        "_dbs": "//dbs/",
        "writableLocations": here,
        "readableLocations": here,
        "enableMultipleWriteLocations": False,
        "userReplicationPolicy": {"minReplicaSetSize": 1, "maxReplicasetSize": 1},
        "userConsistencyPolicy": {"defaultConsistencyLevel": "Session"},
        "readPolicy": {"primaryReadCoefficient": 1, "secondaryReadCoefficient": 1},
    }
    return metadata(200, account)
