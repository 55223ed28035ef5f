"""Messages are signed as Standard Webhooks describes, and reach only permitted addresses."""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks import Webhook, WebhookVerificationError

from api.errors import ApiError
from api.services import webhooks
from api.services.webhooks import SECRET_BYTES, WebhookSender, check_url, sign, spell_secret
from tests.receiver import Receiver

SECRET, OTHER = spell_secret(b"s" * SECRET_BYTES), spell_secret(b"o" * SECRET_BYTES)
PUBLIC = "93.184.216.34"
HOOK = "https://hooks.example/alerts"


def resolving(*answers: Sequence[str]) -> tuple[webhooks.Resolve, list[str]]:
    """Return a resolver with one answer per call, and the hosts that it was asked for."""
    asked, left = list[str](), list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(f"{host}:{port}")
        return left.pop(0)

    return resolve, asked


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Refuse all connections, and return the addresses to which they were made."""
    made = list[str]()

    async def refuse(host: str, *_: object, **__: object) -> None:
        made.append(host)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio, "open_connection", refuse)
    return made


def test_the_official_library_accepts_every_signature_and_no_other_body():
    now, body = datetime.now(UTC), '{"type": "alert.test", "data": "Zoë"}'
    headers = sign([SECRET, OTHER], "msg_1", now, body)

    for secret in (SECRET, OTHER):
        assert Webhook(secret).verify(body, headers) == {"type": "alert.test", "data": "Zoë"}
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body + " ", headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers | {"webhook-id": "msg_2"})
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(body, sign([SECRET], "msg_1", now, body))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https://",
        "https:///path",
        "https://user:secret@hooks.example/",
        "https://user@hooks.example/",
        "https://hooks.example/#part",
        "https://hooks.example:0/",
        "https://hooks.example:65536/",
        "https://[::1/",
        "https://hooks.example\\@127.0.0.1/",
        "https://höoks.example/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fe80::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://168.63.129.16/",
    ],
)
def test_an_invalid_endpoint_is_refused(url: str):
    with pytest.raises(ApiError) as refused:
        check_url(url, is_local=False)

    assert refused.value.code == "endpoint_invalid"


def test_http_is_only_for_this_machine_on_a_developers_machine():
    assert check_url("http://127.0.0.1:8080/x", is_local=True).port == 8080
    assert check_url("http://localhost/x", is_local=True)  # its address is checked later
    with pytest.raises(ApiError):
        check_url(f"http://{PUBLIC}/", is_local=True)
    with pytest.raises(ApiError):
        check_url("http://127.0.0.1/", is_local=False)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 - never bound
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "2001:0:a9fe:a9fe::1",
        "fd00:ec2::254",
        "fe80::1%eth0",
        "ff02::1",
    ],
)
async def test_a_name_that_resolves_to_the_own_network_is_never_called(
    address: str, connections: list[str]
):
    """The endpoint is refused even if only one of its addresses is in the own network."""
    for answer in ([address], [PUBLIC, address]):
        resolve, _ = resolving(answer)
        outcome = await WebhookSender(resolve=resolve).post(HOOK, {}, "{}")

        assert outcome.status is None
        assert "isn't public" in outcome.error
    assert connections == []


async def test_a_name_is_resolved_once_and_the_connection_is_made_to_the_checked_address(
    connections: list[str],
):
    """A second resolution could return another address (DNS rebinding)."""
    resolve, asked = resolving([PUBLIC], ["127.0.0.1"])
    outcome = await WebhookSender(resolve=resolve).post(HOOK, {}, "{}")

    assert asked == ["hooks.example:443"]
    assert connections == [PUBLIC]
    assert outcome.error == "The connection to the endpoint failed."


async def test_another_address_is_tried_if_the_first_refuses_the_connection():
    async with Receiver() as receiver:
        resolve, _ = resolving(["127.0.0.2", "127.0.0.1"])
        sender = WebhookSender(is_local=True, resolve=resolve)
        url = f"http://hooks.example:{receiver.port}/a?b=c"
        outcome = await sender.post(url, {"webhook-id": "msg_1"}, '{"ä": 1}')
    (request,) = receiver.requests

    assert outcome.is_delivered
    assert request.line == "POST /a?b=c HTTP/1.1"
    assert request.headers["host"] == f"hooks.example:{receiver.port}"
    assert (request.headers["webhook-id"], request.body) == ("msg_1", '{"ä": 1}')


async def test_a_developers_machine_may_be_called_but_no_other_private_address(
    connections: list[str],
):
    resolve, _ = resolving(["192.168.0.1"])
    outcome = await WebhookSender(is_local=True, resolve=resolve).post("http://nas/", {}, "{}")

    assert "isn't public" in outcome.error
    assert connections == []


async def test_redirects_are_not_followed():
    async with Receiver() as receiver:
        target = f"http://127.0.0.1:{receiver.port}/other"
        head = f"HTTP/1.1 307 Moved\r\nlocation: {target}\r\n\r\n"
        receiver.responses = [head.encode()]
        outcome = await WebhookSender(is_local=True).post(receiver.url, {}, "{}")

    assert (outcome.status, outcome.is_delivered) == (307, False)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("response", "status"),
    [
        (b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 200),
        (b"HTTP/1.0 410 Gone\r\n\r\n", 410),
        (b"HTTP/1.1 200 OK\r\n", 200),
        (b"", None),
        (b"hello", None),
        (b"HTTP/2 200\r\n\r\n", None),
        (b"HTTP/1.1 2x0 OK\r\n\r\n", None),
        (b"HTTP/1.1 200 " + b"x" * 100_000, None),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1_000, None),
        (b"HTTP/1.1 103 Again\r\n\r\n" * 1_000, None),
    ],
    ids=range(10),
)
async def test_a_response_is_read_up_to_a_limit(response: bytes, status: int | None):
    async with Receiver(responses=[response]) as receiver:
        outcome = await WebhookSender(is_local=True).post(receiver.url, {}, "{}")

    assert outcome.status == status
    assert outcome.is_delivered == (status == 200)


async def test_an_endpoint_that_never_responds_is_given_up():
    async with Receiver(responses=[None]) as receiver:
        sender = WebhookSender(is_local=True, seconds_max=0.2)
        outcome = await sender.post(receiver.url, {}, "{}")

    assert outcome.error == "The endpoint didn't respond within 0.2 seconds."


async def test_a_host_name_that_cannot_be_resolved():
    async def fail(host: str, port: int) -> Sequence[str]:
        raise OSError(f"{host}:{port} is unknown")

    outcome = await WebhookSender(resolve=fail).post(HOOK, {}, "{}")
    assert outcome.error == "The endpoint's host name can't be resolved."


async def test_the_certificate_must_be_that_of_the_host_in_the_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    certificate = _certificate(tmp_path, "hooks.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    trusted = ssl.create_default_context(cafile=certificate)
    outcomes = []
    async with Receiver(tls=server) as receiver:
        for host, context in [
            ("hooks.example", trusted),
            ("other.example", trusted),
            ("hooks.example", ssl.create_default_context()),
        ]:
            monkeypatch.setattr(webhooks, "_tls_context", lambda context=context: context)
            resolve, _ = resolving(["127.0.0.1"])
            sender = WebhookSender(is_local=True, resolve=resolve)
            url = f"https://{host}:{receiver.port}/"
            outcomes.append(await sender.post(url, {}, "{}"))

    assert [outcome.status for outcome in outcomes] == [204, None, None]
    assert outcomes[1].error == "The endpoint has no valid TLS certificate."
    assert len(receiver.requests) == 1


def _certificate(folder: Path, host: str) -> Path:
    """Write a key and its self-signed certificate into one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, encoding = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    private = key.private_bytes(encoding, pem, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(private + certificate.public_bytes(encoding))
    return path
