"""Error messages say what to change in plain English, without terms of Python or its libraries."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from httpx2 import AsyncClient, Response
from pydantic_core._pydantic_core import list_all_errors
from pydantic_core.core_schema import ErrorType

from api.app import create_app
from api.domain.field_patterns import VISIBLE_TEXT, in_plain_words
from api.settings import Settings
from tests.api.token_service import TOKEN_URL
from tests.support import EVENTS, an_event

DOCUMENT = create_app(Settings()).openapi()
FOREIGN = re.compile(
    r"Input should|valid (string|integer|list|dictionary)|[Vv]alue error|unable to parse"
    r"|than or equal|Field required|Extra inputs|\bdict\b|None\b|\bint\b|timedelta|isoformat"
    r"|pattern|regex|\^\[|Expecting|\(char \d|surrogates not allowed|codec|decompress|Error|errno"
    r"|<class|object at 0x|\{\w+\}"
)
SENTENCE = re.compile(r"(must|is|has|contains|holds)\b.{5,}", re.DOTALL)
WRONG: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    10**40,
    "",
    " ",
    "x" * 300,
    "a\0b",
    "\u202e",
    "ünï",
    [],
    [1],
    {},
    {"x": 1},
    "2026-13-01T00:00:00Z",
    "2026-03-10T11:00:00+99:99",
    "2026-03-10T11:00:00",
]
RAW = ["", "%20", "x", "1.0", "-1", "0", "99999", "9" * 5000, "%00", "%ff", "2026-02-30", "x" * 300]
BAD_JSON = [
    b"",
    b"{",
    b"[1,]",
    b"nul",
    b"\xff",
    b'{"a": "\\ud83d"}',
    b"\xef\xbb\xbf{}",
    b"{} x",
    b"[" * 2000,
    b"NaN",
    b"1e",
    b"'a'",
]


def sentences(response: Response) -> Iterator[str]:
    """Yield the detail of a problem and of each of its errors."""
    problem = response.json()
    assert problem["detail"].endswith("."), problem
    yield problem["detail"]
    errors = [*problem.get("errors", []), *(r.get("error") for r in problem.get("results", []))]
    for error in filter(None, errors):
        assert SENTENCE.fullmatch(error["detail"]), error
        yield error["detail"]


def assert_in_plain_words(response: Response) -> None:
    if response.status_code >= 400 or response.status_code == 207:
        assert response.status_code < 500, response.text
        said = response.text if response.status_code == 207 else " ".join(sentences(response))
        assert not FOREIGN.search(said), said


@pytest.mark.parametrize("error", list_all_errors(), ids=lambda error: error["type"])
def test_no_error_type_keeps_the_message_of_pydantic(error: dict[str, Any]):
    values = error["example_context"] or {}
    if error["type"] == "string_pattern_mismatch":
        values = {"pattern": VISIBLE_TEXT}
    if error["type"] == "literal_error":
        values = {"expected": "'asc' or 'desc'"}
    fault = {"type": error["type"], "msg": error["example_message_python"], "ctx": values}
    said = in_plain_words(fault)

    assert SENTENCE.fullmatch(said)
    assert not FOREIGN.search(said)
    assert fault["msg"] not in said


def test_every_pydantic_error_type_is_covered():
    assert {error["type"] for error in list_all_errors()} == set(get_args(ErrorType))


PARAMETERS = [
    (path, method, [p["name"] for p in operation["parameters"] if p["in"] != "header"])
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if "parameters" in operation
]


@pytest.mark.parametrize(("path", "method", "names"), PARAMETERS)
async def test_invalid_parameters_are_described_in_plain_words(
    admin: AsyncClient, path: str, method: str, names: list[str]
):
    assert_in_plain_words(await admin.request(method, f"{path}?usr=1"))
    for name in names:
        for value in RAW:
            where = path.replace(f"{{{name}}}", value or "x")
            query = "" if where != path else f"?{name}={value}"
            assert_in_plain_words(await admin.request(method, where + query))
        for query in (f"{name}=a&{name}=b", "&".join(f"{name}=a" for _ in range(60))):
            assert_in_plain_words(await admin.request(method, f"{path}?{query}"))


EVENT = an_event(
    org_id="org_acme", source="trusted", clock_offset_ms=0, clock_skew_ms=1, received_at=""
)
BATCH = {"events": [EVENT], "sent_at": "2026-03-10T12:00:00Z"}
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token": "a.b.c",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "org_id": "org_acme",
}
JSON, TEXT, FORM = "application/json", "text/plain", "application/x-www-form-urlencoded"
BODIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ingest": (EVENTS, JSON, BATCH),
    "beacon with a key": (f"{EVENTS}/beacon", TEXT, BATCH | {"api_key": "pk_local_acme"}),
    "beacon with a token": (f"{EVENTS}/beacon", TEXT, BATCH | {"access_token": "a.b.c"}),
    "key": (TOKEN_URL, JSON, {"api_key": "ak_local_acme"}),
    "exchange": (TOKEN_URL, JSON, EXCHANGE),
    "form": (TOKEN_URL, FORM, EXCHANGE),
    "new key": ("/api/v1/keys", JSON, {"name": "a", "kind": "secret"}),
}


def changes(body: dict[str, Any]) -> Iterator[Any]:
    """Yield copies of the body, each with one wrong value in one place."""
    places: list[list[str | int]] = [["unknown"], *([name] for name in body)]
    if "events" in body:
        places += [["events", 0], ["events", 0, "usr"], *(["events", 0, name] for name in EVENT)]
    for place in places:
        for value in WRONG:
            yield changed(body, place, value)
        if place[-1] != 0:
            yield changed(body, place, ...)


def changed(body: Any, place: list[str | int], value: Any) -> Any:
    if not place:
        return value
    first, *rest = place
    if isinstance(body, list):
        return [changed(body[0], rest, value)]
    inner = changed(body.get(first), rest, value)
    return {name: member for name, member in (body | {first: inner}).items() if member is not ...}


@pytest.mark.parametrize("name", BODIES)
async def test_invalid_bodies_are_described_in_plain_words(admin: AsyncClient, name: str):
    path, media_type, body = BODIES[name]
    headers = {"Content-Type": media_type}
    for wrong in changes(body):
        if media_type == FORM:
            response = await admin.post(path, data=wrong, headers=headers)
        else:
            response = await admin.post(path, content=json.dumps(wrong), headers=headers)
        assert_in_plain_words(response)
    for wrong in WRONG if media_type != FORM else []:
        assert_in_plain_words(await admin.post(path, content=json.dumps(wrong), headers=headers))


@pytest.mark.parametrize("name", ["ingest", "beacon with a key", "key", "new key"])
async def test_malformed_json_is_described_in_plain_words(admin: AsyncClient, name: str):
    path, media_type, _ = BODIES[name]
    for content in BAD_JSON:
        response = await admin.post(path, content=content, headers={"Content-Type": media_type})
        assert_in_plain_words(response)
        if response.json()["code"] == "malformed_json":
            assert re.search(r"line \d+, column \d+", response.json()["detail"])


async def test_malformed_gzip_is_described_in_plain_words(admin: AsyncClient):
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    for content in (b"", b"x", b"\x1f\x8b", b"\x1f\x8b\x08" + bytes(20)):
        response = await admin.post(EVENTS, content=content, headers=headers)

        assert response.json()["code"] == "malformed_encoding"
        assert_in_plain_words(response)


async def test_invalid_forms_are_described_in_plain_words(admin: AsyncClient):
    for content in (b"\xff", b"a=1&a=2", b"&".join([b"a=1"] * 50), b"%", b"api_key=ak_local_acme"):
        response = await admin.post(
            TOKEN_URL,
            content=content,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert_in_plain_words(response)


@pytest.mark.parametrize("token", ["x", "a.b.c", "e30.e30.", "eyJhbGciOiJub25lIn0.e30.", "\xff"])
async def test_invalid_tokens_are_described_in_plain_words(http: AsyncClient, token: str):
    response = await http.get("/api/v1/me", headers={"Authorization": f"Bearer {token}".encode()})

    assert response.status_code == 401
    assert_in_plain_words(response)
