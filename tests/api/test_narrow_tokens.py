"""POST /api/v1/auth/token with `scope` and `user_id`; test names begin with the response status."""

import pytest

from api.domain.reference import ApiKey, hash_api_key
from tests.api.token_service import PUBLISHABLE_KEY, SECRET_KEY, TOKEN_URL, claims_of, is_problem
from tests.support import an_event, send

READ_KEY = "rk_local_acme"
ALL = "events:read events:write insights:read metrics:read"


@pytest.fixture
def narrow(service):
    """Return a function that requests a token for a key with limits."""

    async def narrow(api_key, **limits):
        return await service.client.post(TOKEN_URL, json={"api_key": api_key} | limits)

    return narrow


async def test_200_a_read_only_key_reads_and_does_not_write(service):
    issued = await service.exchange_key(READ_KEY)
    service.client.headers["Authorization"] = f"Bearer {issued.json()['access_token']}"
    written = await send(service.client, an_event())

    assert issued.json()["scope"] == "events:read insights:read metrics:read"
    assert (await service.client.get("/api/v1/events")).status_code == 200
    assert (await service.client.get("/api/v1/metrics/summary")).status_code == 200
    assert (written.status_code, written.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize(
    ("api_key", "scope", "granted"),
    [
        (SECRET_KEY, "events:read", "events:read"),
        (SECRET_KEY, "metrics:read events:read", "events:read metrics:read"),
        (SECRET_KEY, " events:read  events:read ", "events:read"),
        (SECRET_KEY, ALL, ALL),
        (READ_KEY, "metrics:read", "metrics:read"),
        (PUBLISHABLE_KEY, "events:write", "events:write"),
    ],
)
async def test_200_the_token_has_the_requested_scopes_only(narrow, api_key, scope, granted):
    response = await narrow(api_key, scope=scope)

    assert (response.status_code, response.json()["scope"]) == (200, granted)
    assert claims_of(response)["scope"] == granted


@pytest.mark.parametrize("scope", [{}, {"scope": "events:read"}])
async def test_200_a_token_for_one_user_reads_events_only(narrow, scope):
    response = await narrow(SECRET_KEY, user_id="Zoë 🦊", **scope)

    assert (response.status_code, response.json()["scope"]) == (200, "events:read")
    assert claims_of(response)["bound_user_id"] == "Zoë 🦊"


async def test_200_a_recent_token_is_only_returned_for_the_same_limits(narrow):
    limits = [{}, {"scope": "events:read"}, {"user_id": "user-1"}, {"user_id": "user-2"}]
    first = [(await narrow(SECRET_KEY, **each)).json()["access_token"] for each in limits]
    again = [(await narrow(SECRET_KEY, **each)).json()["access_token"] for each in limits]
    same = (await narrow(SECRET_KEY, scope="events:read", user_id="user-1")).json()

    assert again == first
    assert len(set(first)) == len(limits)
    assert same["access_token"] == first[2]


@pytest.mark.parametrize("scope", ["events:write", "events:write metrics:read"])
async def test_200_a_token_that_can_not_read_events_counts_as_public(narrow, service, scope):
    """Such a token is fit for a page, where anybody can read it."""
    issued = await narrow(SECRET_KEY, scope=scope)
    assert (await service.me(issued)).json()["organizations"] == []
    service.client.headers["Authorization"] = f"Bearer {issued.json()['access_token']}"
    assert (await send(service.client, an_event())).status_code == 201
    reader = await narrow(READ_KEY)
    service.client.headers["Authorization"] = f"Bearer {reader.json()['access_token']}"
    [event] = (await service.client.get("/api/v1/events")).json()["data"]

    assert event["source"] == "public"


async def test_200_a_token_exchange_can_be_narrowed(service):
    id_token = await service.id_token(sub="usr_ada")
    scoped = await service.exchange(id_token, "org_acme", scope="events:read metrics:read")
    bound = await service.exchange(id_token, "org_acme", user_id="user-1")

    assert scoped.json()["scope"] == "events:read metrics:read"
    assert (claims_of(scoped)["role"], claims_of(scoped)["sub"]) == ("admin", "usr_ada")
    assert (bound.json()["scope"], claims_of(bound)["bound_user_id"]) == ("events:read", "user-1")


@pytest.mark.parametrize(
    ("api_key", "limits", "expected"),
    [
        (READ_KEY, {"scope": "events:write"}, "events:read, insights:read, metrics:read"),
        (
            READ_KEY,
            {"scope": "events:read events:write"},
            "events:read, insights:read, metrics:read",
        ),
        (PUBLISHABLE_KEY, {"scope": "events:read"}, "events:write"),
        (
            SECRET_KEY,
            {"scope": "keys:manage"},
            "events:read, events:write, insights:read, metrics:read",
        ),
        (SECRET_KEY, {"scope": "events"}, "events:read, events:write, insights:read, metrics:read"),
        (SECRET_KEY, {"scope": "events:read\tevents:write"}, "separated by spaces"),
        (SECRET_KEY, {"scope": ""}, "events:read, events:write, insights:read, metrics:read"),
        (SECRET_KEY, {"scope": " "}, "events:read, events:write, insights:read, metrics:read"),
        (SECRET_KEY, {"scope": ALL, "user_id": "user-1"}, "events:read with user_id"),
        (SECRET_KEY, {"scope": "metrics:read", "user_id": "user-1"}, "events:read with user_id"),
        (PUBLISHABLE_KEY, {"user_id": "user-1"}, "a key that reads events"),
    ],
)
async def test_400_names_the_scopes_that_are_possible(narrow, api_key, limits, expected):
    response = await narrow(api_key, **limits)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_scope")
    assert expected in response.json()["detail"]


async def test_400_when_a_role_lacks_the_scope(service):
    id_token = await service.id_token(sub="usr_ada")
    response = await service.exchange(id_token, "org_globex", scope="keys:manage")

    assert (response.status_code, response.json()["code"]) == (400, "invalid_scope")


async def test_401_for_an_unknown_key_before_its_scopes_are_checked(narrow):
    response = await narrow("ak_unknown", scope="nonsense")

    assert (response.status_code, response.json()["code"]) == (401, "credential_invalid")


@pytest.mark.parametrize(
    ("limits", "pointer"),
    [
        ({"user_id": None}, "/user_id"),  # a mistake in a program must not remove the limit
        ({"user_id": ""}, "/user_id"),
        ({"user_id": 7}, "/user_id"),
        ({"user_id": "x" * 257}, "/user_id"),
        ({"user_id": "a\0b"}, "/user_id"),
        ({"scope": None}, "/scope"),
        ({"scope": ["events:read"]}, "/scope"),
        ({"scope": "x" * 257}, "/scope"),
    ],
)
async def test_422_names_the_invalid_field(narrow, limits, pointer):
    response = await narrow(SECRET_KEY, **limits)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_payload")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


async def test_200_the_fields_of_generic_oauth_clients_are_accepted(service):
    fields = {
        "client_id": "dashboard",
        "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
    }
    response = await service.exchange(await service.id_token(), "org_acme", **fields)

    assert response.status_code == 200


@pytest.mark.parametrize("query", ["user_id=user-1", "scope=events:read", "org_id=org_acme"])
async def test_400_limits_in_the_query_are_refused_and_not_ignored(service, query):
    grant = {"api_key": SECRET_KEY}
    response = await service.client.post(f"{TOKEN_URL}?{query}", json=grant)

    assert is_problem(response, 400, "invalid_parameter")
    assert response.json()["errors"][0]["pointer"] == f"/query/{query.partition('=')[0]}"


@pytest.mark.parametrize(
    "field", ["userId", "user", "scopes", "org_id", "subject_token", "client_id", "usr\n"]
)
async def test_422_an_unknown_field_is_refused_for_an_api_key(service, field):
    """It may be a misspelt limit; without it, the token would be unlimited."""
    grant = {"api_key": SECRET_KEY, field: "user-1"}
    response = await service.client.post(TOKEN_URL, json=grant)

    assert is_problem(response, 422, "invalid_payload")
    assert [fault["pointer"] for fault in response.json()["errors"]] == [f"/{field}"]


@pytest.mark.parametrize("field", ["userId", "scopes", "api_key", "audience", "actor_token"])
async def test_422_an_unknown_field_is_refused_for_an_id_token(service, field):
    id_token = await service.id_token(sub="usr_ada")
    response = await service.exchange(id_token, "org_acme", **{field: "user-1"})

    assert is_problem(response, 422, "invalid_payload")
    assert [fault["pointer"] for fault in response.json()["errors"]] == [f"/{field}"]


async def test_a_key_of_an_unknown_kind_has_no_scopes(narrow, app):
    """A later version may have stored it."""
    key = ApiKey(hash_api_key("xk_new"), "org_acme", "newer", "", "2026-01-01T00:00:00Z")
    await app.state.resources.store.create(key)

    assert (await narrow("xk_new")).json()["scope"] == ""
    assert (await narrow("xk_new", scope="events:read")).status_code == 400
