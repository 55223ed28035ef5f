"""`POST /api/v1/organizations`: test names begin with the response status."""

import pytest

from api.domain.reference import AuditEntry, Organization
from tests.api.token_service import is_problem

PATH = "/api/v1/organizations"
CY = {"sub": "usr_cy", "email": "cy@acme.example", "email_verified": True, "name": "Cy"}


@pytest.fixture
def create(service):
    service.change(sign_up_is_open=True)

    async def create(name="Northwind", headers=None, **claims):
        body = {"id_token": await service.id_token(**{**CY, **claims}), "name": name}
        return await service.client.post(PATH, json=body, headers=headers)

    return create


async def test_201_the_person_can_administer_the_new_organisation(create, service):
    made = await create()
    org_id = made.json()["org_id"]
    issued = await service.exchange(await service.id_token(**CY), org_id)
    headers = {"Authorization": f"Bearer {issued.json()['access_token']}"}
    described = (await service.client.get("/api/v1/organization", headers=headers)).json()
    key = {"name": "server", "kind": "secret"}

    assert (made.status_code, made.json()["role"]) == (201, "owner")
    assert (described["name"], described["plan"]) == ("Northwind", "starter")
    created = await service.client.post("/api/v1/keys", json=key, headers=headers)
    assert created.status_code == 201


async def test_201_the_act_is_audited_with_the_person_and_the_request(create, store):
    made = await create(headers={"X-Request-Id": "r1"})
    [entry] = await store.find(AuditEntry, made.json()["org_id"])

    assert (entry.action, entry.request_id) == ("organization.create", "r1")
    assert (entry.actor_type, entry.actor_id) == ("user", "usr_cy")


async def test_201_the_same_response_for_a_repeated_request(create):
    first, again = await create(), await create()

    assert (again.status_code, again.json()) == (first.status_code, first.json())


async def test_403_sign_up_is_closed_by_default(http):
    response = await http.post(PATH, json={"id_token": "x", "name": "Northwind"})

    assert is_problem(response, 403, "sign_up_closed")


@pytest.mark.parametrize("changes", [{"email_verified": False}, {"email": ...}])
async def test_403_without_a_verified_email_address(create, store, changes):
    response = await create(**changes)

    assert is_problem(response, 403, "email_not_verified")
    assert not any(one.name == "Northwind" for one in await store.find(Organization, None))


async def test_422_for_a_fourth_organisation_of_a_person(create):
    made = [await create(name) for name in ("A", "B", "C", "D")]

    assert [response.status_code for response in made] == [201, 201, 201, 422]
    assert is_problem(made[-1], 422, "organization_limit_reached")


@pytest.mark.parametrize("name", ["", "a" * 101, "a\nb", " ", "\u202eabc"])
async def test_422_for_an_invalid_name(create, name):
    response = await create(name)

    assert is_problem(response, 422, "invalid_payload")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/name"]


async def test_401_for_an_invalid_id_token(service):
    service.change(sign_up_is_open=True)
    body = {"id_token": "a.b.c", "name": "Northwind"}

    assert is_problem(await service.client.post(PATH, json=body), 401, "token_invalid")


async def test_400_for_a_query_parameter(http):
    response = await http.post(f"{PATH}?name=x", json={"id_token": "x", "name": "Northwind"})

    assert is_problem(response, 400, "invalid_parameter")
