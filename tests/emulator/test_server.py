"""The server answers probes, serves its certificate, and permits browsers to use it."""

import re
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path

import orjson
import pytest
from httpx2 import ASGITransport, AsyncClient

from cosmos_emulator import KEY, Emulator
from cosmos_emulator.asgi import application
from cosmos_emulator.certificates import certificate

ORIGIN = "http://localhost:3000"


@pytest.fixture
async def http(emulator: Emulator) -> AsyncGenerator[AsyncClient]:
    transport = ASGITransport(application(emulator, origins=[ORIGIN]))
    async with AsyncClient(transport=transport, base_url="http://127.0.0.1:8081") as client:
        yield client


@pytest.mark.parametrize("path", ["/alive", "/ready"])
async def test_probes_need_no_key(http: AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 200


async def test_the_account_has_the_address_that_the_client_used(http: AsyncClient) -> None:
    account = (await http.get("/", headers={"host": "cosmos:9000"})).json()

    [location] = account["writableLocations"]
    assert location["databaseAccountEndpoint"] == "https://cosmos:9000/"
    assert orjson.loads(account["queryEngineConfiguration"])["maxSqlQueryInputLength"] == 262_144


async def test_a_page_of_a_permitted_origin_may_use_the_server(http: AsyncClient) -> None:
    asked = {
        "origin": ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,x-ms-date",
    }
    preflight = await http.options("/dbs", headers=asked)
    response = await http.post("/dbs", headers={"origin": ORIGIN}, content='{"id": "db"}')

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-headers"] == "authorization,x-ms-date"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    for one in (preflight, response):
        assert one.headers["access-control-allow-origin"] == ORIGIN
    assert "etag" in response.headers["access-control-expose-headers"]


async def test_a_page_of_another_origin_may_not_use_the_server(http: AsyncClient) -> None:
    response = await http.get("/", headers={"origin": "https://evil.example"})

    assert "access-control-allow-origin" not in response.headers


async def test_the_explorer_loads_only_its_own_files(http: AsyncClient) -> None:
    page = await http.get("/_explorer")
    files = [*re.findall(r'(?:href|src)="(/.+?)"', page.text), "/_explorer/requests.js"]
    responses = [await http.get(file) for file in files]

    assert "http" not in page.text
    for response in (page, *responses):
        assert response.status_code == 200
        assert (
            "default-src 'none'; script-src 'self'" in response.headers["content-security-policy"]
        )
        assert response.headers["x-content-type-options"] == "nosniff"
    assert f'"{KEY}"' in responses[-1].text
    assert (await http.get("/_explorer/other.js")).status_code == 400


async def test_clients_can_download_the_certificate(emulator: Emulator, tmp_path: Path) -> None:
    created = certificate(tmp_path / "tls", "cosmos")
    transport = ASGITransport(application(emulator, certificate=created.path))
    async with AsyncClient(transport=transport, base_url="http://x") as http:
        response = await http.get("/_explorer/emulator.pem")

    assert response.content == created.path.read_bytes()
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*created)
    assert created.key_path.stat().st_mode & 0o077 == 0


def test_a_certificate_is_kept_until_it_lacks_a_name(tmp_path: Path) -> None:
    first = certificate(tmp_path, "cosmos").path.read_bytes()

    assert certificate(tmp_path, "cosmos").path.read_bytes() == first
    assert certificate(tmp_path, "other").path.read_bytes() != first
    (tmp_path / "cosmos-emulator.pem").write_text("damaged")
    assert certificate(tmp_path, "other").path.read_bytes() != b"damaged"


def test_options_that_no_account_can_have_are_refused(tmp_path: Path) -> None:
    Emulator(str(tmp_path / "cosmos.db")).close()

    for options in ({"key": ""}, {"key": "zz!"}, {"partitions": 0}, {"partitions": 100_000}):
        with pytest.raises(ValueError, match=r"must"):
            Emulator(**options)  # pyright: ignore[reportArgumentType]
