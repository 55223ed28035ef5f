"""The local sign-in over HTTP: sample users, their ID tokens, and how to verify those."""

import pytest

from tests.api.token_service import ID_ISSUER


async def test_the_picker_lists_users_with_their_organisations(service):
    users = (await service.client.get("/local-identity/users")).json()

    assert [user["user_id"] for user in users] == ["usr_ada", "usr_bob"]
    assert [org["org_id"] for org in users[0]["organizations"]] == ["org_acme", "org_globex"]


async def test_a_picked_user_gets_an_id_token_that_buys_an_access_token(service):
    signed_in = await service.client.post("/local-identity/token", json={"user_id": "usr_ada"})
    issued = await service.exchange(signed_in.json()["id_token"], "org_acme")

    assert signed_in.json()["expires_in"] == 3600
    assert (await service.me(issued)).json()["subject"] == "usr_ada"


@pytest.mark.parametrize(
    ("body", "status"), [({"user_id": "usr_eve"}, 404), ({"user_id": 1}, 422), ({}, 422)]
)
async def test_only_sample_users_are_signed_in(service, body, status):
    answer = await service.client.post("/local-identity/token", json=body)

    assert answer.status_code == status


async def test_discovery_leads_to_the_keys(service):
    path = "/local-identity/.well-known/openid-configuration"
    document = (await service.client.get(path)).json()
    keys = (await service.client.get(document["jwks_uri"])).json()

    assert document["issuer"] == ID_ISSUER
    assert len(keys["keys"]) == 1


async def test_it_is_not_there_outside_local(service):
    service.change(local_identity=None)

    assert (await service.client.get("/local-identity/users")).status_code == 404


async def test_the_api_s_document_does_not_mention_it(service):
    assert "local-identity" not in (await service.client.get("/openapi.json")).text
