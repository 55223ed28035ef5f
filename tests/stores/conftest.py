"""Fixtures: the app on DynamoDB, and a stub for responses of AWS that moto can't give."""

import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from fastapi import FastAPI

from api.app import create_app
from api.backends import open_dynamodb
from api.settings import Settings
from api.stores.dynamodb import DynamoDBStore
from tests.stores.moto import aws, dynamodb, moto_server, on_dynamodb
from tests.support import ManualClock

__all__ = ["aws", "dynamodb", "moto_server", "on_dynamodb"]


@pytest.fixture
async def app(on_dynamodb: Settings, clock: ManualClock) -> AsyncGenerator[FastAPI]:
    app = create_app(
        on_dynamodb, open_store=lambda s: open_dynamodb(s, now=clock), now=clock, folds=False
    )
    async with app.router.lifespan_context(app):
        yield app


class _Body(BytesIO):
    """A response body in the form that botocore reads."""

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def refusal(request: AWSRequest, code: str, status: int = 400, **members: object) -> AWSResponse:
    """Return an error in DynamoDB's format."""
    error = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code} | members
    return AWSResponse(request.url, status, {}, _Body(json.dumps(error).encode()))


@pytest.fixture
def stub_operation():
    """Return a context manager that replaces the responses to an operation.

    If `respond(request)` returns None, moto responds.
    """

    @contextmanager
    def stub_operation(store: DynamoDBStore, operation: str, respond: Callable) -> Iterator[None]:
        events = store._client._client("dynamodb").meta.events
        name = f"before-send.dynamodb.{operation}"

        def hook(request: AWSRequest, **_: object) -> AWSResponse | None:
            return respond(request)

        events.register(name, hook)
        try:
            yield
        finally:
            events.unregister(name, hook)

    return stub_operation
