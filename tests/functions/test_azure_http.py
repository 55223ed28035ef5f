"""The ASGI adapter for Azure, where it differs from `azure.functions.AsgiMiddleware`."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager

import azure.functions as func
import pytest
from fastapi import FastAPI, Request, Response

from api.errors import ApiError
from api.hosting.azure_build import add_build_function
from api.hosting.azure_http import AsgiFunction, first_hop
from api.hosting.opening import OpeningApp
from api.problems import add_problem_handlers


def request(url="http://api.test/items", body=b"", method="GET", **headers: str):
    return func.HttpRequest(method, url, headers=headers, body=body)


def function(app, *, trusts_forwarded_for=False) -> AsgiFunction:
    return AsgiFunction(app, trusts_forwarded_for=trusts_forwarded_for)


class Starts:
    """An app that counts its starts; the first `failures` of them fail."""

    def __init__(self, *, failures: int = 0, error: Exception | None = None):
        self.count = self.ends = 0

        @asynccontextmanager
        async def lifespan(_app: FastAPI):
            self.count += 1
            await asyncio.sleep(0.01)
            if self.count <= failures:
                raise error or RuntimeError("not yet")
            yield
            self.ends += 1

        self.app = FastAPI(lifespan=lifespan)
        self.app.get("/items")(lambda: {"starts": self.count})
        self.hosted = OpeningApp(self.app)


class TestStart:
    async def test_eight_first_requests_start_once(self):
        starts = Starts()
        handle = function(starts.hosted)
        responses = await asyncio.gather(*(handle(request()) for _ in range(8)))

        assert {response.status_code for response in responses} == {200}
        assert (starts.count, starts.ends) == (1, 0)

    async def test_a_failed_start_is_a_problem_and_is_retried(self, caplog):
        starts = Starts(failures=1)
        handle = function(starts.hosted)
        with caplog.at_level(logging.CRITICAL):
            failed = await handle(request(**{"x-request-id": "mine"}))
        good = await handle(request())

        assert failed.status_code == 500
        assert failed.headers["content-type"] == "application/problem+json"
        assert b'"request_id":"mine"' in failed.get_body()
        assert b"not yet" not in failed.get_body()
        assert (good.status_code, good.get_body()) == (200, b'{"starts":2}')

    async def test_an_unreachable_store_at_the_start_is_a_503_with_retry_after(self):
        error = ApiError("store_unavailable", "Unavailable.", retry_after=2)
        response = await function(Starts(failures=1, error=error).hosted)(request())

        assert (response.status_code, response.headers["retry-after"]) == (503, "2")

    async def test_the_build_function_starts_the_app(self):
        """The function fails until the app starts, so a deployment notices that it can't."""
        starts = Starts(failures=1)
        functions = func.FunctionApp()
        add_build_function(functions, "list_items", "abc", starts.hosted.start)
        (build,) = (one.get_user_function() for one in functions.get_functions())

        with pytest.raises(RuntimeError, match="not yet"):
            await build(request("http://api.test/build"))
        response = await build(request("http://api.test/build"))

        assert json.loads(response.get_body()) == {"function": "list_items", "build": "abc"}
        assert response.mimetype == "application/json"
        assert starts.count == 2


class TestRequest:
    @pytest.fixture
    def seen(self):
        """Return a function that sends a request and returns the app's ASGI scope."""

        async def app(scope, receive, send):
            self.scope, self.body = scope, (await receive())["body"]
            await Response("ok")(scope, receive, send)

        async def seen(sent: func.HttpRequest, *, trusts_forwarded_for=False):
            await function(app, trusts_forwarded_for=trusts_forwarded_for)(sent)
            return self.scope

        return seen

    async def test_the_raw_query_with_repeated_keys_is_kept(self, seen):
        scope = await seen(request("http://api.test/items?m[]=a&m[]=b&x=%20%C3%AB"))

        assert scope["query_string"] == b"m[]=a&m[]=b&x=%20%C3%AB"
        assert Request(scope).query_params.getlist("m[]") == ["a", "b"]

    async def test_the_path_is_decoded_and_kept_raw(self, seen):
        scope = await seen(request("https://api.test:8443/a%20b/%C3%AB"))

        assert (scope["path"], scope["raw_path"]) == ("/a b/ë", b"/a%20b/%C3%AB")
        assert (scope["scheme"], scope["server"]) == ("https", ("api.test", 8443))
        assert scope["asgi"]["version"] == "3.0"

    @pytest.mark.parametrize("authority", ["api.test:99999999", "api.test:port", "[", "a:b:c", ""])
    async def test_no_value_of_the_host_header_causes_an_error(self, seen, authority):
        scope = await seen(request(f"http://{authority}/items?a=b"))

        assert (scope["path"], scope["query_string"]) == ("/items", b"a=b")

    async def test_a_header_outside_latin_1_arrives_as_utf_8(self, seen):
        scope = await seen(request(**{"x-note": "☃ \ud83d", "x-old": "é"}))

        assert dict(scope["headers"]) == {b"x-note": "☃ ?".encode(), b"x-old": b"\xe9"}

    async def test_the_body_is_unchanged(self, seen):
        await seen(request(body=b"\x00\xff", method="POST"))

        assert self.body == b"\x00\xff"

    @pytest.mark.parametrize(
        ("header", "client"),
        [
            ("203.0.113.9", ("203.0.113.9", 0)),
            ("203.0.113.9:4711, 10.0.0.1:80", ("203.0.113.9", 4711)),
            ("[2001:db8::1]:443", ("2001:db8::1", 443)),
            ("[2001:db8::1]", ("2001:db8::1", 0)),
            ("2001:db8::1", ("2001:db8::1", 0)),
            ("unknown", ("unknown", 0)),
            ("203.0.113.9:" + "9" * 5000, ("203.0.113.9:" + "9" * 5000, 0)),
            ("[2001:db8::1]:" + "9" * 5000, ("[2001:db8::1]:" + "9" * 5000, 0)),
            ("203.0.113.9:٣", ("203.0.113.9:٣", 0)),
            ("", None),
        ],
    )
    async def test_the_client_is_the_first_hop_if_the_gateway_is_trusted(
        self, seen, header, client
    ):
        sent = request(**{"x-forwarded-for": header})

        assert first_hop(header) == client
        assert (await seen(sent, trusts_forwarded_for=True))["client"] == client
        assert (await seen(sent))["client"] is None

    @pytest.mark.parametrize(
        ("sent", "seen_by_the_app"),
        [
            ({"Authorization": "Bearer caller"}, b"Bearer caller"),
            (
                {"Authorization": "Bearer gateway", "X-Forwarded-Authorization": "Bearer caller"},
                b"Bearer caller",
            ),
            ({"Authorization": "Bearer gateway", "X-Forwarded-Authorization": ""}, b""),
        ],
    )
    async def test_the_gateways_own_token_does_not_replace_the_callers(
        self, seen, sent, seen_by_the_app
    ):
        headers = (await seen(request(**sent)))["headers"]

        assert [value for name, value in headers if name == b"authorization"] == [seen_by_the_app]
        assert b"x-forwarded-authorization" not in dict(headers)


class TestResponse:
    async def test_repeated_headers_are_joined_except_cookies(self):
        async def app(scope, receive, send):
            response = Response()
            for name, value in (("Link", "<a>"), ("Link", "<b>"), ("Vary", "Origin")):
                response.headers.append(name, value)
            response.set_cookie("a", "1")
            response.set_cookie("b", "2")
            await response(scope, receive, send)

        response = await function(app)(request())

        assert response.headers["link"] == "<a>, <b>"
        assert len(response.headers.get_all("set-cookie")) == 2

    async def test_a_500_response_of_the_app_is_kept_and_the_error_logged(self, caplog):
        app = FastAPI()
        add_problem_handlers(app)
        app.add_exception_handler(Exception, lambda *_: Response("custom response", 500))

        @app.get("/items")
        async def fail() -> None:
            raise ValueError("inside")

        response = await function(app)(request())

        assert (response.status_code, response.get_body()) == (500, b"custom response")
        assert "ValueError: inside" in caplog.text

    async def test_an_error_before_the_response_is_raised_to_the_host(self):
        async def app(_scope, _receive, _send):
            raise ValueError

        with pytest.raises(ValueError):  # noqa: PT011 - exactly what was raised
            await function(app)(request())

    async def test_waiting_for_a_disconnect_ends_with_the_response(self):
        ended = asyncio.Event()

        async def app(scope, receive, send):
            await receive()

            async def watch():
                assert (await receive())["type"] == "http.disconnect"
                ended.set()

            watcher = asyncio.create_task(watch())
            await Response("ok")(scope, receive, send)
            await asyncio.wait_for(watcher, 0.05)

        await function(app)(request())

        assert ended.is_set()
