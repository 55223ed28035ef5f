"""Conversion of DynamoDB's errors to those of `Store`."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# Off here because botocore is untyped.
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
)

from api import telemetry
from api.stores.protocol import Conflict, Refused, Throttled, Unavailable

# Codes without the suffixes Exception and Error: the reasons of a transaction have no suffix or
# the second one.
_CONFLICTS = {"ConditionalCheckFailed", "TransactionConflict"}
_THROTTLES = {
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "Throttling",
    "TransactionInProgress",
}
_REFUSALS = {"Validation"}  # malformed, or beyond 400 KB an item, 4 MB a transaction
_NO_ANSWER = (ConnectionError, HTTPClientError, NoCredentialsError, CredentialRetrievalError)
_RETRY_AFTER_SECONDS = 1.0  # DynamoDB does not say when


@contextmanager
def store_errors() -> Generator[None]:
    """Raise the service's error responses and timeouts as the errors of `Store`.

    A concurrent transaction on the same items is a conflict. Other faults of this code pass through
    and become a 500.
    """
    try:
        yield
    except ClientError as error:
        raise _translated(error) from error
    except _NO_ANSWER as error:
        raise Unavailable(str(error)) from error


def error_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def item_in_the_way(conflict: Conflict) -> dict[str, Any] | None:
    """Return the item that made a condition fail, if the request asked for it."""
    cause = conflict.__cause__
    return cause.response.get("Item") if isinstance(cause, ClientError) else None


def _translated(error: ClientError) -> Exception:
    codes = _codes(error)
    if codes & _CONFLICTS:
        return Conflict()
    if codes & _THROTTLES:
        telemetry.count_throttle("dynamodb")
        return Throttled(_RETRY_AFTER_SECONDS)
    if codes & _REFUSALS:
        return Refused(str(error))
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:  # noqa: PLR2004
        return Unavailable(str(error))
    return error


def _codes(error: ClientError) -> set[str]:
    """Return the error codes: one, or one for each operation of a transaction."""
    reasons = error.response.get("CancellationReasons") or [{"Code": error_code(error)}]
    codes = {reason.get("Code", "") for reason in reasons}
    return {code.removesuffix("Exception").removesuffix("Error") for code in codes}
