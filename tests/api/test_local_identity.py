"""The local identity provider over HTTP: sample users, their ID tokens and its public keys."""

import csv
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient

from api.app import create_app
from api.backends import open_emulated
from api.domain.reference import AuditEntry, Membership, Organization, User
from api.services.organizations import LOCAL_ORGANIZATIONS, ensure_local_people
from api.stores.protocol import Unavailable
from tests.api.token_service import ID_ISSUER

SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"
SINCE = "2026-01-01T00:00:00.000000Z"


async def test_the_picker_lists_users_with_their_organisations(service):
    users = (await service.client.get("/local-identity/users")).json()

    organizations = {user["user_id"]: user["organizations"] for user in users}
    assert [org["org_id"] for org in organizations["usr_ada"]] == ["org_acme", "org_globex"]
    assert [org["org_id"] for org in organizations["usr_bob"]] == ["org_globex"]


async def test_without_sample_data_every_organisation_has_people_of_every_role(http):
    users = (await http.get("/local-identity/users")).json()

    roles = {(org["org_id"], org["role"]) for user in users for org in user["organizations"]}
    organizations = ("org_acme", "org_globex", "org_initech")
    assert roles == set(product(organizations, ("owner", "admin", "member", "viewer")))


async def test_sample_people_are_those_of_the_sample_data(http):
    users = (await http.get("/local-identity/users")).json()
    with (SAMPLE_DATA / "users.csv").open() as file:
        known = {(row["user_id"], row["name"], row["email"]) for row in csv.DictReader(file)}
    with (SAMPLE_DATA / "user_orgs.csv").open() as file:
        memberships = {tuple(row.values())[:3] for row in csv.DictReader(file)}

    assert {(user["user_id"], user["name"], user["email"]) for user in users} <= known
    for user in users:
        roles = {(user["user_id"], org["org_id"], org["role"]) for org in user["organizations"]}
        assert roles == {row for row in memberships if row[0] == user["user_id"]}


async def test_sample_people_are_not_added_to_a_store_with_people(settings, emulator):
    async with open_emulated(settings, emulator) as store:
        await store.create(User("usr_ada", "ada@example.com", "Ada", "admin", SINCE, SINCE))
        await ensure_local_people(store)

        assert [user.user_id for user in await store.find(User, None)] == ["usr_ada"]


async def test_sample_people_do_not_join_an_organisation_that_acts_have_changed(settings, emulator):
    async with open_emulated(settings, emulator) as store:
        await store.create(replace(LOCAL_ORGANIZATIONS[0], acts=1))
        await ensure_local_people(store)

        assert not await store.find_indexed(Membership, "org_acme")
        assert await store.find_indexed(Membership, "org_globex")


async def test_an_interrupted_first_start_is_completed_by_the_next_one(settings, emulator):
    async with open_emulated(settings, emulator) as store:
        await ensure_local_people(store)
        people = await store.find(User, None)
        await store.delete(User, people[-1].user_id)
        await ensure_local_people(store)

        assert await store.find(User, None) == people


async def test_local_sign_in_is_absent_when_an_identity_provider_is_configured(
    settings, emulator, clock
):
    settings = replace(
        settings,
        oidc_issuer="https://login.example.com",
        oidc_jwks_url="https://login.example.com/keys",
    )
    app = create_app(
        settings, open_store=lambda s: open_emulated(s, emulator), now=clock, folds=False
    )
    transport = ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://api.test") as client,
    ):
        for response in (
            await client.get("/local-identity/users"),
            await client.post("/local-identity/token", json={"user_id": "user_001"}),
        ):
            assert response.status_code == 404
        assert await app.state.resources.store.find(User, None) == []


async def test_a_users_id_token_can_be_exchanged_for_an_access_token(service):
    signed_in = await service.client.post("/local-identity/token", json={"user_id": "usr_ada"})
    issued = await service.exchange(signed_in.json()["id_token"], "org_acme")

    assert signed_in.json()["expires_in"] == 3600
    assert (await service.me(issued)).json()["subject"] == "usr_ada"


@pytest.mark.parametrize(
    ("body", "status"), [({"user_id": "usr_eve"}, 404), ({"user_id": 1}, 422), ({}, 422)]
)
async def test_only_sample_users_can_sign_in(service, body, status):
    response = await service.client.post("/local-identity/token", json=body)

    assert response.status_code == status


async def test_the_discovery_document_links_to_the_keys(service):
    path = "/local-identity/.well-known/openid-configuration"
    document = (await service.client.get(path)).json()
    keys = (await service.client.get(document["jwks_uri"])).json()

    assert document["issuer"] == ID_ISSUER
    assert len(keys["keys"]) == 1


async def test_local_sign_in_is_absent_outside_the_local_environment(service):
    service.change(local_identity=None)

    assert (await service.client.get("/local-identity/users")).status_code == 404


async def test_the_openapi_document_does_not_contain_local_sign_in(service):
    assert "local-identity" not in (await service.client.get("/openapi.json")).text


async def test_a_sign_in_is_in_the_audit_log_of_each_organisation_once(service, store):
    sign_in = {"user_id": "usr_ada"}
    headers = {"X-Request-Id": "r1"}
    await service.client.post("/local-identity/token", json=sign_in, headers=headers)
    await service.client.post("/local-identity/token", json=sign_in | {"is_renewal": True})
    await service.client.post("/local-identity/token", json={"user_id": "usr_nobody"})

    for org_id in ("org_acme", "org_globex"):
        [entry] = await store.find(AuditEntry, org_id)
        assert (entry.action, entry.target) == ("sample_user.sign_in", "usr_ada")
        assert (entry.actor_type, entry.actor_id) == ("user", "usr_ada")
        assert (entry.request_id, entry.pending) == ("r1", "")
    assert not await store.find(AuditEntry, "org_initech")
    known = await store.read(Organization, "org_acme")
    assert known.record.acts == 0  # so the organisation still counts as built-in


async def test_without_an_entry_in_the_audit_log_there_is_no_id_token(service, store, monkeypatch):
    create = type(store).create

    async def create_nothing_in_the_log(self, record):
        if isinstance(record, AuditEntry):
            raise Unavailable("the log can't be written")
        return await create(self, record)

    monkeypatch.setattr(type(store), "create", create_nothing_in_the_log)
    response = await service.client.post("/local-identity/token", json={"user_id": "usr_ada"})

    assert response.status_code == 503
    assert "id_token" not in response.json()
