"""The account itself: where it is and what it guarantees."""

from cosmos_emulator.context import Context, metadata
from cosmos_emulator.messages import Request, Response


def read(context: Context, _request: Request) -> Response:
    """The account; its endpoint must be the one that the client used, or the client moves there."""
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
