"""A token bound to a user reads that user's events, with every filter and cursor, and no more."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.backends import open_emulated
from api.settings import Settings
from cosmos_emulator import Emulator
from tests.fuzz.amount import FUZZ
from tests.support import EVENTS, ManualClock, an_event, send

USERS = ("user-1", "user-2", "user-1 ", "USER-1", "Zoë")
TYPES = ("page_viewed", "signed_up", "user-1")
DAYS = ("2026-03-08", "2026-03-09", "2026-03-10")
STORED = [
    an_event(
        number,
        user_id=USERS[number % len(USERS)],
        event_type=TYPES[number % len(TYPES)],
        timestamp=f"{DAYS[number * 7 % 3]}T0{number * 5 % 7}:00:00.000000Z",
    )
    for number in range(60)
]


class Api:
    """A synchronous client of an app that holds STORED."""

    def __init__(self, settings: Settings) -> None:
        self._clock = ManualClock()
        self._emulator = Emulator(clock=lambda: self._clock().timestamp())
        app = create_app(
            settings,
            open_store=lambda s: open_emulated(s, self._emulator),
            now=self._clock,
            folds=False,
        )
        self._runner, self._stack = asyncio.Runner(), AsyncExitStack()
        self._client = AsyncClient(transport=ASGITransport(app), base_url="http://api.test")
        self._runner.run(self._stack.enter_async_context(app.router.lifespan_context(app)))
        self._tokens: dict[str | None, str] = {}
        self._client.headers["Authorization"] = self.authorization(None, "ak_local_acme")
        assert self._runner.run(send(self._client, *STORED)).status_code == 201
        self.operations: dict[str, Any] = app.openapi()["paths"]

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.run(self._stack.aclose())
        self._runner.close()
        self._emulator.close()

    def authorization(self, user_id: str | None, api_key: str = "rk_local_acme") -> str:
        limits = {} if user_id is None else {"user_id": user_id}
        response = self.request("POST", "/api/v1/auth/token", json={"api_key": api_key} | limits)
        return f"Bearer {response.json()['access_token']}"

    def request(self, method: str, path: str, **options: Any) -> Response:
        return self._runner.run(self._client.request(method, path, **options))

    def listing(self, user_id: str | None, query: dict[str, Any]) -> Response:
        """Request a page with a token that is bound to this user; None: an unbound token."""
        if user_id not in self._tokens:
            self._tokens[user_id] = self.authorization(user_id)
        headers = {"Authorization": self._tokens[user_id]}
        return self.request("GET", EVENTS, params=query, headers=headers)

    def pages(self, user_id: str | None, query: dict[str, Any]) -> list[Any]:
        """Return the pages of the query, by following its cursors."""
        pages = [self.listing(user_id, query).raise_for_status().json()]
        while cursor := pages[-1]["next_cursor"]:
            response = self.listing(user_id, query | {"cursor": cursor})
            pages.append(response.raise_for_status().json())
        return pages


@pytest.fixture(scope="module")
def api(key_files: Path) -> Iterator[Api]:
    api = Api(Settings(data_dir=key_files))
    yield api
    api.close()


MOMENTS = st.sampled_from([*DAYS, "2026-03-09T03:00:00Z"])
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "event_type": st.lists(st.sampled_from(TYPES), min_size=1, max_size=2),
        "start_date": MOMENTS,
        "end_date": MOMENTS.map(lambda moment: max(moment, "2026-03-09T03:00:00Z")),
        "order": st.sampled_from(["asc", "desc"]),
        "limit": st.integers(1, 7),
        "org_id": st.just("org_acme"),
    },
).filter(lambda query: query.get("start_date", "") <= query.get("end_date", "9"))


def expected(user_id: str, query: dict[str, Any]) -> list[str]:
    """Return the ids of the user's stored events that fit the query, in its order."""
    types, first = query.get("event_type", TYPES), query.get("start_date", "")
    last = query.get("end_date", "9")
    last += "T23:59:59" if len(last) == 10 else ""
    found = [
        (str(event["timestamp"]), str(event["event_id"]))
        for event in STORED
        if event["user_id"] == user_id
        and event["event_type"] in types
        and first[:19] <= str(event["timestamp"])[:19] <= last[:19]
    ]
    return [event_id for _, event_id in sorted(found, reverse=query.get("order") != "asc")]


@FUZZ
@given(st.sampled_from(USERS), QUERIES, st.booleans())
def test_a_bound_token_reads_exactly_that_users_events(api, user_id, query, names_user):
    named = {"user_id": user_id} if names_user else {}
    events = [event for page in api.pages(user_id, query | named) for event in page["data"]]

    assert [event["event_id"] for event in events] == expected(user_id, query)


@FUZZ
@given(
    st.sampled_from(USERS),
    st.sampled_from([None, *USERS]),
    st.sampled_from([None, *USERS]),
    QUERIES,
    QUERIES,
)
def test_no_cursor_of_another_listing_widens_a_bound_token(
    api, user_id, issuer, filtered, query, other
):
    """The cursor may come from an unbound token or another user's, with any filters."""
    named = {} if filtered is None or issuer is not None else {"user_id": filtered}
    cursors = [page["next_cursor"] for page in api.pages(issuer, query | named)][:-1]
    for cursor in cursors[:2]:
        for parameters in (query, other, query | {"user_id": user_id}):
            response = api.listing(user_id, parameters | {"cursor": cursor})
            if response.status_code != 200:
                assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")
                continue
            assert {issuer or filtered} == {user_id}
            assert {event["user_id"] for event in response.json()["data"]} <= {user_id}


@pytest.mark.parametrize("user_id", ["user-2", "user-1 ", "USER-1", "nobody", ""])
def test_another_user_in_the_query_is_refused(api, user_id):
    response = api.listing("user-1", {"user_id": user_id})
    twice = api.listing("user-1", {"user_id": ["user-1", user_id]})

    assert (response.status_code, response.json()["code"]) == (403, "token_bound")
    assert (twice.status_code, twice.json()["code"]) == (403, "token_bound")


def test_the_link_to_the_next_page_works_with_the_same_token(api):
    response = api.listing("user-1", {"limit": 2})
    path = response.headers["Link"].partition("<")[2].partition(">")[0]
    headers = {"Authorization": api.authorization("user-1")}
    following = api.request("GET", path, headers=headers)

    assert {event["user_id"] for event in following.json()["data"]} == {"user-1"}


def test_every_other_operation_refuses_a_bound_token(api):
    """A new operation refuses it too, unless its route says that it can be narrowed to one user."""
    headers = {"Authorization": api.authorization("user-1", "ak_local_acme")}
    refused = set()
    for path, operations in api.operations.items():
        for method, operation in operations.items():
            if "security" in operation and operation["operationId"] != "query_events":
                where = path.replace("{key_id}", "0" * 64)
                response = api.request(method.upper(), where, headers=headers)
                refused.add(operation["operationId"])

                assert response.status_code == 403, operation["operationId"]
                assert response.json()["code"] == "token_bound", operation["operationId"]
    assert refused >= {
        "ingest_events",
        "summarize_metrics",
        "list_event_types",
        "report_usage",
        "describe_caller",
        "list_keys",
        "create_key",
        "revoke_key",
    }


def test_the_beacon_refuses_a_bound_token(api):
    token = api.authorization("user-1", "ak_local_acme").removeprefix("Bearer ")
    body = json.dumps({"access_token": token, "events": [an_event(99, user_id="user-1")]})
    response = api.request(
        "POST", f"{EVENTS}/beacon", content=body, headers={"Content-Type": "text/plain"}
    )

    assert (response.status_code, response.json()["code"]) == (403, "token_bound")
