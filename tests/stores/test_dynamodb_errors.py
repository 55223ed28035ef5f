"""Errors of DynamoDB become errors of the store."""

from contextlib import suppress
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from api.auth.exchange import grant_of_api_key
from api.backends import open_dynamodb
from api.domain.events import DayBatch
from api.domain.reference import ApiKey, Organization, hash_api_key
from api.domain.rollups import Rollup
from api.stores.protocol import Conflict, Refused, Store, Throttled, Unavailable
from tests.contract.samples import ORG, event
from tests.stores.conftest import refusal
from tests.support import START

ACME = Organization("org_acme", "Acme", "pro", "2026-01-01T00:00:00.000000Z")
CODES = {
    "ProvisionedThroughputExceededException": Throttled,
    "ThrottlingException": Throttled,
    "RequestLimitExceeded": Throttled,
    "TransactionInProgressException": Throttled,
    "TransactionConflictException": Conflict,
    "ValidationException": Refused,
    # A function may run before its new permission takes effect.
    "AccessDeniedException": Unavailable,
    "UnrecognizedClientException": Unavailable,
    "ExpiredTokenException": Unavailable,
    "InvalidSignatureException": Unavailable,
    "MissingAuthenticationTokenException": Unavailable,
    "ResourceNotFoundException": ClientError,
}
REASONS = {
    ("None", "ConditionalCheckFailed"): Conflict,
    ("ThrottlingError", "ConditionalCheckFailed"): Conflict,
    ("TransactionConflict", "None"): Conflict,
    ("ThrottlingError", "None"): Throttled,
    ("ProvisionedThroughputExceeded",): Throttled,
    ("ValidationError", "None"): Refused,
    ("None", "AccessDenied"): Unavailable,
}


@pytest.mark.parametrize(("code", "expected"), CODES.items())
async def test_an_error_of_one_operation(dynamodb: Store, stub_operation, code, expected):
    def refuse(request):
        return refusal(request, code)

    with stub_operation(dynamodb, "PutItem", refuse), pytest.raises(expected):
        await dynamodb.create(ACME)


@pytest.mark.parametrize(("reasons", "expected"), REASONS.items())
async def test_a_cancelled_transaction(dynamodb: Store, stub_operation, reasons, expected):
    def cancel(request):
        codes = [{"Code": reason} for reason in reasons]
        return refusal(request, "TransactionCanceledException", CancellationReasons=codes)

    batch = DayBatch(ORG, "2026-03-01", [event(1)], None)
    with stub_operation(dynamodb, "TransactWriteItems", cancel), pytest.raises(expected):
        await dynamodb.append(batch)


async def test_a_key_is_exchanged_without_the_permission_to_record_its_use(
    dynamodb: Store, stub_operation, caplog
):
    await dynamodb.create(ACME)
    key = ApiKey(hash_api_key("ak_new"), "org_acme", "secret", "server", ACME.created_at)
    await dynamodb.create(key)

    def deny(request):
        return refusal(request, "AccessDeniedException")

    with stub_operation(dynamodb, "PutItem", deny):
        grant = await grant_of_api_key(dynamodb, "ak_new", now=START, is_local=False)

    assert grant.org_id == "org_acme"
    [record] = [each for each in caplog.records if each.name == "api.auth.exchange"]
    assert record.fields["org_id"] == "org_acme"
    assert "AccessDenied" in record.fields["reason"]


async def test_a_failing_server(dynamodb: Store, stub_operation):
    def fail(request):
        return refusal(request, "InternalServerError", 500)

    with stub_operation(dynamodb, "DescribeTable", fail), pytest.raises(Unavailable):
        await dynamodb.check()


async def test_a_write_whose_response_was_lost_is_stored_once(dynamodb: Store, stub_operation):
    """botocore retries automatically and finds the item that it wrote."""
    deliver = DeliverAndLoseResponse()
    with stub_operation(dynamodb, "PutItem", deliver):
        stored = await dynamodb.create(ACME)

    assert deliver.sent == 2
    assert await dynamodb.read(Organization, "org_acme") == stored
    with pytest.raises(Conflict):
        await dynamodb.create(ACME)


async def test_a_deletion_whose_response_was_lost_succeeds(dynamodb: Store, stub_operation):
    stored = await dynamodb.create(ACME)
    deliver = DeliverAndLoseResponse()
    with stub_operation(dynamodb, "DeleteItem", deliver):
        await dynamodb.delete(Organization, "org_acme", version=stored.version)

    assert deliver.sent == 2
    assert await dynamodb.read(Organization, "org_acme") is None
    with pytest.raises(Conflict):
        await dynamodb.delete(Organization, "org_acme", version=stored.version)


async def test_a_deletion_of_another_version_conflicts_after_a_retry(
    dynamodb: Store, stub_operation
):
    stored = await dynamodb.create(ACME)
    await dynamodb.replace(ACME, version=stored.version)
    deliver = DeliverAndLoseResponse()
    with stub_operation(dynamodb, "DeleteItem", deliver), pytest.raises(Conflict):
        await dynamodb.delete(Organization, "org_acme", version=stored.version)

    assert deliver.sent == 2
    assert await dynamodb.read(Organization, "org_acme")


class DeliverAndLoseResponse:
    """Delivers the first request to moto and loses the response; moto responds to the others."""

    def __init__(self):
        self.sent = 0

    def __call__(self, request):
        self.sent += 1
        if self.sent > 1:
            return
        headers = {name: text(value) for name, value in request.headers.items()}
        with suppress(HTTPError), urlopen(Request(request.url, request.body, headers)):  # noqa: S310 - moto's
            pass
        raise ReadTimeoutError(endpoint_url=request.url)


def text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


async def test_an_unreachable_server_is_unavailable(settings, clock):
    settings = type(settings)(dynamodb_endpoint="http://127.0.0.1:9")

    with pytest.raises(Unavailable):
        async with open_dynamodb(settings, now=clock):
            pass


async def test_a_rollup_beyond_400_kilobytes_is_refused(dynamodb: Store):
    rollup = Rollup(ORG, "2026-03-01", 1, {}, sketch=bytes(400_000))

    with pytest.raises(Refused):
        await dynamodb.fold(rollup, version=None, deltas=[])
