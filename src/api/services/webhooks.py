"""Send signed messages to the endpoints of customers, as Standard Webhooks 1.0 describes.

A customer chooses the URL, so a message must not reach the network of the deployment. The host is
resolved once, all its addresses are checked, and the connection is made to a checked address.
Redirects aren't followed.
"""

import asyncio
import ssl
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from hmac import digest
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import IPPROTO_TCP
from urllib.parse import SplitResult, urlsplit

from api.errors import ApiError

SECRET_BYTES = 24
SECRET_PREFIX = "whsec_"  # noqa: S105 - the beginning of every secret
URL_MAX = 1_000  # characters
SECONDS_MAX = 10.0  # for the whole exchange
_ADDRESSES_MAX = 3  # that are tried
_LINE_BYTES_MAX = 4 * 1024  # of a line of the response
_LINES_MAX = 100
_PORTS = {"http": 80, "https": 443}
# The addresses of Azure's platform (168.63.129.16), and of IPv4 addresses inside IPv6 addresses.
_PLATFORM = ip_address("168.63.129.16")
_EMBEDDING = (IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16"), IPv6Network("::/96"))

type Address = IPv4Address | IPv6Address
type Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class EndpointRefused(Exception):
    """The endpoint may not be called. The text says why."""


@dataclass(frozen=True, slots=True)
class PostResult:
    """The status of the response, or None and the reason why there was no response."""

    status: int | None
    error: str = ""

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004

    @property
    def is_gone(self) -> bool:
        return self.status == 410  # noqa: PLR2004 - Gone


def spell_secret(random: bytes) -> str:
    """Return a new secret. `random` has SECRET_BYTES unguessable bytes."""
    return SECRET_PREFIX + b64encode(random).decode()


def sign(secrets: Sequence[str], message_id: str, sent_at: datetime, body: str) -> dict[str, str]:
    """Return the headers of a message, with a signature for each secret."""
    seconds = int(sent_at.timestamp())
    signed = f"{message_id}.{seconds}.{body}".encode()
    keys = (b64decode(secret.removeprefix(SECRET_PREFIX)) for secret in secrets)
    signatures = (f"v1,{b64encode(digest(key, signed, sha256)).decode()}" for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures),
    }


def check_url(url: str, *, is_local: bool) -> SplitResult:
    """Return the parts of an endpoint's URL.

    Raises ApiError `endpoint_invalid` unless the URL has the scheme https, a host and no
    credentials. On a developer's machine, the scheme http is valid for the machine itself.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _invalid("isn't a valid URL") from error
    if not host or port == 0 or not url.isascii() or "\\" in url:
        raise _invalid("isn't a valid URL")
    if parts.scheme != "https" and not (is_local and parts.scheme == "http"):
        raise _invalid("must begin with https://")
    if "@" in parts.netloc:
        raise _invalid("must not contain credentials. The signature proves who sent a message")
    if "#" in url:
        raise _invalid("must not contain a fragment")
    if (literal := _literal(host)) and not _is_permitted(literal, parts.scheme, is_local=is_local):
        raise _invalid("must have a public address")
    return parts


def _invalid(reason: str) -> ApiError:
    return ApiError("endpoint_invalid", f"The URL of the endpoint {reason}.")


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=IPPROTO_TCP)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """A client that posts messages. With `is_local`, this machine may be the endpoint."""

    is_local: bool = False
    resolve: Resolve = resolve_host
    seconds_max: float = SECONDS_MAX

    async def post(self, url: str, headers: dict[str, str], body: str) -> PostResult:
        """Post a message. The outcome contains all errors."""
        try:
            parts = check_url(url, is_local=self.is_local)
            async with asyncio.timeout(self.seconds_max):
                addresses = await self._addresses(parts)
                return PostResult(await _exchange(parts, addresses, headers, body))
        except ApiError as error:
            return PostResult(None, error.detail)
        except EndpointRefused as error:
            return PostResult(None, str(error))
        except TimeoutError:
            return PostResult(
                None, f"The endpoint didn't respond within {self.seconds_max:g} seconds."
            )
        except ssl.SSLError:
            return PostResult(None, "The endpoint has no valid TLS certificate.")
        except (OSError, ValueError, asyncio.IncompleteReadError):
            return PostResult(None, "The connection to the endpoint failed.")

    async def _addresses(self, parts: SplitResult) -> Sequence[str]:
        """Return the addresses of the endpoint. Raises EndpointRefused unless all are permitted."""
        host, port = _host_and_port(parts)
        try:
            found = await self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise EndpointRefused("The endpoint's host name can't be resolved.") from error
        addresses = [_literal(one) for one in found]
        if not addresses:
            raise EndpointRefused("The endpoint's host name can't be resolved.")
        if not all(
            one and _is_permitted(one, parts.scheme, is_local=self.is_local) for one in addresses
        ):
            raise EndpointRefused(
                "The endpoint's host name resolves to an address that isn't public."
            )
        return [str(one) for one in addresses[:_ADDRESSES_MAX]]


def _host_and_port(parts: SplitResult) -> tuple[str, int]:
    return parts.hostname or "", parts.port or _PORTS[parts.scheme]


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_permitted(address: Address, scheme: str, *, is_local: bool) -> bool:
    """Return whether a message may be sent to the address."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return _is_permitted(address.ipv4_mapped, scheme, is_local=is_local)
        if address.scope_id is not None:
            return False
    if is_local and address.is_loopback:
        return True
    return scheme == "https" and _is_public(address)


def _is_public(address: Address) -> bool:
    is_embedded = any(address in network for network in _EMBEDDING)
    return (
        address.is_global and not address.is_multicast and address != _PLATFORM and not is_embedded
    )


async def _exchange(
    parts: SplitResult, addresses: Sequence[str], headers: dict[str, str], body: str
) -> int:
    """Send the request to the first address that accepts a connection. Return the status."""
    async with _connected(parts, addresses) as (reader, writer):
        writer.write(_request(parts, headers, body.encode()))
        await writer.drain()
        return await _read_status(reader)


@asynccontextmanager
async def _connected(
    parts: SplitResult, addresses: Sequence[str]
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, port = _host_and_port(parts)
    is_secure = parts.scheme == "https"
    for place, address in enumerate(addresses, 1):
        try:
            reader, writer = await asyncio.open_connection(
                address,
                port,
                limit=_LINE_BYTES_MAX,
                ssl=_tls_context() if is_secure else None,
                server_hostname=host if is_secure else None,
            )
        except ssl.SSLError:
            raise
        except OSError:
            if place == len(addresses):
                raise
            continue
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
        return


@cache
def _tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()  # reads the certificate authorities for 10 ms


def _request(parts: SplitResult, headers: dict[str, str], body: bytes) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = {
        "Host": parts.netloc,
        "User-Agent": "acme-analytics",
        "Accept": "*/*",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {target} HTTP/1.1\r\n{head}\r\n".encode() + body


async def _read_status(reader: asyncio.StreamReader) -> int:
    """Return the status of the response, and read its headers. The body isn't read.

    Raises ValueError if it isn't a response of HTTP/1 or is too large.
    """
    status = 0
    for _ in range(_LINES_MAX):
        line = await reader.readline()  # raises ValueError for a line that is too long
        if not status:
            status = _status_of(line)
        elif line in (b"\r\n", b"\n", b""):
            if status >= 200:  # noqa: PLR2004 - earlier responses are informational
                return status
            status = 0
    raise ValueError("the response has too many headers")


def _status_of(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    code = rest[:3]
    if version not in (b"HTTP/1.1", b"HTTP/1.0") or len(code) < 3 or not code.isdigit():  # noqa: PLR2004
        raise ValueError("the response isn't HTTP")
    return int(code)
