"""POST /api/v1/events/beacon, one test class per response status."""

import json
from dataclasses import replace

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from api.domain.reference import SUSPENDED, Organization
from tests.support import an_event, everything, statuses

PATH = "/api/v1/events/beacon"
KEY = {"api_key": "pk_local_acme"}


async def beacon(
    http: AsyncClient,
    *events: object,
    media_type: str = "text/plain;charset=UTF-8",
    **fields: object,
) -> Response:
    body = json.dumps(KEY | {"events": list(events)} | fields)
    return await http.post(PATH, content=body, headers={"Content-Type": media_type})


async def token(http: AsyncClient, api_key: str) -> str:
    response = await http.post("/api/v1/auth/token", json={"api_key": api_key})
    return response.json()["access_token"]


async def test_403_for_a_key_of_a_suspended_organisation(http: AsyncClient, app: FastAPI):
    store = app.state.resources.store
    stored = await store.read(Organization, "org_acme")
    await store.replace(replace(stored.record, status=SUSPENDED), version=stored.version)
    answer = await beacon(http, an_event(1))

    assert (answer.status_code, answer.json()["code"]) == (403, "organization_suspended")


class Test201:
    async def test_a_key_in_the_body_is_enough(self, http: AsyncClient, acme: AsyncClient):
        del http.headers["Authorization"]
        response = await beacon(http, an_event(1), an_event(2))

        assert response.status_code == 201
        assert statuses(response) == ["created", "created"]

        acme.headers["Authorization"] = f"Bearer {await token(http, 'ak_local_acme')}"
        assert len(await everything(acme)) == 2

    async def test_an_access_token_in_the_body_is_enough(self, http: AsyncClient):
        response = await beacon(
            http, an_event(1), api_key=None, access_token=await token(http, "ak_local_acme")
        )

        assert response.status_code == 201

    async def test_an_event_that_was_sent_before_is_a_duplicate(self, http: AsyncClient):
        await beacon(http, an_event(1))

        assert statuses(await beacon(http, an_event(1))) == ["duplicate"]

    async def test_browsers_send_a_beacon_without_a_preflight(self, http: AsyncClient):
        origin = "http://localhost:3000"
        http.headers["Origin"] = origin
        response = await beacon(http, an_event(1))

        assert response.status_code == 201
        assert response.headers["Access-Control-Allow-Origin"] == origin


class Test207:
    async def test_one_invalid_event_does_not_affect_the_others(self, http: AsyncClient):
        response = await beacon(
            http, an_event(1), an_event(2, user_id=""), an_event(3, properties={"n": 10**30})
        )

        assert response.status_code == 207
        assert statuses(response) == ["created", "rejected", "rejected"]

    @pytest.mark.parametrize("fault", [r'"Great \ud83d"', "1e999"])
    async def test_a_value_outside_strict_json_rejects_only_its_event(
        self, http: AsyncClient, fault: str
    ):
        events = [an_event(1), an_event(2, properties={"p": "FAULT"})]
        body = json.dumps(KEY | {"events": events}).replace('"FAULT"', fault)
        response = await http.post(PATH, content=body, headers={"Content-Type": "text/plain"})

        assert response.status_code == 207
        assert statuses(response) == ["created", "rejected"]


class Test400:
    async def test_a_credential_that_is_not_valid_text(self, http: AsyncClient):
        body = r'{"api_key": "pk_\ud83d", "events": []}'
        response = await http.post(PATH, content=body, headers={"Content-Type": "text/plain"})

        assert response.status_code == 400
        assert response.json()["code"] == "malformed_json"

    @pytest.mark.parametrize("body", ["", "{", "[NaN]"])
    async def test_a_body_that_is_not_json(self, http: AsyncClient, body: str):
        response = await http.post(PATH, content=body, headers={"Content-Type": "text/plain"})

        assert response.status_code == 400
        assert response.json()["code"] == "malformed_json"

    async def test_an_event_without_an_id(self, http: AsyncClient):
        response = await beacon(http, {"event_type": "left", "user_id": "u"})

        assert response.json()["code"] == "idempotency_missing"


class Test401:
    @pytest.mark.parametrize(
        "fields",
        [
            {"api_key": None},
            {"api_key": "pk_wrong"},
            {"access_token": "both"},
            {"api_key": None, "access_token": "x.y.z"},
        ],
    )
    async def test_without_a_valid_credential(self, http: AsyncClient, fields: dict[str, object]):
        response = await beacon(http, an_event(1), **fields)

        assert response.status_code == 401
        assert response.json()["code"] in {"credential_invalid", "token_invalid"}
        assert "Bearer" in response.headers["WWW-Authenticate"]


class Test403:
    async def test_another_organisations_event(self, http: AsyncClient):
        response = await beacon(http, an_event(1, org_id="org_globex"))

        assert response.status_code == 403
        assert response.json()["code"] == "tenant_mismatch"


class Test413:
    async def test_a_body_over_64_kib(self, http: AsyncClient):
        big = [an_event(n, properties={"text": "x" * 30_000}) for n in range(3)]
        response = await beacon(http, *big)

        assert response.status_code == 413
        assert "65536" in response.json()["detail"]


class Test415:
    async def test_the_media_type_json_which_needs_a_preflight(self, http: AsyncClient):
        response = await beacon(http, an_event(1), media_type="application/json")

        assert response.status_code == 415


class Test422:
    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"more": 1}, "/more"),
            ({"events": []}, "/events"),
            ({"events": "x"}, "/events"),
            ({"api_key": 7}, "/api_key"),
        ],
    )
    async def test_a_body_of_the_wrong_shape(
        self, http: AsyncClient, fields: dict[str, object], pointer: str
    ):
        response = await beacon(http, an_event(1), **fields)

        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == pointer

    async def test_every_event_rejected(self, http: AsyncClient):
        response = await beacon(http, an_event(1, user_id=""))

        assert response.status_code == 422
        assert response.json()["results"][0]["status"] == "rejected"
