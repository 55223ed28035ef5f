"""Requests for offers (provisioned throughput), which serverless accounts don't support."""

from cosmos_emulator.context import Context
from cosmos_emulator.errors import bad_request
from cosmos_emulator.messages import Request, Response


def query(_context: Context, _request: Request) -> Response:
    """Raise 400 for a query of offers, as a serverless account does."""
    raise bad_request("Reading or replacing offers is not supported for serverless accounts.")
