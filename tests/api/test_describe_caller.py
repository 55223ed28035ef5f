"""GET /api/v1/me returns the caller and their organisations."""

from tests.api.token_service import PUBLISHABLE_KEY, SECRET_KEY

SINCE = {"created_at": "2026-01-01T00:00:00.000000Z", "timezone": "UTC"}
ACME = {"org_id": "org_acme", "name": "Acme Corporation", "plan": "enterprise"} | SINCE
GLOBEX = {"org_id": "org_globex", "name": "Globex Industries", "plan": "growth"} | SINCE


async def test_200_a_user_sees_all_of_their_organisations(service):
    issued = await service.exchange(await service.id_token(sub="usr_ada"), "org_globex")
    response = await service.me(issued)

    assert response.status_code == 200
    assert response.json() == {
        "subject": "usr_ada",
        "kind": "user",
        "org_id": "org_globex",
        "role": "viewer",
        "scopes": ["events:read", "insights:read", "metrics:read"],
        "organizations": [ACME | {"role": "admin"}, GLOBEX | {"role": "viewer"}],
    }


async def test_200_a_user_does_not_see_other_organisations(service):
    issued = await service.exchange(await service.id_token(sub="usr_bob"), "org_globex")

    assert (await service.me(issued)).json()["organizations"] == [GLOBEX | {"role": "member"}]


async def test_200_a_secret_key_sees_only_its_own_organisation(service):
    issued = await service.exchange_key(SECRET_KEY)
    body = (await service.me(issued)).json()

    assert (body["kind"], body["role"], body["org_id"]) == ("api_key", None, "org_acme")
    assert body["organizations"] == [ACME | {"role": None}]
    assert SECRET_KEY not in str(body)


async def test_200_a_publishable_key_sees_neither_name_nor_plan_of_its_organisation(service):
    issued = await service.exchange_key(PUBLISHABLE_KEY)
    response = await service.me(issued)

    assert response.json()["org_id"] == "org_acme"
    assert response.json()["organizations"] == []
    assert "Acme Corporation" not in response.text
    assert "enterprise" not in response.text


async def test_401_without_a_token(service):
    response = await service.client.get("/api/v1/me")

    assert (response.status_code, response.json()["code"]) == (401, "token_missing")


async def test_403_for_an_organisation_other_than_the_token_s(service):
    issued = await service.exchange(await service.id_token(sub="usr_ada"), "org_globex")
    response = await service.me(issued, "?org_id=org_acme")

    assert (response.status_code, response.json()["code"]) == (403, "tenant_mismatch")


async def test_429_when_the_store_throttles(service):
    issued = await service.exchange_key(SECRET_KEY)
    service.throttle()
    response = await service.me(issued)

    assert (response.status_code, response.headers["retry-after"]) == (429, "3")
