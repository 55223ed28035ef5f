"""POST /api/v1/events/beacon, by status."""

import json

import pytest
from httpx2 import AsyncClient, Response

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
    answer = await http.post("/api/v1/auth/token", json={"api_key": api_key})
    return answer.json()["access_token"]


class Test201:
    async def test_a_key_in_the_body_is_enough(self, http: AsyncClient, acme: AsyncClient):
        del http.headers["Authorization"]
        answer = await beacon(http, an_event(1), an_event(2))

        assert answer.status_code == 201
        assert statuses(answer) == ["created", "created"]

        acme.headers["Authorization"] = f"Bearer {await token(http, 'ak_local_acme')}"
        assert len(await everything(acme)) == 2

    async def test_so_is_an_access_token(self, http: AsyncClient):
        answer = await beacon(
            http, an_event(1), api_key=None, access_token=await token(http, "ak_local_acme")
        )

        assert answer.status_code == 201

    async def test_what_was_sent_before_is_a_duplicate(self, http: AsyncClient):
        await beacon(http, an_event(1))

        assert statuses(await beacon(http, an_event(1))) == ["duplicate"]

    async def test_browsers_send_it_without_a_preflight(self, http: AsyncClient):
        origin = "http://localhost:3000"
        http.headers["Origin"] = origin
        answer = await beacon(http, an_event(1))

        assert answer.status_code == 201
        assert answer.headers["Access-Control-Allow-Origin"] == origin


class Test207:
    async def test_one_bad_event_does_not_cost_the_others(self, http: AsyncClient):
        answer = await beacon(
            http, an_event(1), an_event(2, user_id=""), an_event(3, properties={"n": 10**30})
        )

        assert answer.status_code == 207
        assert statuses(answer) == ["created", "rejected", "rejected"]

    @pytest.mark.parametrize("fault", [r'"Great \ud83d"', "1e999"])
    async def test_what_strict_json_refuses_costs_only_the_event_that_holds_it(
        self, http: AsyncClient, fault: str
    ):
        events = [an_event(1), an_event(2, properties={"p": "FAULT"})]
        body = json.dumps(KEY | {"events": events}).replace('"FAULT"', fault)
        answer = await http.post(PATH, content=body, headers={"Content-Type": "text/plain"})

        assert answer.status_code == 207
        assert statuses(answer) == ["created", "rejected"]


class Test400:
    async def test_a_credential_that_is_not_valid_text(self, http: AsyncClient):
        body = r'{"api_key": "pk_\ud83d", "events": []}'
        answer = await http.post(PATH, content=body, headers={"Content-Type": "text/plain"})

        assert answer.status_code == 400
        assert answer.json()["code"] == "malformed_json"

    @pytest.mark.parametrize("body", ["", "{", "[NaN]"])
    async def test_what_is_not_json(self, http: AsyncClient, body: str):
        answer = await http.post(PATH, content=body, headers={"Content-Type": "text/plain"})

        assert answer.status_code == 400
        assert answer.json()["code"] == "malformed_json"

    async def test_an_event_that_could_not_be_recognised_again(self, http: AsyncClient):
        answer = await beacon(http, {"event_type": "left", "user_id": "u"})

        assert answer.json()["code"] == "idempotency_missing"


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
    async def test_without_a_good_credential(self, http: AsyncClient, fields: dict[str, object]):
        answer = await beacon(http, an_event(1), **fields)

        assert answer.status_code == 401
        assert answer.json()["code"] in {"credential_invalid", "token_invalid"}
        assert "Bearer" in answer.headers["WWW-Authenticate"]


class Test403:
    async def test_another_organisations_event(self, http: AsyncClient):
        answer = await beacon(http, an_event(1, org_id="org_globex"))

        assert answer.status_code == 403
        assert answer.json()["code"] == "tenant_mismatch"


class Test413:
    async def test_more_than_a_page_may_leave_behind(self, http: AsyncClient):
        big = [an_event(n, properties={"text": "x" * 30_000}) for n in range(3)]
        answer = await beacon(http, *big)

        assert answer.status_code == 413
        assert "65536" in answer.json()["detail"]


class Test415:
    async def test_json_would_need_a_preflight(self, http: AsyncClient):
        answer = await beacon(http, an_event(1), media_type="application/json")

        assert answer.status_code == 415


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
    async def test_another_shape(self, http: AsyncClient, fields: dict[str, object], pointer: str):
        answer = await beacon(http, an_event(1), **fields)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer

    async def test_every_event_rejected(self, http: AsyncClient):
        answer = await beacon(http, an_event(1, user_id=""))

        assert answer.status_code == 422
        assert answer.json()["results"][0]["status"] == "rejected"
