"""moto's S3 on loopback, which records the requests, and a lake in a bucket on it."""

from collections.abc import Iterable, Iterator
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.session import get_session
from moto.server import create_backend_app
from werkzeug.serving import make_server

from api.lake.storage import LakeStorage, Options
from scripts.hosts.moto_server import Dispatcher, Quiet

_SAME_NAME = {"DELETE": "DeleteObject", "PUT": "PutObject", "HEAD": "GetObject"}


class RecordingS3:
    """A WSGI app that records the permission that each request needs, and the object's key."""

    def __init__(self) -> None:
        self._app = Dispatcher(create_backend_app)
        self.requests: list[tuple[str, str]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        _, bucket, key = [*environ["PATH_INFO"].split("/", 2), ""][:3]
        if bucket == "lake":
            self.requests.append((f"s3:{_action(environ['REQUEST_METHOD'], key, query)}", key))
        return self._app(environ, start_response)


def _action(method: str, key: str, query: dict[str, list[str]]) -> str:
    if method == "DELETE" and "uploadId" in query:
        return "AbortMultipartUpload"
    if method == "POST":
        return "DeleteObject" if "delete" in query else "PutObject"  # parts of an upload
    if method == "GET":
        return "GetObject" if key else "ListBucket"
    return _SAME_NAME[method]


@pytest.fixture
def s3() -> Iterator[tuple[RecordingS3, LakeStorage]]:
    """Yield the recorded requests and a lake in an empty bucket."""
    app = RecordingS3()
    server = make_server("127.0.0.1", 0, app, threaded=False, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        storage = bucket(f"http://127.0.0.1:{server.server_port}")
        app.requests.clear()
        yield app, storage
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def bucket(address: str) -> LakeStorage:
    """Create a bucket on moto's server and return the lake in it."""
    known: Options = {
        "endpoint": address,
        "access_key_id": "test",
        "secret_access_key": "test",
        "region": "us-east-1",
    }

    async def credentials() -> Options:
        return known

    client = get_session().create_client(
        "s3",
        endpoint_url=address,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="lake")
    return LakeStorage("s3://lake", credentials, allows_http=True)
