"""Rules for every response: request id, trace, log line, CORS headers and problem documents."""

import json
import logging
import re

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from api.domain.reference import hash_api_key
from api.logs import JsonLines
from api.stores.protocol import Unavailable

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture):
    """Return the request log as JSON."""
    caplog.set_level(logging.INFO, logger="api.request")
    return lambda: [
        json.loads(JsonLines().format(record))
        for record in caplog.records
        if record.name == "api.request"
    ]


class TestRequestId:
    async def test_every_response_has_a_request_id(self, http: AsyncClient):
        responses = [await http.get(path) for path in ("/healthz", "/nowhere", "/api/v1/events")]

        assert len({response.headers["X-Request-Id"] for response in responses}) == 3
        assert responses[1].json()["request_id"] == responses[1].headers["X-Request-Id"]

    @pytest.mark.parametrize(
        ("given", "is_kept"), [("mine-1", True), ("a b", False), ("x" * 129, False)]
    )
    async def test_a_valid_id_of_the_client_is_kept(
        self, http: AsyncClient, given: str, *, is_kept: bool
    ):
        response = await http.get("/healthz", headers={"X-Request-Id": given})

        assert (response.headers["X-Request-Id"] == given) == is_kept


class TestLog:
    async def test_one_line_per_request(self, acme: AsyncClient, lines):
        await acme.get("/api/v1/events?user_id=secret", headers={"X-Request-Id": "mine"})
        line = lines()[-1]

        assert {
            "method": "GET",
            "path": "/api/v1/events",
            "status": 200,
            "request_id": "mine",
            "org_id": "org_acme",
            "subject": f"api_key:{hash_api_key('ak_local_acme')[:16]}",
        }.items() <= line.items()
        assert line["duration_ms"] > 0
        assert "secret" not in json.dumps(line)

    @pytest.mark.parametrize(
        ("method", "path", "logged"),
        [
            ("GET", "/api/v1/users/secret/export", "/api/v1/users/{user_id}/export"),
            ("HEAD", "/api/v1/users/secret/export", "/api/v1/users/…"),
            ("GET", "/api/v1/users/sec/ret/export", "/api/v1/users/…"),
            ("PUT", "/api/v1/users/secret", "/api/v1/users/{user_id}"),
            ("GET", "/nowhere", "/nowhere"),
        ],
    )
    async def test_a_line_does_not_contain_an_id_in_the_path(
        self, acme: AsyncClient, lines, method: str, path: str, logged: str
    ):
        await acme.request(method, path)
        line = lines()[-1]

        assert line["path"] == logged
        assert not re.search("secret|sec/ret", json.dumps(line))

    async def test_an_error_is_logged_with_code_and_reason(self, http, app: FastAPI, lines):
        async def fail() -> None:
            raise Unavailable("connection refused")

        app.state.resources.store.check = fail
        await http.get("/healthz")
        await http.get("/api/v1/events")

        assert [line["code"] for line in lines()] == ["store_unavailable", "token_missing"]
        assert lines()[0]["reason"] == "connection refused"

    @pytest.mark.parametrize(
        ("header", "is_continued"),
        [
            (f"00-{TRACE}-b7ad6b7169203331-01", True),
            (f"cc-{TRACE}-b7ad6b7169203331-01-more", True),
            (f"ff-{TRACE}-b7ad6b7169203331-01", False),
            (f"00-{'0' * 32}-b7ad6b7169203331-01", False),
            (f"00-{TRACE}-{'0' * 16}-01", False),
            (f"00-{TRACE.upper()}-b7ad6b7169203331-01", False),
            ("garbage", False),
        ],
    )
    async def test_a_trace_is_continued_and_an_invalid_header_starts_a_new_one(
        self, http: AsyncClient, lines, header: str, *, is_continued: bool
    ):
        response = await http.get("/healthz", headers={"traceparent": header})

        assert response.status_code == 200
        assert (lines()[-1]["trace_id"] == TRACE) == is_continued
        assert len(lines()[-1]["trace_id"]) == 32


class TestCors:
    ORIGIN = "http://localhost:3000"

    async def test_a_preflight_is_answered_without_a_token(self, http: AsyncClient):
        response = await http.options(
            "/api/v1/events",
            headers={
                "Origin": self.ORIGIN,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
            },
        )

        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == self.ORIGIN
        assert "X-Request-Id" in response.headers

    async def test_errors_have_cors_headers_too(self, http: AsyncClient, app: FastAPI):
        app.state.resources.store.check = None
        for path, status in (("/api/v1/events", 401), ("/nowhere", 404), ("/healthz", 500)):
            response = await http.get(path, headers={"Origin": self.ORIGIN})

            assert response.status_code == status
            assert response.headers["Access-Control-Allow-Origin"] == self.ORIGIN

    async def test_other_origins_get_no_cors_headers(self, http: AsyncClient):
        response = await http.get("/healthz", headers={"Origin": "http://evil.test"})

        assert "Access-Control-Allow-Origin" not in response.headers


class TestHttp:
    @pytest.mark.parametrize("path", ["/healthz/", "/api/v1/events/", "/docs/", "/api/v1/keys/"])
    async def test_no_request_is_redirected(self, http: AsyncClient, path: str):
        response = await http.get(path, headers={"Host": "evil.test"})

        assert response.status_code == 404
        assert "Location" not in response.headers

    @pytest.mark.parametrize("path", ["/healthz", "/.well-known/jwks.json", "/docs", "/nowhere"])
    async def test_head_is_get_without_the_body(self, http: AsyncClient, path: str):
        head, get = await http.head(path), await http.get(path)

        assert head.status_code == get.status_code
        assert head.content == b""
        same = ("Content-Type", "Content-Length", "Cache-Control")
        assert {name: head.headers[name] for name in same} == {n: get.headers[n] for n in same}

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("DELETE", "/api/v1/events", "GET, HEAD, POST"),
            ("PUT", "/api/v1/keys", "GET, HEAD, POST"),
            ("POST", "/healthz", "GET, HEAD"),
            ("HEAD", "/api/v1/auth/token", "POST"),
        ],
    )
    async def test_allow_lists_every_method_of_the_path(self, http, method, path, allowed):
        response = await http.request(method, path)

        assert response.status_code == 405
        assert response.headers["Allow"] == allowed

    @pytest.mark.parametrize(
        ("path", "cache"),
        [
            ("/healthz", "no-store"),
            ("/api/v1/me", "no-store"),
            ("/api/v1/events", "no-store"),
            ("/nowhere", "no-store"),
            ("/.well-known/jwks.json", "public, max-age=300"),
        ],
    )
    async def test_no_response_is_stored_or_sniffed_unless_it_is_public(
        self, acme: AsyncClient, path: str, cache: str
    ):
        response = await acme.get(path)

        assert response.headers["Cache-Control"] == cache
        assert response.headers["X-Content-Type-Options"] == "nosniff"


class TestProblems:
    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/nowhere", 404, "not_found"),
            ("DELETE", "/api/v1/events", 405, "method_not_allowed"),
            ("GET", "/api/v1/events", 401, "token_missing"),
        ],
    )
    async def test_every_refusal_is_a_problem_document(self, http, method, path, status, code):
        response = await http.request(method, path)

        assert response.status_code == status
        assert response.headers["Content-Type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code", "request_id"} <= response.json().keys()
        assert response.json()["code"] == code

    async def test_an_internal_error_is_a_500_without_details(self, http, app: FastAPI, lines):
        app.state.resources.store.check = None  # calling None raises a TypeError
        response = await http.get("/healthz")

        assert response.status_code == 500
        assert response.json()["code"] == "internal"
        assert "NoneType" not in response.text
        assert any("NoneType" in line.get("exception", "") for line in lines())


class TestDocuments:
    @pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
    async def test_the_documentation_is_served(self, http: AsyncClient, path: str):
        assert (await http.get(path)).status_code == 200

    async def test_the_root_leads_to_the_documentation(self, http: AsyncClient):
        response = await http.get("/")

        assert (response.status_code, response.headers["Location"]) == (307, "/docs")

    @pytest.mark.parametrize("path", ["/docs", "/redoc"])
    async def test_the_documentation_loads_nothing_from_other_hosts(self, http, path: str):
        page = await http.get(path)
        loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)

        assert loaded
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        for address in loaded:
            assert address.startswith("/docs/assets/")
            assert (await http.get(address)).status_code == 200

    async def test_the_document_has_exactly_these_operations(self, http: AsyncClient):
        paths = (await http.get("/openapi.json")).json()["paths"]
        operations = {op["operationId"] for path in paths.values() for op in path.values()}

        assert operations == {
            "ingest_events",
            "query_events",
            "beacon_events",
            "summarize_metrics",
            "list_event_types",
            "report_usage",
            "query_trends",
            "query_funnel",
            "list_dropped_users",
            "query_retention",
            "list_properties",
            "list_users",
            "describe_user",
            "issue_token",
            "publish_keys",
            "describe_issuer",
            "describe_caller",
            "list_keys",
            "create_key",
            "revoke_key",
            "describe_organization",
            "update_organization",
            "list_members",
            "add_member",
            "change_member",
            "remove_member",
            "read_audit_log",
            "create_erasure",
            "list_erasures",
            "describe_erasure",
            "export_user",
            "list_invitations",
            "create_invitation",
            "revoke_invitation",
            "accept_invitation",
            "create_organization",
            "list_views",
            "create_view",
            "describe_view",
            "update_view",
            "delete_view",
            "list_boards",
            "create_board",
            "describe_board",
            "update_board",
            "delete_board",
            "list_annotations",
            "create_annotation",
            "describe_annotation",
            "update_annotation",
            "delete_annotation",
            "list_shares",
            "create_share",
            "revoke_share",
            "open_share",
            "list_alerts",
            "create_alert",
            "describe_alert",
            "update_alert",
            "delete_alert",
            "rotate_alert_secret",
            "test_alert",
            "check_health",
        }

    async def test_fastapis_unused_validation_error_is_not_documented(self, http: AsyncClient):
        assert "HTTPValidationError" not in (await http.get("/openapi.json")).text
