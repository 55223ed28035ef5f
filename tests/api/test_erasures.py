"""POST and GET /api/v1/erasures; test names begin with the response status."""

from dataclasses import replace

import pytest

from api.domain.erasures import COPIES_OUTSIDE, FAILED, FAILURES_MAX
from api.domain.reference import AuditEntry, Organization
from api.services.archive import catch_up as archive
from api.services.erasure_jobs import NO_WAITS, Eraser
from api.services.organizations import put
from tests.api.lake_client import lake_of
from tests.api.token_service import is_problem
from tests.support import an_event, send

PATH = "/api/v1/erasures"


@pytest.fixture
def erase(app, clock, settings):
    """Work on the requested erasures until they are done, as the background task does."""

    async def erase() -> None:
        store = app.state.resources.store
        lake = lake_of(settings)
        await archive(store, lake)
        await Eraser(store, lake, clock, waits=NO_WAITS).work()

    return erase


async def ask(admin, user_id="user-1"):
    return await admin.post(PATH, json={"user_id": user_id})


async def test_202_the_erasure_is_queued_and_audited(admin, store):
    response = await ask(admin)
    [entry] = await store.find(AuditEntry, "org_acme")
    body = response.json()

    assert response.status_code == 202
    assert body == {
        "erasure_id": f"ers_{body['user_id_hash'][:32]}",
        "user_id_hash": body["user_id_hash"],
        "status": "queued",
        "created_at": "2026-03-10T12:00:00.000000Z",
        "created_by": "usr_ada",
        "receipt": None,
    }
    assert (entry.action, entry.target) == ("user.erase", body["user_id_hash"])
    assert entry.details == {"erasure_id": body["erasure_id"]}
    assert entry.request_id == response.headers["X-Request-Id"]
    assert "user-1" not in response.text


async def test_202_the_same_user_has_one_erasure(admin, store, erase):
    first = await ask(admin)
    assert (await ask(admin)).json() == first.json()
    await erase()
    again = await ask(admin)

    assert (again.status_code, again.json()["status"]) == (202, "done")
    assert (await store.read(Organization, "org_acme")).record.erasures == 1
    assert len(await store.find(AuditEntry, "org_acme")) == 1


async def test_200_a_completed_erasure_has_a_receipt(admin, app, erase, settings):
    await send(admin, *(an_event(n) for n in range(16)), key="a")  # three of user-1
    await archive(app.state.resources.store, lake_of(settings))
    asked = (await ask(admin)).json()
    await erase()
    response = await admin.get(f"{PATH}/{asked['erasure_id']}")
    receipt = response.json()["receipt"]

    assert response.json() == asked | {"status": "done", "receipt": receipt}
    assert receipt == {
        "events_deleted": 3,
        "days_touched": 1,
        "dead_letters_deleted": 0,
        "lake_files_rewritten": 1,
        "verified_at": "2026-03-10T12:00:00.000000Z",
        "copies_outside": [*COPIES_OUTSIDE],
    }


async def test_200_a_failed_erasure_starts_again_if_it_is_requested_again(admin, store, clock):
    asked = (await ask(admin)).json()
    for _ in range(FAILURES_MAX):
        await Eraser(store, None, clock, has_lake=True, settle=fail, waits=NO_WAITS).work()
    assert (await admin.get(f"{PATH}/{asked['erasure_id']}")).json()["status"] == FAILED

    assert (await ask(admin)).json()["status"] == "queued"


async def fail(org_id: str) -> None:
    raise ValueError(org_id)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_200_pages_contain_every_erasure_once_newest_first(admin, clock, limit):
    asked = []
    for n in range(3):
        clock.forward(seconds=1)
        asked.append((await ask(admin, f"user-{n}")).json())
    found, cursor = [], {}
    while True:
        page = (await admin.get(PATH, params={"limit": limit, **cursor})).json()
        assert len(page["data"]) <= limit
        found += page["data"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert found == asked[::-1]


async def test_401_without_a_token(http):
    assert is_problem(await http.post(PATH, json={"user_id": "user-1"}), 401, "token_missing")


async def test_403_an_api_key_can_not_erase(acme, store):
    assert is_problem(await ask(acme), 403, "insufficient_scope")
    assert await store.find(AuditEntry, "org_acme") == []


@pytest.mark.parametrize("erasure_id", ["ers_unknown", "key", "subject~ers_x", "suppressed~1"])
async def test_404_an_unknown_erasure(admin, erasure_id):
    await ask(admin)
    assert is_problem(await admin.get(f"{PATH}/{erasure_id}"), 404, "not_found")


@pytest.mark.parametrize(
    "body", [{}, {"user_id": ""}, {"user_id": 1}, {"user_id": "a\u0000"}, {"user_id": "x" * 300}]
)
async def test_422_an_invalid_user_id(admin, body):
    response = await admin.post(PATH, json=body)

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/user_id"


ROUTES = [
    ("POST", PATH, {"user_id": "user-1"}),
    ("GET", PATH, None),
    ("GET", f"{PATH}/ers_x", None),
    ("GET", "/api/v1/users/user-1/export", None),
]


async def test_403_a_suspended_organisation_erases_nobody(admin, store):
    known = await store.read(Organization, "org_acme")
    await put(store, replace(known.record, status="suspended"))

    assert is_problem(await ask(admin), 403, "organization_suspended")


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
@pytest.mark.parametrize(
    ("limits", "code"), [({}, "insufficient_scope"), ({"user_id": "user-1"}, "token_bound")]
)
async def test_403_a_read_key_even_for_the_user_of_its_token(
    http, method, path, body, limits, code
):
    key = {"api_key": "rk_local_acme", **limits}
    token = (await http.post("/api/v1/auth/token", json=key)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    response = await http.request(method, path, json=body, headers=headers)

    assert is_problem(response, 403, code)
