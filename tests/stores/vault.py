"""A fake Azure Key Vault on loopback with TLS and the authentication challenge of the real one."""

import json
import ssl
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from azure.core.credentials import AccessTokenInfo
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

CHALLENGE = (
    'Bearer authorization="https://login.example/11111111-1111-1111-1111-111111111111", '
    'resource="https://vault.azure.net"'
)
KEY, SECRET = "signing", "cursors"
_PAGE = 2


class Identity:
    """A credential with a fixed token."""

    async def get_token_info(self, *_scopes, options=None):  # noqa: ARG002 - the SDK's signature
        return AccessTokenInfo("the identity's token", 4_000_000_000)

    async def close(self):
        """Do nothing, because nothing is open."""

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        """Do nothing, because nothing is open."""


@dataclass
class Version:
    created: datetime
    attributes: dict = field(default_factory=lambda: {"enabled": True})

    def describe(self):
        return {"created": int(self.created.timestamp())} | self.attributes


class Vault:
    """A vault with one key, its versions, and one secret."""

    def __init__(self, certificate: Path) -> None:
        self.certificate = certificate
        self.url = ""
        self.versions: dict[str, Version] = {}
        self.requests: list[str] = []
        self.is_unavailable = False

    def add_version(self, version: str, created: datetime, **attributes: object) -> None:
        self.versions[version] = Version(created, {"enabled": True} | attributes)

    def respond(self, method: str, path: str, query: dict, body: dict) -> tuple[int, dict]:
        self.requests.append(f"{method} {path}")
        if self.is_unavailable:
            return 503, {"error": {"code": "Unavailable"}}
        match [method, *path.strip("/").split("/")]:
            case ["GET", "keys", name, "versions"] if name == KEY:
                return 200, self._list(int(query.get("skip", ["0"])[0]))
            case ["GET", "keys", name, version] if name == KEY and version in self.versions:
                return 200, {"key": self._jwk(version), "attributes": self._about(version)}
            case ["POST", "keys", name, version, "sign"] if name == KEY:
                return self._sign(version, body)
            case ["GET", "secrets", name] if name == SECRET:
                return 200, {"id": f"{self.url}/secrets/{SECRET}/1", "value": "sécret"}
            case _:
                return 404, {"error": {"code": "NotFound"}}

    def _list(self, skip: int) -> dict:
        names = sorted(self.versions)
        page = [{"kid": self._id(v), "attributes": self._about(v)} for v in names[skip:][:_PAGE]]
        following = f"{self.url}/keys/{KEY}/versions?api-version=7.5&skip={skip + _PAGE}"
        return {"value": page, "nextLink": following if skip + _PAGE < len(names) else None}

    def _sign(self, version: str, body: dict) -> tuple[int, dict]:
        if body["alg"] != "RS256" or not self._about(version)["enabled"]:
            return 403, {"error": {"code": "Forbidden"}}
        digest = _decode(body["value"])
        hashed = utils.Prehashed(hashes.SHA256())
        signature = private_key(version).sign(digest, padding.PKCS1v15(), hashed)
        return 200, {"kid": self._id(version), "value": _encode(signature)}

    def _jwk(self, version: str) -> dict:
        numbers = private_key(version).public_key().public_numbers()
        return {
            "kid": self._id(version),
            "kty": "RSA",
            "key_ops": ["sign", "verify"],
            "n": _encode(numbers.n.to_bytes(256)),
            "e": _encode(numbers.e.to_bytes(3)),
        }

    def _about(self, version: str) -> dict:
        return self.versions[version].describe()

    def _id(self, version: str) -> str:
        return f"{self.url}/keys/{KEY}/{version}"


@contextmanager
def serve_vault(folder: Path) -> Iterator[Vault]:
    vault = Vault(_certificate(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(vault))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(vault.certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    vault.url = f"https://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield vault
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(vault: Vault) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._handle()

        def do_POST(self):
            self._handle()

        def _handle(self):
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Authorization") != "Bearer the identity's token":
                self._send(401, {}, {"WWW-Authenticate": CHALLENGE})
                return
            url = urlsplit(self.path)
            body = json.loads(content or b"{}")
            self._send(*vault.respond(self.command, url.path, parse_qs(url.query), body))

        def _send(self, status, document, headers=()):
            content = json.dumps(document).encode()
            self.send_response(status)
            for name, value in dict(headers).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            """Log nothing."""

    return Handler


@cache
def private_key(_version: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(folder: Path) -> Path:
    """Write a file with a certificate for the loopback address and its private key."""
    key = private_key("tls")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "vault")])
    now = datetime.now(tz=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "vault.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + pem)
    return path


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
