"""Two organisations share ids, keys, users and times, and neither learns that the other exists.

The walk makes calls of every operation in the OpenAPI document, in a world with the other
organisation's data and in one without: the answers must be the same to the byte.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response

from api.app import create_app, open_emulated
from api.domain.reference import User
from api.settings import Settings
from cosmos_emulator import Emulator, Request
from tests.api.tenants import CALLS, EVENTS, KEYS, TYPES, Call, Walk, World, content_of, get
from tests.support import ManualClock


@pytest.fixture
async def world_of(settings: Settings, clock: ManualClock) -> AsyncGenerator[Any]:
    """Return a world with these organisations; all worlds have the same secrets and clock."""
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
            world = World(client, app.state.resources.store)
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
    """Return the emulator of the world with both organisations."""
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
    """Return what a caller sees, without the random parts of tokens and new keys."""
    body = content_of(answer)
    body.pop("access_token", None)
    if body.pop("api_key", None):
        del body["key_id"]
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return answer.status_code, headers, body


def reveals(answer: Response, walk: Walk, call: Call) -> bool:
    """Return whether the response has a name of the other's that the request lacks."""
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
        assert min(codes) in (200, 201, 204), name  # so there was something to see


async def test_the_other_organisation_can_not_be_named(shared: World, walk: Walk):
    for calls in CALLS.values():
        for call in filter(lambda call: call.caller, calls(walk)):
            answer = await shared.answer(walk.me, call.naming(walk.other))
            nobody = await shared.answer(walk.me, call.naming("nobody"))

            assert answer.status_code == 403
            assert answer.json()["code"] == "tenant_mismatch"
            assert comparable(answer) == comparable(nobody)


async def test_nothing_that_one_does_is_seen_by_the_other(shared: World, walk: Walk):
    looks = [
        *CALLS["query_events"](walk),
        *CALLS["summarize_metrics"](walk),
        get(TYPES),
        get(KEYS, caller="user"),
    ]

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
