"""Neither of two organisations with equal ids, keys, users and times learns of the other.

The test calls every operation in the OpenAPI document on two app instances. Only the first holds
the other organisation's data. Both must return the same bytes.
"""

import shutil
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response

from api.app import create_app
from api.backends import open_emulated
from api.domain.reference import User
from api.settings import OPEN, Settings
from cosmos_emulator import Emulator, Request
from tests.api.lake_client import lake_of
from tests.api.tenant_calls import EVENTS, KEYS, TYPES, Call, Scenario, get
from tests.api.tenant_view_calls import CALLS
from tests.api.tenants import AppInstance, content_of
from tests.support import ManualClock


@pytest.fixture
async def build_instance(
    settings: Settings, clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Any]:
    """Build app instances for given organisations, all with the same secrets and clock."""
    async with AsyncExitStack() as stack:

        async def build_instance(*organizations: str, emulator: Emulator) -> AppInstance:
            stack.callback(emulator.close)
            folder = tmp_path_factory.mktemp("instance")
            shutil.copytree(settings.data_dir, folder, dirs_exist_ok=True)
            own = replace(settings, sign_up=OPEN, data_dir=folder, cursor_secret="same" * 8)
            app = create_app(
                own,
                open_store=lambda s: open_emulated(s, emulator),
                now=clock,
                folds=False,
            )
            await stack.enter_async_context(app.router.lifespan_context(app))
            client = await stack.enter_async_context(
                AsyncClient(transport=ASGITransport(app), base_url="http://api.test")
            )
            instance = AppInstance(client, app.state.resources.store, lake_of(own))
            await instance.store.create(User("usr_both", "", "", "", "", ""))
            for organization in organizations:
                await instance.add_organization(organization)
            await instance.fold()
            return instance

        yield build_instance


@pytest.fixture(params=[("acme", "globex"), ("globex", "acme")], ids=["acme", "globex"])
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture
def emulator(clock: ManualClock) -> Emulator:
    """Return the emulator of the app instance with both organisations."""
    return Emulator(clock=lambda: clock().timestamp())


@pytest.fixture
async def shared(build_instance, pair: tuple[str, str], emulator: Emulator) -> AppInstance:
    return await build_instance(*pair, emulator=emulator)


@pytest.fixture
async def without_other_org(
    build_instance, pair: tuple[str, str], clock: ManualClock
) -> AppInstance:
    return await build_instance(pair[0], emulator=Emulator(clock=lambda: clock().timestamp()))


@pytest.fixture
async def scenario(shared: AppInstance, pair: tuple[str, str]) -> Scenario:
    me, other = pair
    page = await shared.send(other, get(EVENTS, ("limit", "7")))
    return Scenario(me, other, page.json()["next_cursor"], await shared.id_token(f"usr_{me}"))


def comparable(response: Response) -> tuple[object, ...]:
    """Return what a caller sees, without tokens and new keys, which are random."""
    body = content_of(response)
    body.pop("access_token", None)
    if body.pop("api_key", None):
        del body["key_id"]
    if body.pop("invitation_token", None):
        del body["invitation_id"]
    if response.status_code == 201:
        for name in ("view_id", "board_id", "annotation_id", "alert_id"):
            body.pop(name, None)
    random = (
        ("secret", "share_id", "last_four") if "secret" in body else ("message_id", "duration_ms")
    )
    for name in random:
        body.pop(name, None)
    if any("entry_id" in entry for entry in body.get("data", ())):
        body["data"] = sorted(map(_without_random_ids, body["data"]))
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return response.status_code, headers, body


def _without_random_ids(entry: dict[str, Any]) -> str:
    """Return an entry of the audit log without its id, by which acts of one time are ordered."""
    is_new = entry["action"] in {
        "api_key.create",
        "invitation.create",
        "view.create",
        "board.create",
        "annotation.create",
        "share.create",
        "alert.create",
    }
    details = entry["details"] | ({"last_four": ""} if entry["action"] == "share.create" else {})
    target = "" if is_new else entry["target"]
    return repr(entry | {"entry_id": "", "target": target, "details": details})


def reveals(response: Response, scenario: Scenario, call: Call) -> bool:
    """Return whether the response has a name of the other organisation that the request lacks."""
    names = [f"{prefix}_{scenario.other}" for prefix in ("org", "only", "usr", "ak", "pk")]
    return any(name in response.text and name not in repr(call) for name in names)


async def test_no_response_depends_on_the_other_organisations_data(
    shared: AppInstance, without_other_org: AppInstance, scenario: Scenario
):
    assert await shared.operations() == CALLS.keys()  # add requests for a new operation to CALLS
    await without_other_org.id_token(f"usr_{scenario.me}")  # a sign-in is audited, as in `shared`

    for name, calls in CALLS.items():
        codes = set[int]()
        for call in calls(scenario):
            responses = await shared.pages(scenario.me, call)
            without_other = await without_other_org.pages(scenario.me, call)
            codes |= {response.status_code for response in responses}

            assert [*map(comparable, responses)] == [*map(comparable, without_other)], call
            assert not any(reveals(response, scenario, call) for response in responses), call
        assert min(codes) in (200, 201, 202, 204), name  # at least one request succeeded


async def test_naming_the_other_organisation_is_refused(shared: AppInstance, scenario: Scenario):
    for calls in CALLS.values():
        for call in filter(lambda call: call.caller, calls(scenario)):
            response = await shared.send(scenario.me, call.with_org_id(scenario.other))
            nobody = await shared.send(scenario.me, call.with_org_id("nobody"))

            assert response.status_code == 403
            assert response.json()["code"] == "tenant_mismatch"
            assert comparable(response) == comparable(nobody)


async def test_requests_of_one_organisation_do_not_affect_the_other(
    shared: AppInstance, scenario: Scenario
):
    reads = [
        *CALLS["query_events"](scenario),
        *CALLS["summarize_metrics"](scenario),
        *CALLS["query_trends"](scenario),
        *CALLS["list_users"](scenario),
        get(TYPES),
        get(KEYS, caller="user"),
    ]

    async def responses_to_other() -> list[list[tuple[object, ...]]]:
        return [[*map(comparable, await shared.pages(scenario.other, call))] for call in reads]

    before = await responses_to_other()
    for calls in CALLS.values():
        for call in calls(scenario):
            await shared.send(scenario.me, call)
    await shared.fold()

    assert await responses_to_other() == before


async def test_a_cursor_of_the_other_organisation_is_invalid(
    shared: AppInstance, scenario: Scenario
):
    call = get(EVENTS, ("limit", "7"), ("cursor", scenario.foreign_cursor))

    assert (await shared.send(scenario.other, call)).status_code == 200
    assert (await shared.send(scenario.me, call)).json()["code"] == "invalid_cursor"


ADMINISTRATIVE = {  # container and first condition of queries without an organisation
    ("events", "c.type = 'delta'"),  # finds the days to fold of all organisations
    ("users", "c.id >= @first"),  # lists users on the local identity provider's sign-in page
    ("memberships", "c.user_id = @owner"),  # lists the memberships of one user
}


async def test_every_query_filters_by_organisation(
    shared: AppInstance, scenario: Scenario, emulator: Emulator
):
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
        for call in calls(scenario):
            await shared.pages(scenario.me, call)

    assert organizations == {f"org_{scenario.me}"}
    assert {container for container, _ in queries} >= {"events", "rollups", "metrics"}
    await shared.fold()
    without_organization = {query for query in queries if "c.org_id = @" not in query[1]}
    assert {
        (box, where.partition(" AND ")[0]) for box, where in without_organization
    } == ADMINISTRATIVE
