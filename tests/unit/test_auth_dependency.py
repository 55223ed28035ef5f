"""The dependency that turns the Authorization header into a caller and checks scope and org_id."""

from types import SimpleNamespace
from typing import Annotated

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient

from api import manifest
from api.app import load_router
from api.auth.caller import EVENTS_READ, Caller
from api.auth.claims import ACCESS_TOKEN
from api.auth.jwks import JwksCache
from api.auth.verifier import JwtVerifier
from api.dependencies import CallerDep, requires
from api.middleware import add_middleware
from api.problems import add_problem_handlers
from api.services.work_limits import WorkLimiter
from tests.support import ManualClock
from tests.tokens import AUDIENCE, ISSUER, KeyInMemory, access_claims, signed

TOKEN = signed(access_claims())


def application(fetch_keys):
    app, clock = FastAPI(), ManualClock()
    verifier = JwtVerifier(
        JwksCache(fetch_keys, now=clock),
        issuer=ISSUER,
        audience=AUDIENCE,
        profile=ACCESS_TOKEN,
        now=clock,
    )
    app.state.resources = SimpleNamespace(verifier=verifier, now=clock, limiter=WorkLimiter(0))
    add_problem_handlers(app)
    add_middleware(app, cors_origins=())

    @app.get("/anything")
    async def anything(caller: CallerDep) -> str:
        return caller.org_id

    @app.get("/events")
    async def events(caller: Annotated[Caller, requires(EVENTS_READ)]) -> str:
        return caller.org_id

    return app


async def call(path="/events", *authorization, app=None):
    transport = ASGITransport(app or application(KeyInMemory().public_keys))
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path, headers=[("Authorization", each) for each in authorization])


def is_problem(response, status, code):
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.json()["code"] == code
    return True


class Test200:
    async def test_a_valid_token_gives_a_caller(self):
        response = await call("/events", f"Bearer {TOKEN}")

        assert (response.status_code, response.json()) == (200, "org_acme")

    @pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR", "Bearer  "])
    async def test_the_scheme_is_case_insensitive(self, scheme):
        assert (await call("/events", f"{scheme} {TOKEN}")).status_code == 200

    async def test_the_own_organisation_may_be_named(self):
        assert (await call("/events?org_id=org_acme", f"Bearer {TOKEN}")).status_code == 200


class Test401:
    async def test_without_a_token_the_challenge_names_only_the_scheme(self):
        response = await call("/events")

        assert is_problem(response, 401, "token_missing")
        assert response.headers["www-authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        "header",
        [
            "",
            "Bearer",
            "Bearer ",
            TOKEN,
            f"Basic {TOKEN}",
            f"Token {TOKEN}",
            f"Bearer {TOKEN} {TOKEN}",
            f"Bearer {TOKEN},Bearer {TOKEN}",
            f"Bearer: {TOKEN}",
            'Bearer "quoted"',
            "Bearer garbage",
        ],
    )
    async def test_a_malformed_header_is_an_invalid_token(self, header):
        response = await call("/events", header)

        assert is_problem(response, 401, "token_invalid")
        assert response.headers["www-authenticate"].startswith('Bearer error="invalid_token", ')

    async def test_two_authorization_headers_are_refused(self):
        response = await call("/events", f"Bearer {TOKEN}", f"Bearer {TOKEN}")

        assert is_problem(response, 401, "token_invalid")

    async def test_a_token_in_the_query_is_ignored(self):
        assert is_problem(await call(f"/events?access_token={TOKEN}"), 401, "token_missing")

    async def test_an_expired_token_has_its_own_code(self):
        expired = signed(access_claims(exp=0))

        assert is_problem(await call("/events", f"Bearer {expired}"), 401, "token_expired")

    async def test_the_response_never_contains_the_token(self):
        response = await call("/events", "Bearer my-secret-token")

        assert "my-secret" not in response.text + str(response.headers)


class Test403:
    @pytest.mark.parametrize("path", ["/events", "/anything"])
    @pytest.mark.parametrize(
        "query", ["org_id=org_globex", "org_id=", "org_id=org_acme&org_id=org_globex"]
    )
    async def test_no_other_organisation_may_be_named_on_any_route(self, path, query):
        response = await call(f"{path}?{query}", f"Bearer {TOKEN}")

        assert is_problem(response, 403, "tenant_mismatch")
        assert "org_globex" not in response.text

    async def test_a_missing_scope_is_named(self):
        writer = signed(access_claims(scope="events:write"))
        response = await call("/events", f"Bearer {writer}")

        assert is_problem(response, 403, "insufficient_scope")
        assert response.headers["www-authenticate"] == (
            'Bearer error="insufficient_scope", scope="events:read"'
        )

    async def test_a_route_without_a_scope_accepts_a_token_without_scopes(self):
        nothing = signed(access_claims(scope=""))

        assert (await call("/anything", f"Bearer {nothing}")).status_code == 200


async def test_503_when_the_issuers_keys_are_unavailable():
    async def fail():
        raise OSError

    response = await call("/events", f"Bearer {TOKEN}", app=application(fail))

    assert is_problem(response, 503, "identity_provider_unavailable")
    assert response.headers["retry-after"] == "30"


def test_every_route_except_these_requires_a_caller():
    app = FastAPI()
    for name in manifest.ROUTERS:
        app.include_router(load_router(name))
    operations = [o for path in app.openapi()["paths"].values() for o in path.values()]

    assert {o["operationId"] for o in operations if "security" not in o} == {
        "accept_invitation",  # has its credential, an ID token, in the body
        "create_organization",  # as accept_invitation
        "beacon_events",  # has its credential in the body
        "issue_token",
        "open_share",  # has its credential, the secret of a link, in the body
        "publish_keys",
        "describe_issuer",
        "check_health",
    }


async def test_the_openapi_document_requires_a_bearer_token():
    document = (await call("/openapi.json")).json()
    [(name, scheme)] = document["components"]["securitySchemes"].items()

    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    assert document["paths"]["/events"]["get"]["security"] == [{name: []}]
    assert document["paths"]["/anything"]["get"]["security"] == [{name: []}]
