"""Errors in Cosmos DB's format: a status, an optional substatus and a JSON body."""

import orjson

CODES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "RequestTimeout",
    409: "Conflict",
    410: "Gone",
    412: "PreconditionFailed",
    413: "RequestEntityTooLarge",
    429: "TooManyRequests",
    449: "RetryWith",
    503: "ServiceUnavailable",
    507: "InsufficientStorage",
}


class CosmosError(Exception):
    """The error of a failed request or of a failed operation in a batch."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        substatus: int = 0,
        charge: float = 1.0,
        info: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.substatus = substatus
        self.charge = charge
        self.info = info  # a query plan, for clients that don't request one

    def body(self, activity_id: str) -> bytes:
        """Return `{"code", "message"}`, with a message in the format of Cosmos DB's gateway."""
        errors = orjson.dumps({"Errors": [self.message]}).decode()
        message = f"Message: {errors}\r\nActivityId: {activity_id}"
        body = {"code": CODES.get(self.status, str(self.status)), "message": message}
        return orjson.dumps(body | ({"additionalErrorInfo": self.info} if self.info else {}))


def bad_request(message: str, *, substatus: int = 0) -> CosmosError:
    return CosmosError(400, message, substatus=substatus)


def cross_partition_disabled() -> CosmosError:
    """Return the 400 error for a query of all partitions that the client doesn't permit."""
    return bad_request(
        "Cross partition query is required but disabled. Please set"
        " x-ms-documentdb-query-enablecrosspartition to true, specify"
        " x-ms-documentdb-partitionkey, or revise your query to avoid this exception."
    )


def unauthorized(message: str, substatus: int = 0) -> CosmosError:
    return CosmosError(401, message, substatus=substatus, charge=0)


def forbidden(message: str, substatus: int = 0) -> CosmosError:
    return CosmosError(403, message, substatus=substatus, charge=0)


def not_found(substatus: int = 0) -> CosmosError:
    message = "Resource Not Found. Learn more: https://aka.ms/cosmosdb-tsg-not-found"
    return CosmosError(404, message, substatus=substatus)


def owner_not_found() -> CosmosError:
    """Return the 404 error for an item whose database or container is missing."""
    return CosmosError(404, "Owner resource does not exist", substatus=1003)


def conflict(message: str = "Resource with specified id or name already exists.") -> CosmosError:
    return CosmosError(409, message)


def precondition_failed() -> CosmosError:
    return CosmosError(412, "One of the specified pre-condition is not met")


def too_large(message: str = "Request size is too large") -> CosmosError:
    return CosmosError(413, message)
