"""The Lambda handlers with events in the format of AWS."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, Response

from api.hosting.aws import http_handler
from api.hosting.opening import OpeningApp
from scripts.hosts.asgi import Request
from scripts.hosts.lambda_host import http_event

CONTEXT = None  # unused by our handlers


def event(path="/items", query="", body=b"", **headers: str):
    request = Request("GET", path, query, headers, body, "https", ("203.0.113.9", 1), 443)
    return http_event(request, path)


@pytest.fixture(autouse=True)
def without_event_loop():
    """Remove pytest's event loop: on Lambda, the handler creates its own."""
    asyncio.set_event_loop(None)


@pytest.fixture
def started() -> list[int]:
    return []


@pytest.fixture
def handle(started: list[int]):
    @asynccontextmanager
    async def lifespan(_app: FastAPI):
        started.append(1)
        yield
        started.append(-1)

    app = FastAPI(lifespan=lifespan)

    @app.get("/items")
    async def items(kind: str = "application/json") -> Response:
        return Response(b"{}", media_type=kind, headers={"set-cookie": "a=1"})

    return http_handler(OpeningApp(app))


def test_the_app_starts_once_and_is_never_stopped(handle, started):
    for _ in range(3):
        assert handle(event(), CONTEXT)["statusCode"] == 200

    assert started == [1]


@pytest.mark.parametrize(
    "headers",
    [{"host": "a:b"}, {"host": "[::1]:80"}, {"host": "a:" + "9" * 5000}, {"x-forwarded-port": "x"}],
)
def test_no_value_of_the_host_header_causes_an_error(handle, headers: dict[str, str]):
    sent = event()
    sent["headers"] |= headers

    assert handle(sent, CONTEXT)["statusCode"] == 200


@pytest.mark.parametrize(
    ("kind", "is_base64"),
    [
        ("application/json", False),
        ("application/problem+json", False),
        ("text/html", False),
        ("image/png", True),
    ],
)
def test_json_and_html_are_text_and_images_are_base64(handle, kind: str, *, is_base64: bool):
    response = handle(event(query=f"kind={kind.replace('+', '%2B')}"), CONTEXT)

    assert response["isBase64Encoded"] == is_base64
    assert response["cookies"] == ["a=1"]
