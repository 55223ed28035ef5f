"""Serve a simulated AWS (moto) in memory on loopback: `python -m scripts.hosts.moto_server PORT`.

The server handles one request at a time, because moto's tables have no locks. The server is fast
enough for up to a thousand items, but slower with larger tables.
"""

import sys
from contextlib import suppress
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils
from moto.kms.utils import RSAPrivateKey
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Dispatcher(DomainDispatcherApplication):
    """The dispatcher of moto, which otherwise lists all its modules in every request."""

    get_backend_for_host = cache(DomainDispatcherApplication.get_backend_for_host)


class Quiet(WSGIRequestHandler):
    """A request handler that logs nothing."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        del code, size


def sign_digest(key: Any, digest: bytes, signing_algorithm: str) -> bytes:
    """Sign a digest without hashing it, as KMS does with `MessageType: DIGEST`.

    moto ignores `MessageType` and would hash the digest.
    """
    if signing_algorithm != "RSASSA_PKCS1_V1_5_SHA_256":
        raise ValueError(f"{signing_algorithm} isn't simulated")
    return key.private_key.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


if __name__ == "__main__":
    setattr(RSAPrivateKey, "sign", sign_digest)  # noqa: B010 - its parameters have other names
    app = Dispatcher(create_backend_app)
    server = make_server("127.0.0.1", int(sys.argv[1]), app, threaded=False, request_handler=Quiet)
    with suppress(KeyboardInterrupt):
        server.serve_forever()
