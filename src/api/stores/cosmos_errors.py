"""Conversion of errors from Azure's SDK to the errors that `Store` raises."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# Some Pyright checks are off in this module, because parts of Azure's SDK have no type hints.
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from azure.core.exceptions import AzureError
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

from api.stores.protocol import Conflict, Refused, StorageFull, Throttled, Unavailable

_CONFLICTS = (404, 409, 412)  # the document is missing, exists, or has changed
_REFUSALS = (400, 413)
_UNAVAILABLE = (401, 403, 408, 410, 449)  # 401, 403: a new role assignment takes minutes
_DISK_FULL = 507
_RETRY_AFTER_DEFAULT_MS = 1000


@contextmanager
def store_errors() -> Generator[None]:
    """Convert error responses and timeouts of Cosmos DB to the errors of `Store`.

    A 404 response becomes Conflict, because only writes that require an existing document receive a
    404 here. The error Refused means that this service sent an invalid or too large request;
    clients receive a 500.
    """
    try:
        yield
    except CosmosBatchOperationError as error:
        _raise(_batch_status(error), error)
    except CosmosHttpResponseError as error:
        _raise(error.status_code or 503, error)
    except AzureError as error:  # no response: connection refused, reset, timed out
        raise Unavailable(str(error)) from error


def _batch_status(error: Any) -> int:
    return error.operation_responses[error.error_index]["statusCode"]


def _raise(status: int, error: AzureError) -> None:
    if status in _CONFLICTS:
        raise Conflict from error
    if status in _REFUSALS:
        raise Refused(str(error)) from error
    if status == 429:  # noqa: PLR2004 - an HTTP status
        raise Throttled(_retry_after_seconds(error)) from error
    if status in _UNAVAILABLE or status >= 500:  # noqa: PLR2004
        raise unavailable(status, str(error)) from error
    raise error


def unavailable(status: int, reason: str) -> Unavailable:
    """Return the error for an unavailable service or, with the emulator, for a full disk."""
    return StorageFull(reason) if status == _DISK_FULL else Unavailable(reason)


def _retry_after_seconds(error: Any) -> float:
    headers = error.headers or {}
    return int(headers.get("x-ms-retry-after-ms", _RETRY_AFTER_DEFAULT_MS)) / 1000
