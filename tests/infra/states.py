"""Keep the states of Terraform in files, which it reads and writes over HTTP.

Terraform's local backend writes the whole state after every resource, which took more than half of
the time of an `apply`. Its HTTP backend writes the state at the end.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _States(BaseHTTPRequestHandler):
    """The path of a request is the absolute path of a file."""

    @property
    def _file(self) -> Path:
        return Path(unquote(urlsplit(self.path).path))

    def do_GET(self) -> None:
        self._respond(self._file.read_bytes() if self._file.exists() else None)

    def do_POST(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        self._respond(b"")

    def _respond(self, body: bytes | None) -> None:
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
        """Log nothing."""


@contextmanager
def serve_states() -> Iterator[str]:
    """Yield an address. The state of the file `/folder/name` is at `<address>/folder/name`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _States) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
