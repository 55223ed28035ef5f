"""Fixtures to import: moto's AWS server on loopback and a DynamoDB store on it."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from threading import Thread
from urllib.request import Request, urlopen

import pytest
from botocore.config import Config
from botocore.loaders import create_loader
from botocore.session import Session
from moto.server import create_backend_app
from werkzeug.serving import make_server

from api.backends import open_dynamodb
from api.settings import Settings
from api.stores import dynamodb_client
from api.stores.protocol import Store
from scripts.hosts.moto_server import Dispatcher, Quiet
from tests.support import ManualClock


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """Start moto and return its address; it serves one request at a time, without locks.

    All sessions of botocore share one loader. Loading the models again takes a fifth of the time of
    a short test.
    """
    app = Dispatcher(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=False, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    loader = create_loader()

    def open_session() -> Session:
        session = Session()
        session.register_component("data_loader", loader)
        return session

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dynamodb_client, "Session", open_session)
            yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def aws(moto_server: str) -> str:
    """Reset moto's server and return its address."""
    with urlopen(Request(f"{moto_server}/moto-api/reset", method="POST")):  # noqa: S310 - our own
        return moto_server


@pytest.fixture
def on_dynamodb(settings: Settings, aws: str) -> Settings:
    return replace(settings, store="dynamodb", dynamodb_endpoint=aws)


@pytest.fixture
async def dynamodb(
    on_dynamodb: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Store]:
    # moto needs seconds for a transaction when other processes use the machine.
    patient = dynamodb_client.CONFIG.merge(Config(read_timeout=120))
    monkeypatch.setattr(dynamodb_client, "CONFIG", patient)
    async with open_dynamodb(on_dynamodb, now=clock) as store:
        yield store
