"""AWS on loopback: moto's server, emptied for every test."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from urllib.request import Request, urlopen

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


@contextmanager
def serve_moto() -> Iterator[str]:
    """Its address. One request at a time, as moto's tables have no locks."""
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=False)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def empty_moto(url: str) -> None:
    with urlopen(Request(f"{url}/moto-api/reset", method="POST")):  # noqa: S310 - our own server
        pass
