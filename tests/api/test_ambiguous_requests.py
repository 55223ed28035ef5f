"""A request that could be read in two ways is refused, even after the host joined its headers."""

import gzip
import json

import pytest
from httpx2 import AsyncClient

from api.app import create_app
from api.domain.json_limits import repeated_member
from api.settings import Settings
from tests.api.token_service import TokenService
from tests.support import EVENTS, an_event, everything

TOKEN = "/api/v1/auth/token"
JSON = {"Content-Type": "application/json"}
BODY = json.dumps({"events": [an_event()]})


@pytest.mark.parametrize(
    ("header", "values", "code"),
    [
        ("Idempotency-Key", ["a", "b"], "idempotency_key_invalid"),
        ("Idempotency-Key", ["a,b"], "idempotency_key_invalid"),
        ("Idempotency-Key", ['"a","b"'], "idempotency_key_invalid"),
        ("Content-Type", ["application/json; a=b", "text/plain"], "invalid_parameter"),
        ("Content-Type", ["application/json; a=b,text/plain"], "invalid_parameter"),
        ("Content-Encoding", ["identity", "gzip"], "invalid_parameter"),
        ("Content-Encoding", ["identity,gzip"], "invalid_parameter"),
        ("Authorization", ["Bearer a", "Bearer b"], "token_invalid"),
        ("Authorization", ["Bearer a,Bearer b"], "token_invalid"),
    ],
)
async def test_a_repeated_header_is_refused_even_after_the_host_joined_it(
    acme: AsyncClient, header: str, values: list[str], code: str
):
    first = [(name, value) for name, value in JSON.items() if name != header]
    if header == "Authorization":
        del acme.headers["Authorization"]
    headers = first + [(header, value) for value in values]
    response = await acme.post(EVENTS, content=BODY, headers=headers)

    assert response.json()["code"] == code
    assert response.status_code == (401 if code == "token_invalid" else 400)


IDS = {
    "user_id": "user_007",
    "view_id": f"view_{'0' * 16}",
    "board_id": f"board_{'0' * 16}",
    "annotation_id": f"annotation_{'0' * 16}",
    "alert_id": f"alert_{'0' * 16}",
}
WITH_A_BODY = [
    (method.upper(), path.format_map(IDS), media_type)
    for path, operations in create_app(Settings()).openapi()["paths"].items()
    for method, operation in operations.items()
    if operation["operationId"] != "ingest_events"
    for media_type in operation.get("requestBody", {"content": {}})["content"]
]
LOCAL_SIGN_IN = ("POST", "/local-identity/token", "application/json")


@pytest.mark.parametrize(("method", "path", "media_type"), [*WITH_A_BODY, LOCAL_SIGN_IN])
async def test_only_ingest_accepts_an_encoded_body(
    service: TokenService, method: str, path: str, media_type: str
):
    service.change(sign_up_is_open=True)
    sent = [("Content-Type", media_type), *(await service.headers_of("user_001")).items()]

    async def code_for(*encodings: str) -> tuple[int, str]:
        headers = [*sent, *(("Content-Encoding", one) for one in encodings)]
        response = await service.client.request(method, path, content="{}", headers=headers)
        return response.status_code, response.json().get("code")

    for encoding in ("gzip", "br", "nonsense"):
        assert await code_for(encoding) == (415, "unsupported_encoding")
    assert await code_for("identity", "identity") == (400, "invalid_parameter")
    assert await code_for("Identity") == await code_for()


async def test_a_quoted_key_may_contain_a_comma(acme: AsyncClient):
    headers = JSON | {"Idempotency-Key": '"a,b"'}

    assert (await acme.post(EVENTS, content=BODY, headers=headers)).status_code == 201


@pytest.mark.parametrize(
    "limit", ["1.0", "%20%201", "%2B1", "+1", "1_0", "1e1", "-1", "0x1", "\u0661"]
)
async def test_a_limit_may_contain_only_digits(acme: AsyncClient, limit: str):
    response = await acme.get(f"{EVENTS}?limit={limit}")

    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")
    assert response.json()["detail"].startswith("limit must be a whole number")


@pytest.mark.parametrize(
    "body",
    [
        '{"events": [EVENT], "events": []}',
        '{"events": [], "events": [EVENT]}',
        r'{"events": [EVENT], "\u0065vents": []}',
        '{"sent_at": "2026-03-10T12:00:00Z", "events": [EVENT], "sent_at": null}',
        ' {\n"events"\t:\r[EVENT] , "events" : "}" } ',
        '{"events": [EVENT, {"properties": 1e999}], "events": []}',
    ],
)
async def test_a_repeated_member_is_refused_and_no_event_is_stored(acme: AsyncClient, body: str):
    content = body.replace("EVENT", json.dumps(an_event()))
    packed = gzip.compress(content.encode())
    responses = [
        await acme.post(EVENTS, content=content, headers=JSON),
        await acme.post(EVENTS, content=packed, headers=JSON | {"Content-Encoding": "gzip"}),
    ]

    for response in responses:
        assert response.json()["errors"][0]["code"] == "repeated"
        assert response.json()["errors"][0]["pointer"] in ("/events", "/sent_at")
    assert await everything(acme) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (TOKEN, '{"api_key": "ak_local_acme", "api_key": "ak_local_globex"}'),
        (f"{EVENTS}/beacon", '{"api_key": "pk_local_acme", "api_key": "", "events": [EVENT]}'),
        ("/api/v1/keys", '{"name": "a", "kind": "secret", "kind": "publishable"}'),
    ],
)
async def test_a_repeated_credential_or_key_member_is_refused(
    admin: AsyncClient, path: str, body: str
):
    content = body.replace("EVENT", json.dumps(an_event()))
    media_type = "text/plain" if path.endswith("beacon") else "application/json"
    response = await admin.post(path, content=content, headers={"Content-Type": media_type})

    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "repeated")


async def test_member_names_inside_events_are_not_repeated_members(acme: AsyncClient):
    inside = {"events": [{"events": '"events": "events"', "\\u0065vents": {}}], "sent_at": "events"}
    event = an_event(properties=inside, event_type="events", user_id='"events"')
    response = await acme.post(EVENTS, content=json.dumps({"events": [event]}), headers=JSON)

    assert response.status_code == 201


def test_no_repeated_member_is_found_in_valid_json():
    assert repeated_member(b'["events", "events"]', ["events"]) is None
    assert repeated_member(b'"\\u0065"', ["events"]) is None
    assert repeated_member(b'{"a": "\\u0065"}', ["events"]) is None
    assert repeated_member(b"{}", ["events"]) is None
    assert repeated_member(b'{ } "\\u0065"', ["events"]) is None
