"""The gateway's own responses equal the app's responses to the same requests.

An interpreter (gateway.py) runs the gateway's rendered policies. The app is the real one. The
README lists what these tests don't cover.
"""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from api.app import create_app
from api.auth.keys.file import FileKeySource
from api.backends import open_emulated
from api.errors import ApiError
from api.middleware import add_middleware
from api.problems import add_problem_handlers
from tests.infra.gateway import Call, Gateway, Headers, Response, parsed
from tests.support import START
from tests.tokens import KeyInMemory, access_claims, signed

PAGE = "https://app.example.com"
OTHER_PAGE = "https://evil.example"
TOKEN = "Bearer callers"


@pytest.fixture
def gateway(azure_prod):
    """Return a function that builds the gateway of prod for one operation and its backend."""
    service = parsed(azure_prod.the("api_management_policy")["xml_content"])
    operations = azure_prod.of("api_management_api_operation_policy")

    def gateway(operation, function=lambda _: Response(200, Headers({}), "{}")):
        policy = operation and parsed(operations[operation]["xml_content"])
        return Gateway(service, policy, function)

    return gateway


@pytest.fixture
async def app(settings, emulator, clock):
    """Return the real app, with the same allowed origins as the gateway."""
    app = create_app(
        replace(settings, cors_origins=(PAGE,)),
        open_store=lambda s: open_emulated(s, emulator),
        now=clock,
        folds=False,
    )
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def throttled_app():
    """Return an app that always responds with the API's 429, as for a throttled store."""
    app = FastAPI()

    @app.post("/api/v1/events")
    async def throttled():
        raise ApiError("throttled", "Wait.", retry_after=7)

    add_problem_handlers(app)
    add_middleware(app, cors_origins=(PAGE,))
    return app


async def send(app, method, path, headers, content=b""):
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://api.test") as client:
        return await client.request(method, path, headers=headers, content=content)


def visible_parts(status, headers, body):
    """Return the parts of a response that clients depend on."""
    problem = json.loads(body)
    return {
        "status": (status, problem["status"]),
        "media type": headers.get("content-type"),
        "problem": (problem["type"], problem["code"], problem["title"]),
        "request id": (headers.get("x-request-id"), problem["request_id"]),
        "challenge": challenge(headers.get("www-authenticate")),
        "retry after": headers.get("retry-after"),
        "page may read": headers.get("access-control-allow-origin"),
        "page may read headers": headers.get("access-control-expose-headers")
        if "access-control-allow-origin" in headers
        else None,
    }


def challenge(header):
    """Return scheme and error. Descriptions differ, because the gateway has fewer details."""
    return header and header.partition(", error_description")[0]


def of_app(response):
    return visible_parts(response.status_code, response.headers, response.text)


def of_gateway(response):
    return visible_parts(response.status, response.headers, response.body)


TOKENS = {
    "none": (None, "TokenNotPresent", "token_missing"),
    "not a token": ("Bearer rubbish", "JwtInvalid", "token_invalid"),
    "expired": ("expired", "TokenExpired", "token_expired"),
    "signed by another": ("forged", "TokenSignatureInvalid", "token_invalid"),
    "for another audience": ("audience", "TokenAudienceNotAllowed", "token_invalid"),
    "by another issuer": ("issuer", "TokenIssuerNotAllowed", "token_invalid"),
}


@pytest.fixture
def bearer(settings, clock):
    """Return a function that returns an Authorization header with a token of the named fault."""
    source = FileKeySource(settings.data_dir / "signing-key.json", is_local=True, now=clock)
    ours = SimpleNamespace(private_key=source._ring.private_key, key_id=source.key_id)
    seconds = int(START.timestamp())
    tokens = {
        "expired": signed(access_claims(iat=seconds - 2000, exp=seconds - 1000), ours),
        "audience": signed(access_claims(aud="others"), ours),
        "issuer": signed(access_claims(iss="https://others.example"), ours),
        "forged": signed(access_claims(), KeyInMemory(), kid=ours.key_id),
    }
    return lambda fault: f"Bearer {tokens[fault]}" if fault in tokens else fault


@pytest.mark.parametrize("origin", [None, PAGE, OTHER_PAGE])
@pytest.mark.parametrize("case", TOKENS)
async def test_rejected_tokens_get_the_same_response(gateway, app, bearer, case, origin):
    given, reason, code = TOKENS[case]
    headers = {"X-Request-Id": "mine-1"} | ({"Origin": origin} if origin else {})
    if given:
        headers["Authorization"] = bearer(given)
    call = Call("GET", Headers(headers), refusals={"validate-jwt": reason})

    from_app = of_app(await send(app, "GET", "/api/v1/events", headers))

    assert of_gateway(gateway("query_events").handle(call)) == from_app
    assert from_app["problem"][1] == code


@pytest.mark.parametrize("origin", [None, PAGE, OTHER_PAGE])
async def test_rate_limited_requests_get_the_same_response(gateway, throttled_app, origin):
    headers = {"X-Request-Id": "mine-1", "Content-Length": "2"} | (
        {"Origin": origin} if origin else {}
    )
    call = Call(
        "POST",
        Headers(headers | {"Authorization": TOKEN}),
        claims={"org_id": "org_acme"},
        refusals={"rate-limit-by-key": "RateLimitExceeded"},
    )

    from_gateway = of_gateway(gateway("ingest_events").handle(call))
    from_app = of_app(await send(throttled_app, "POST", "/api/v1/events", headers, b"{}"))

    assert from_gateway == from_app
    assert (from_gateway["status"], from_gateway["retry after"]) == ((429, 429), "7")
    assert call.counters == ["org_acme"]


LARGEST = {
    "beacon_events": ("/api/v1/events/beacon", "text/plain", 64 * 1024),
    "issue_token": ("/api/v1/auth/token", "application/json", 64 * 1024),
}


@pytest.mark.parametrize("origin", [None, PAGE, OTHER_PAGE])
@pytest.mark.parametrize("operation", LARGEST)
async def test_too_large_bodies_get_the_same_response(gateway, app, operation, origin):
    path, media_type, bytes_max = LARGEST[operation]
    body = b"x" * (bytes_max + 1)
    headers = {"X-Request-Id": "mine-1", "Content-Type": media_type}
    headers |= {"Content-Length": str(len(body))} | ({"Origin": origin} if origin else {})
    call = Call("POST", Headers(headers))

    from_gateway = gateway(operation).handle(call)
    from_app = await send(app, "POST", path, headers, body)

    assert of_gateway(from_gateway) == of_app(from_app)
    assert json.loads(from_gateway.body)["detail"] == from_app.json()["detail"]
    assert json.loads(from_gateway.body)["code"] == "body_too_large"


async def test_a_body_of_the_maximum_size_is_forwarded(gateway):
    call = Call("POST", Headers({"Content-Length": str(64 * 1024)}))

    assert gateway("beacon_events").handle(call).status == 200


async def test_a_body_without_content_length_is_rejected_with_a_problem(gateway):
    call = Call("POST", Headers({"Transfer-Encoding": "chunked", "Authorization": TOKEN}))

    assert of_gateway(gateway("ingest_events").handle(call))["problem"][1] == "length_required"


PREFLIGHTS = [
    (PAGE, "POST", "authorization, content-type, idempotency-key"),
    (PAGE, "GET", "authorization"),
    (PAGE, "DELETE", "authorization"),
    (OTHER_PAGE, "POST", "authorization"),
]


@pytest.mark.parametrize(("origin", "method", "requested"), PREFLIGHTS)
async def test_browsers_interpret_preflight_responses_identically(
    gateway, app, origin, method, requested
):
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": requested,
    }
    reached = []
    from_gateway = gateway("ingest_events", reached.append).handle(
        Call("OPTIONS", Headers(headers))
    )
    from_app = await send(app, "OPTIONS", "/api/v1/events", headers)

    is_allowed = allows(from_gateway.headers, origin, method, requested)
    assert is_allowed == allows(from_app.headers, origin, method, requested) == (origin == PAGE)
    assert not reached  # the gateway responds to preflights itself
    if is_allowed:
        assert (
            from_gateway.headers["access-control-max-age"]
            == from_app.headers["access-control-max-age"]
        )


def allows(headers, origin, method, requested):
    """Evaluate a preflight response as the Fetch standard specifies."""

    def listed(name):
        return {part.strip().lower() for part in headers.get(name, "").split(",")}

    return (
        headers.get("access-control-allow-origin") == origin
        and method.lower() in listed("access-control-allow-methods")
        and set(requested.split(", ")) <= listed("access-control-allow-headers")
    )


@pytest.mark.parametrize(
    ("refusals", "status", "code"),
    [
        ({"validate-jwt": "Unspecified"}, 503, "identity_provider_unavailable"),
        ({"forward-request": "Timeout"}, 503, "deadline_exceeded"),
        ({"forward-request": "BackendConnectionFailure"}, 500, "internal"),
    ],
)
async def test_other_failures_are_problems(gateway, refusals, status, code):
    call = Call("GET", Headers({"Authorization": TOKEN, "Origin": PAGE}), refusals=refusals)
    response = of_gateway(gateway("query_events").handle(call))

    assert (response["status"][0], response["problem"][1]) == (status, code)
    assert response["page may read"] == PAGE
    assert (response["retry after"] is not None) == (status == 503)


async def test_an_unknown_url_is_a_problem(gateway, app):
    headers = {"X-Request-Id": "mine-1", "Origin": PAGE}
    from_gateway = of_gateway(gateway(None).handle(Call("GET", Headers(headers))))

    assert from_gateway == of_app(await send(app, "GET", "/nowhere", headers))


@pytest.mark.parametrize("status", [401, 403, 502])
async def test_a_platform_error_before_the_function_is_a_problem(gateway, status):
    call = Call("GET", Headers({"Authorization": TOKEN, "Origin": PAGE}))
    response = gateway("query_events", lambda _: Response(status)).handle(call)

    assert of_gateway(response)["problem"][1] == "internal"
    assert response.status == 500  # the error is on the server, whatever the platform's status is


async def test_errors_of_the_api_are_forwarded_unchanged(gateway):
    body = '{"code":"unknown_metric"}'
    problem = Response(422, Headers({"Content-Type": "application/problem+json"}), body)
    call = Call("GET", Headers({"Authorization": TOKEN, "Origin": PAGE}))
    response = gateway("summarize_metrics", lambda _: problem).handle(call)

    assert (response.status, response.body) == (422, body)
    assert response.headers["access-control-allow-origin"] == PAGE


class TestRequestsToFunctions:
    @pytest.fixture
    def sent(self, gateway):
        """Return the request that the function gets if a client sends hostile headers."""

        def sent(operation, **more):
            headers = {
                "Authorization": TOKEN,
                "Content-Length": "2",
                "Cookie": "session=1",
                "Forwarded": "for=1.2.3.4",
                "X-Forwarded-For": "1.2.3.4",
                "X-Forwarded-Authorization": "Bearer smuggled",
                "X-Forwarded-Host": "evil.example",
                "X-MS-Client-Principal": "admin",
            } | more
            call = Call("POST", Headers(headers), claims={"org_id": "org_acme"})
            assert gateway(operation).handle(call).status == 200
            return call

        return sent

    def test_the_request_goes_to_the_operations_backend(self, sent):
        assert sent("ingest_events").backend == "ingest-events"
        assert sent("describe_issuer").backend == "publish-keys"

    def test_the_request_has_the_callers_and_the_gateways_token(self, sent):
        headers = sent("ingest_events").headers

        assert headers["x-forwarded-authorization"] == TOKEN
        assert headers["authorization"].startswith("Bearer gateway's")

    def test_unchecked_tokens_are_not_forwarded(self, sent):
        assert "x-forwarded-authorization" not in sent("beacon_events").headers

    def test_the_client_address_is_the_gateways_not_a_forged_one(self, sent):
        headers = sent("beacon_events").headers

        assert headers["x-forwarded-for"] == "203.0.113.9"
        assert not {"cookie", "forwarded", "x-forwarded-host", "x-ms-client-principal"} & set(
            headers
        )

    def test_rate_limits_for_beacons_and_tokens_count_by_address(self, sent):
        assert sent("beacon_events").counters == sent("issue_token").counters == ["203.0.113.9"]
        assert sent("publish_keys").counters == sent("check_health").counters == []

    @pytest.mark.parametrize(
        ("given", "kept"), [("mine-1", True), ("x" * 128, True), ("x" * 129, False), ("a b", False)]
    )
    def test_only_a_valid_request_id_is_forwarded(self, sent, given, kept):
        request_id = sent("ingest_events", **{"X-Request-Id": given}).headers["x-request-id"]

        assert (request_id == given) == kept
        assert len(request_id) == (len(given) if kept else 32)
