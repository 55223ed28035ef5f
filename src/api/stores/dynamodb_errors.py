"""Conversion of errors from DynamoDB to the errors that `Store` raises."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# Some Pyright checks are off in this module, because botocore has no type hints.
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

# DynamoDB's error codes without the suffixes Exception and Error, because the same error code has
# different suffixes in responses and in the cancellation reasons of a transaction.
_CONFLICTS = {"ConditionalCheckFailed", "TransactionConflict"}
_THROTTLES = {
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "Throttling",
    "TransactionInProgress",
}
_REFUSALS = {"Validation"}  # malformed, or over 400 KB per item or 4 MB per transaction
# IAM applies a new permission, and credentials that were renewed, only after some time.
_DENIALS = {
    "AccessDenied",
    "ExpiredToken",
    "InvalidSignature",
    "MissingAuthenticationToken",
    "UnrecognizedClient",
}
_NO_RESPONSE = (ConnectionError, HTTPClientError, NoCredentialsError, CredentialRetrievalError)
_RETRY_AFTER_SECONDS = 1.0  # DynamoDB's responses don't contain a delay


@contextmanager
def store_errors() -> Generator[None]:
    """Convert error responses and timeouts of DynamoDB to the errors of `Store`.

    The error for a concurrent transaction on the same items becomes Conflict. Unknown errors are
    not converted; clients receive a 500.
    """
    try:
        yield
    except ClientError as error:
        raise _translated(error) from error
    except _NO_RESPONSE as error:
        raise Unavailable(str(error)) from error


def error_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def conflicting_item(conflict: Conflict) -> dict[str, Any] | None:
    """Return the stored item that made a condition fail, if DynamoDB's response contains it."""
    cause = conflict.__cause__
    return cause.response.get("Item") if isinstance(cause, ClientError) else None


def was_retried(conflict: Conflict) -> bool:
    """Return whether botocore repeated the request, for example because a response was lost."""
    cause = conflict.__cause__
    metadata = cause.response.get("ResponseMetadata", {}) if isinstance(cause, ClientError) else {}
    return metadata.get("RetryAttempts", 0) > 0


def _translated(error: ClientError) -> Exception:
    codes = _codes(error)
    if codes & _CONFLICTS:
        return Conflict()
    if codes & _THROTTLES:
        telemetry.count_throttle("dynamodb")
        return Throttled(_RETRY_AFTER_SECONDS)
    if codes & _REFUSALS:
        return Refused(str(error))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if codes & _DENIALS or status >= 500:  # noqa: PLR2004
        return Unavailable(str(error))
    return error


def _codes(error: ClientError) -> set[str]:
    """Return DynamoDB's error code or, for a transaction, the error codes of all its operations."""
    reasons = error.response.get("CancellationReasons") or [{"Code": error_code(error)}]
    codes = {reason.get("Code", "") for reason in reasons}
    return {code.removesuffix("Exception").removesuffix("Error") for code in codes}
