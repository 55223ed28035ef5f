"""Two organisations share ids, keys, users and times, and neither learns that the other exists.

The walk makes calls of every operation in the OpenAPI document, in a world with the other
organisation's data and in one without: the answers must be the same to the byte.
"""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response

from api.app import create_app, open_emulated
from api.domain.metrics import Metric, MetricValue
from api.domain.reference import Membership, User
from api.routers.auth import TOKEN_EXCHANGE
from api.services.rollups import catch_up, sweep
from api.settings import Settings
from api.stores.protocol import Store
from cosmos_emulator import Emulator, Request
from tests.support import START, ManualClock, an_event

EVENTS, SUMMARY, TYPES = "/api/v1/events", "/api/v1/metrics/summary", "/api/v1/event-types"
ME, TOKEN = "/api/v1/me", "/api/v1/auth/token"
ID_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:id_token"
COUNTS = {"acme": 60, "globex": 70}  # events, so that one has some that the other lacks


@dataclass(frozen=True)
class Call:
    """One request. `caller` holds an API key of the organisation, or is a user of it or of both."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    key: str = ""
    caller: str = "secret"
    media_type: str = "application/json"

    def naming(self, organization: str) -> "Call":
        return replace(self, query=(*self.query, ("org_id", f"org_{organization}")))


@dataclass(frozen=True)
class Walk:
    """Who walks, and what they have got hold of."""

    me: str
    other: str
    foreign_cursor: str
    id_token: str


def own_events(organization: str, *numbers: int, **changes: object) -> dict[str, object]:
    """A body of events that are the same in both organisations, but for what they are about."""
    return {
        "events": [
            an_event(
                number,
                event_type=f"only_{organization}" if number % 2 else "page_viewed",
                properties={"secret": f"only_{organization}"},
            )
            | changes
            for number in numbers
        ]
    }


def exchange(id_token: str, organization: str) -> dict[str, str]:
    return {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": id_token,
        "subject_token_type": ID_TOKEN_TYPE,
        "org_id": f"org_{organization}",
    }


def beacon(key: str, events: dict[str, object]) -> Call:
    body = {"api_key": key} | events
    return Call("POST", f"{EVENTS}/beacon", body=body, caller="", media_type="text/plain")


def get(path: str, *query: tuple[str, str], caller: str = "secret") -> Call:
    return Call("GET", path, query, caller=caller)


CALLS: dict[str, Callable[[Walk], list[Call]]] = {
    "ingest_events": lambda walk: [
        Call("POST", EVENTS, body=own_events(walk.me, 0, 65, 75)),
        Call("POST", EVENTS, body=own_events(walk.me, 0, 66, 76), key=f"key-of-{walk.other}"),
        Call("POST", EVENTS, body=own_events(walk.other, 1), key=f"key-of-{walk.other}"),
        Call("POST", EVENTS, body=own_events(walk.other, 1), key="same-key"),
        Call("POST", EVENTS, body=own_events(walk.me, 67), caller="publishable"),
        Call("POST", EVENTS, body=own_events(walk.me, 68, org_id=f"org_{walk.other}")),
        Call("POST", EVENTS, body=own_events(walk.me, 69), caller="viewer"),
    ],
    "beacon_events": lambda walk: [
        beacon(f"pk_local_{walk.me}", own_events(walk.me, 0, 65, 77)),
        beacon(f"ak_local_{walk.me}", own_events(walk.me, 70, org_id=f"org_{walk.other}")),
    ],
    "query_events": lambda walk: [
        get(EVENTS),
        get(EVENTS, ("limit", "7"), ("order", "asc")),
        get(EVENTS, ("user_id", "user-1")),
        get(EVENTS, ("event_type", f"only_{walk.other}")),
        get(EVENTS, ("start_date", "2026-03-10T11:01:00Z"), ("order", "asc"), ("limit", "1")),
        get(EVENTS, ("cursor", walk.foreign_cursor), ("limit", "7")),
        get(EVENTS, caller="viewer"),
        get(EVENTS, caller="publishable"),
    ],
    "summarize_metrics": lambda walk: [
        get(SUMMARY),
        get(SUMMARY, ("metrics", "revenue"), ("metrics[]", "active_users")),
        get(SUMMARY, ("metrics", f"only_{walk.other}")),
        get(SUMMARY, ("metrics", f"events.only_{walk.other}")),
        get(SUMMARY, ("metrics", f"events.only_{walk.me}"), caller="viewer"),
        get(SUMMARY, caller="publishable"),
    ],
    "list_event_types": lambda _: [get(TYPES), get(TYPES, caller="viewer")],
    "describe_caller": lambda _: [get(ME), get(ME, caller="user"), get(ME, caller="publishable")],
    "issue_token": lambda walk: [
        Call("POST", TOKEN, body={"api_key": f"ak_local_{walk.me}"}, caller=""),
        Call("POST", TOKEN, body=exchange(walk.id_token, walk.me), caller=""),
        Call("POST", TOKEN, body=exchange(walk.id_token, walk.other), caller=""),
        Call("POST", TOKEN, body=exchange(walk.id_token, "nobody"), caller=""),
    ],
    "publish_keys": lambda _: [get("/.well-known/jwks.json", caller="")],
    "describe_issuer": lambda _: [get("/.well-known/openid-configuration", caller="")],
    "check_health": lambda _: [get("/healthz", caller="")],
}


class World:
    """The app on a store of its own, in which some organisations live."""

    def __init__(self, client: AsyncClient, store: Store) -> None:
        self._client = client
        self.store = store
        self._tokens: dict[tuple[str, str], str] = {}

    async def settle(self, organization: str) -> None:
        """Events, keys, metrics and people, the same as elsewhere where they can be."""
        org_id = f"org_{organization}"
        for record in (
            Metric(org_id, "revenue", "sum"),
            Metric(org_id, f"only_{organization}", "sum"),
            MetricValue(org_id, "revenue", START.date().isoformat(), COUNTS[organization]),
            User(f"usr_{organization}", "", "", "", "", ""),
            Membership(f"usr_{organization}", org_id, "admin", ""),
            Membership("usr_both", org_id, "viewer", ""),
        ):
            await self.store.create(record)
        first = range(COUNTS[organization])
        for key, numbers in {"same-key": first, f"key-of-{organization}": [1]}.items():
            call = Call("POST", EVENTS, body=own_events(organization, *numbers), key=key)
            assert (await self.answer(organization, call)).status_code == 201

    async def fold(self) -> None:
        await catch_up(self.store)
        await sweep(self.store)

    async def answer(self, organization: str, call: Call) -> Response:
        headers = {"X-Request-Id": "same", "Content-Type": call.media_type}
        if call.caller:
            headers["Authorization"] = f"Bearer {await self._token(organization, call.caller)}"
        if call.key:
            headers["Idempotency-Key"] = call.key
        content = None if call.body is None else json.dumps(call.body)
        return await self._client.request(
            call.method, call.path, params=list(call.query), content=content, headers=headers
        )

    async def pages(self, organization: str, call: Call) -> list[Response]:
        """The answer, and those to all cursors that it leads to."""
        answers = [await self.answer(organization, call)]
        while cursor := answers[-1].json().get("next_cursor"):
            query = (*(pair for pair in call.query if pair[0] != "cursor"), ("cursor", cursor))
            answers.append(await self.answer(organization, replace(call, query=query)))
        return answers

    async def id_token(self, user_id: str) -> str:
        answer = await self._client.post("/local-identity/token", json={"user_id": user_id})
        return answer.json()["id_token"]

    async def operations(self) -> set[str]:
        document = (await self._client.get("/openapi.json")).json()
        return {op["operationId"] for path in document["paths"].values() for op in path.values()}

    async def _token(self, organization: str, caller: str) -> str:
        if (organization, caller) not in self._tokens:
            answer = await self._client.post(TOKEN, json=await self._grant(organization, caller))
            self._tokens[organization, caller] = answer.json()["access_token"]
        return self._tokens[organization, caller]

    async def _grant(self, organization: str, caller: str) -> dict[str, str]:
        match caller:
            case "user":
                return exchange(await self.id_token(f"usr_{organization}"), organization)
            case "viewer":  # a member of both organisations, with a token for one
                return exchange(await self.id_token("usr_both"), organization)
            case kind:
                return {"api_key": f"{'ak' if kind == 'secret' else 'pk'}_local_{organization}"}


@pytest.fixture
async def world_of(settings: Settings, clock: ManualClock) -> AsyncGenerator[Any]:
    """A world in which these organisations live; all worlds have the same secrets and clock."""
    async with AsyncExitStack() as stack:

        async def world_of(*organizations: str, emulator: Emulator) -> World:
            stack.callback(emulator.close)
            app = create_app(
                settings, open_store=lambda s: open_emulated(s, emulator), now=clock, folds=False
            )
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = await stack.enter_async_context(
                AsyncClient(transport=ASGITransport(app), base_url="http://api.test")
            )
            world = World(client, app.state.services.store)
            await world.store.create(User("usr_both", "", "", "", "", ""))
            for organization in organizations:
                await world.settle(organization)
            await world.fold()
            return world

        yield world_of


@pytest.fixture(params=[("acme", "globex"), ("globex", "acme")], ids=["acme", "globex"])
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture
def emulator(clock: ManualClock) -> Emulator:
    """Of the world in which both live."""
    return Emulator(clock=lambda: clock().timestamp())


@pytest.fixture
async def shared(world_of, pair: tuple[str, str], emulator: Emulator) -> World:
    return await world_of(*pair, emulator=emulator)


@pytest.fixture
async def alone(world_of, pair: tuple[str, str], clock: ManualClock) -> World:
    return await world_of(pair[0], emulator=Emulator(clock=lambda: clock().timestamp()))


@pytest.fixture
async def walk(shared: World, pair: tuple[str, str]) -> Walk:
    me, other = pair
    page = await shared.answer(other, get(EVENTS, ("limit", "7")))
    return Walk(me, other, page.json()["next_cursor"], await shared.id_token(f"usr_{me}"))


def comparable(answer: Response) -> tuple[object, ...]:
    """All that a caller sees, but for a token's random id."""
    body = answer.json()
    body.pop("access_token", None)
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return answer.status_code, headers, body


def reveals(answer: Response, walk: Walk, call: Call) -> bool:
    """It holds a name of the other's that was not in the question."""
    names = [f"{prefix}_{walk.other}" for prefix in ("org", "only", "usr", "ak", "pk")]
    return any(name in answer.text and name not in repr(call) for name in names)


async def test_no_answer_depends_on_the_others_data(shared: World, alone: World, walk: Walk):
    assert await shared.operations() == CALLS.keys()  # say here how a new operation is called

    for name, calls in CALLS.items():
        codes = set[int]()
        for call in calls(walk):
            answers = await shared.pages(walk.me, call)
            without_other = await alone.pages(walk.me, call)
            codes |= {answer.status_code for answer in answers}

            assert [*map(comparable, answers)] == [*map(comparable, without_other)], call
            assert not any(reveals(answer, walk, call) for answer in answers), call
        assert min(codes) in (200, 201), name  # so there was something to see


async def test_the_other_organisation_can_not_be_named(shared: World, walk: Walk):
    for calls in CALLS.values():
        for call in filter(lambda call: call.caller, calls(walk)):
            answer = await shared.answer(walk.me, call.naming(walk.other))
            nobody = await shared.answer(walk.me, call.naming("nobody"))

            assert answer.status_code == 403
            assert answer.json()["code"] == "tenant_mismatch"
            assert comparable(answer) == comparable(nobody)


async def test_nothing_that_one_does_is_seen_by_the_other(shared: World, walk: Walk):
    looks = [*CALLS["query_events"](walk), *CALLS["summarize_metrics"](walk), get(TYPES)]

    async def look() -> list[list[tuple[object, ...]]]:
        return [[*map(comparable, await shared.pages(walk.other, call))] for call in looks]

    before = await look()
    for calls in CALLS.values():
        for call in calls(walk):
            await shared.answer(walk.me, call)
    await shared.fold()

    assert await look() == before


async def test_a_cursor_of_the_others_is_no_cursor(shared: World, walk: Walk):
    call = get(EVENTS, ("limit", "7"), ("cursor", walk.foreign_cursor))

    assert (await shared.answer(walk.other, call)).status_code == 200
    assert (await shared.answer(walk.me, call)).json()["code"] == "invalid_cursor"


ADMINISTRATIVE = {  # queries for no organisation in particular: container, first condition
    ("events", "c.type = 'delta'"),  # which days of all organisations wait for a fold
    ("users", "c.id >= @first"),  # the local identity provider's sign-in page
    ("memberships", "c.user_id = @owner"),  # a user's own
}


async def test_every_query_names_the_organisation(shared: World, walk: Walk, emulator: Emulator):
    queries: list[tuple[str, str]] = []
    organizations = set[str]()

    def note(request: Request) -> None:
        if request.operation == "query":
            body: Any = request.json()
            queries.append((request.container, body["query"].partition(" WHERE ")[2]))
            values = [str(parameter["value"]) for parameter in body["parameters"]]
            organizations.update(value for value in values if value.startswith("org_"))

    emulator.interceptors.append(note)
    for calls in CALLS.values():
        for call in calls(walk):
            await shared.pages(walk.me, call)

    assert organizations == {f"org_{walk.me}"}
    assert {container for container, _ in queries} >= {"events", "rollups", "metrics"}
    await shared.fold()
    unnamed = {query for query in queries if "c.org_id = @" not in query[1]}
    assert {(box, where.partition(" AND ")[0]) for box, where in unnamed} == ADMINISTRATIVE
