"""GET /api/v1/organization; test names begin with the response status."""

from dataclasses import replace

from api.domain.reference import DELETED, Organization
from tests.api.token_service import is_problem

PATH = "/api/v1/organization"


async def test_200_the_caller_s_organisation(admin):
    response = await admin.get(PATH)

    assert response.status_code == 200
    assert response.json() == {
        "org_id": "org_acme",
        "name": "Acme Corporation",
        "plan": "enterprise",
        "status": "active",
        "created_at": "2026-01-01T00:00:00.000000Z",
        "timezone": "UTC",
    }


async def test_403_for_a_viewer_and_for_an_api_key(service, acme):
    viewer = await service.headers_of("usr_ada", "org_globex")

    assert is_problem(await service.client.get(PATH, headers=viewer), 403, "insufficient_scope")
    assert is_problem(await acme.get(PATH), 403, "insufficient_scope")


async def test_403_for_an_organisation_other_than_the_token_s(admin):
    assert is_problem(await admin.get(f"{PATH}?org_id=org_globex"), 403, "tenant_mismatch")


async def test_404_while_the_organisation_is_deleted(admin, store):
    known = await store.read(Organization, "org_acme")
    await store.replace(replace(known.record, status=DELETED), version=known.version)

    assert is_problem(await admin.get(PATH), 404, "not_found")
    assert is_problem(await admin.patch(PATH, json={"name": "Acme Ltd"}), 404, "not_found")
    new_key = {"name": "server", "kind": "secret"}
    assert is_problem(await admin.post("/api/v1/keys", json=new_key), 404, "not_found")


async def test_401_without_a_token(http):
    assert is_problem(await http.get(PATH), 401, "token_missing")


async def test_429_when_the_store_throttles(admin, service):
    service.throttle()

    assert is_problem(await admin.get(PATH), 429, "throttled")
