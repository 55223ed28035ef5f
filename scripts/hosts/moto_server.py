"""Serve an in-memory DynamoDB (moto) on loopback: `python -m scripts.hosts.moto_server PORT`.

The server handles one request at a time, because moto's tables have no locks. The server is fast
enough for up to a thousand items, but slower with larger tables.
"""

import sys

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class _Quiet(WSGIRequestHandler):
    """A request handler that logs nothing."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


if __name__ == "__main__":
    app = DomainDispatcherApplication(create_backend_app)
    make_server(
        "127.0.0.1", int(sys.argv[1]), app, threaded=False, request_handler=_Quiet
    ).serve_forever()
