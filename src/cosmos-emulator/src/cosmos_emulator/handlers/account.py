"""Read the endpoint and the consistency level of the account."""

from urllib.parse import urlsplit

import orjson

from cosmos_emulator.consistency import ACCOUNT_LEVEL
from cosmos_emulator.context import Context, metadata
from cosmos_emulator.messages import Request, Response

# The SDKs for .NET and Java read these limits before their first query.
QUERY_ENGINE = {
    "maxSqlQueryInputLength": 262_144,
    "maxJoinsPerSqlQuery": 10,
    "maxLogicalAndPerSqlQuery": 2_000,
    "maxLogicalOrPerSqlQuery": 2_000,
    "maxUdfRefPerSqlQuery": 10,
    "maxInExpressionItemsCount": 16_000,
    "queryMaxInMemorySortDocumentCount": 500,
    "maxQueryRequestTimeoutFraction": 0.9,
    "sqlAllowNonFiniteNumbers": False,
    "sqlAllowAggregateFunctions": True,
    "sqlAllowSubQuery": True,
    "sqlAllowScalarSubQuery": True,
    "allowNewKeywords": True,
    "sqlAllowLike": True,
    "sqlAllowGroupByClause": True,
    "maxSpatialQueryCells": 12,
    "spatialMaxGeometryPointCount": 256,
    "sqlDisableOptimizationFlags": 0,
    "sqlAllowTop": True,
    "enableSpatialIndexing": True,
}


def read(context: Context, request: Request) -> Response:
    """Return 200 with the account, including the endpoint for all later requests of the client."""
    here = [{"name": "Local", "databaseAccountEndpoint": _endpoint(context, request)}]
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
        "userConsistencyPolicy": {"defaultConsistencyLevel": ACCOUNT_LEVEL},
        "systemReplicationPolicy": {"minReplicaSetSize": 1, "maxReplicasetSize": 1},
        "readPolicy": {"primaryReadCoefficient": 1, "secondaryReadCoefficient": 1},
        "queryEngineConfiguration": orjson.dumps(QUERY_ENGINE).decode(),
    }
    return metadata(200, account)


def _endpoint(context: Context, request: Request) -> str:
    """Return the address of the account under the name with which the client reached it.

    Clients use this address from then on, and a server may have several names.
    """
    host = request.header("host")
    return f"{urlsplit(context.endpoint).scheme}://{host}/" if host else context.endpoint
