"""POST /api/v1/events, one test class per response status."""

import gzip
import json
from datetime import timedelta

import pytest
from httpx2 import AsyncClient

from tests.support import EVENTS as PATH
from tests.support import START, an_event, everything, send, statuses


class Test201:
    async def test_the_response_has_a_result_for_every_event(self, acme: AsyncClient):
        response = await send(acme, an_event(1), an_event(2))

        assert response.status_code == 201
        assert response.json() == {
            "created": 2,
            "duplicates": 0,
            "rejected": 0,
            "results": [
                {"index": 0, "event_id": "event-0001", "status": "created"},
                {"index": 1, "event_id": "event-0002", "status": "created"},
            ],
        }

    async def test_a_resend_is_a_duplicate_and_changes_nothing(self, acme: AsyncClient):
        await send(acme, an_event(1))
        response = await send(acme, an_event(1, properties={"path": "/other"}), an_event(2))

        assert statuses(response) == ["duplicate", "created"]
        assert {"path": "/pricing", "number": 1} in [
            e["properties"] for e in await everything(acme)
        ]

    async def test_of_two_equal_events_in_one_payload_the_first_wins(self, acme: AsyncClient):
        response = await send(acme, an_event(1), an_event(1, user_id="other"))

        assert statuses(response) == ["created", "duplicate"]
        assert [e["user_id"] for e in await everything(acme)] == ["user-1"]

    async def test_the_same_id_at_another_time_is_another_event(self, acme: AsyncClient):
        other = an_event(1, timestamp="2026-03-10T11:00:00.000001Z")

        assert statuses(await send(acme, an_event(1), other)) == ["created", "created"]

    async def test_equal_timestamps_in_another_format_are_the_same_event(self, acme: AsyncClient):
        await send(acme, an_event(1, timestamp="2026-03-10T11:00:00Z"))
        response = await send(acme, an_event(1, timestamp="2026-03-10T13:00:00.000+02:00"))

        assert statuses(response) == ["duplicate"]

    async def test_ids_and_times_are_generated_with_an_idempotency_key(self, acme: AsyncClient):
        bare = {"event_type": "signed_up", "user_id": "u"}
        response = await send(acme, bare, bare, key="k")
        stored = await everything(acme)

        assert statuses(response) == ["created", "created"]
        assert [e["event_id"] for e in stored] == [
            r["event_id"] for r in reversed(response.json()["results"])
        ]
        assert {e["timestamp"] for e in stored} == {"2026-03-10T12:00:00.000000Z"}

    async def test_a_batch_over_many_days_is_stored_completely(self, acme: AsyncClient):
        events = [an_event(n, timestamp=f"2026-02-{1 + n % 28:02}T00:00:00Z") for n in range(100)]

        assert statuses(await send(acme, *events)) == ["created"] * 100
        assert len(await everything(acme)) == 100

    async def test_gzip_is_accepted(self, acme: AsyncClient):
        body = gzip.compress(json.dumps({"events": [an_event(1)]}).encode())
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}

        assert (await acme.post(PATH, content=body, headers=headers)).status_code == 201

    async def test_a_publishable_key_may_write(self, sign_in):
        assert (await send(await sign_in("pk_local_acme"), an_event(1))).status_code == 201

    async def test_properties_come_back_as_they_were_sent(self, acme: AsyncClient):
        properties = {
            "text": 'né ✓ 😀 \u2028 " \\ /',
            "numbers": [0, -1, 1.5, 1e-7, 1e300, 2**53 - 1, -(2**53) + 1],
            "nested": {"a": {"b": [True, False, None, {}]}},
            "": "empty name",
            "_etag": "ours",
            "id": "x",
        }
        await send(acme, an_event(1, properties=properties))

        assert (await everything(acme))[0]["properties"] == properties


class Test207:
    async def test_one_invalid_event_does_not_affect_the_others(self, acme: AsyncClient):
        response = await send(acme, an_event(1), an_event(2, user_id=7), an_event(3))

        assert response.status_code == 207
        assert statuses(response) == ["created", "rejected", "created"]
        assert response.json()["results"][1] == {
            "index": 1,
            "event_id": "event-0002",
            "status": "rejected",
            "error": {
                "pointer": "/events/1/user_id",
                "code": "string_type",
                "detail": "must be a string",
            },
        }
        assert len(await everything(acme)) == 2


REJECTED = {
    "missing user": ({"event_type": "x"}, "/user_id", "missing"),
    "not an object": ("event", "", "model_type"),
    "empty type": (an_event(event_type=""), "/event_type", "string_too_short"),
    "long type": (an_event(event_type="x" * 129), "/event_type", "string_too_long"),
    "control character in type": (
        an_event(event_type="a\nb"),
        "/event_type",
        "string_pattern_mismatch",
    ),
    "long user": (an_event(user_id="x" * 257), "/user_id", "string_too_long"),
    "misspelt field": ({"event_type": "x", "usre_id": "u"}, "/usre_id", "extra_forbidden"),
    "unknown field": (an_event(usr="x"), "/usr", "extra_forbidden"),
    "id with a slash": (an_event(event_id="a/b"), "/event_id", "string_pattern_mismatch"),
    "id of 129 characters": (an_event(event_id="x" * 129), "/event_id", "string_pattern_mismatch"),
    "id without time": (
        {"event_id": "a", "event_type": "x", "user_id": "u"},
        "/timestamp",
        "timestamp_required",
    ),
    "time without offset": (
        an_event(timestamp="2026-03-10T11:00:00"),
        "/timestamp",
        "timestamp_invalid",
    ),
    "seven fraction digits": (
        an_event(timestamp="2026-03-10T11:00:00.1234567Z"),
        "/timestamp",
        "timestamp_invalid",
    ),
    "30 February": (an_event(timestamp="2026-02-30T11:00:00Z"), "/timestamp", "timestamp_invalid"),
    "time as a number": (an_event(timestamp=1773140400), "/timestamp", "string_type"),
    "properties as a list": (an_event(properties=[1]), "/properties", "dict_type"),
    "NUL": (an_event(properties={"a": ["\0"]}), "/properties/a/0", "nul_character"),
    "NUL in a name": (an_event(properties={"a\0": 1}), "/properties", "nul_character"),
    "big integer": (
        an_event(properties={"n": 2**53}),
        "/properties/n",
        "integer_too_large",
    ),
    "huge integer": (
        an_event(properties={"n": -(10**40)}),
        "/properties/n",
        "integer_too_large",
    ),
    "33 KiB": (an_event(properties={"a": "x" * 33_000}), "", "event_too_large"),
}


class Test422:
    @pytest.mark.parametrize("name", REJECTED)
    async def test_an_invalid_field_is_named_by_its_pointer(self, acme: AsyncClient, name: str):
        event, pointer, code = REJECTED[name]
        response = await send(acme, event, key="k")

        assert response.status_code == 422
        assert response.headers["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["code"] == "events_rejected"
        assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
            (f"/events/0{pointer}", code)
        ]
        assert problem["results"][0]["status"] == "rejected"
        assert await everything(acme) == []

    async def test_16_levels_are_accepted_and_17_are_rejected(self, acme: AsyncClient):
        nested = json.loads('{"a":' * 12 + "{}" + "}" * 12)  # properties are at level 4

        assert (await send(acme, an_event(1, properties=nested))).status_code == 201
        deeper = await send(acme, an_event(2, properties={"a": nested}))
        assert deeper.json()["errors"][0]["code"] == "too_deep"

    async def test_a_time_more_than_24_hours_ahead(self, acme: AsyncClient):
        def ahead(**by: float) -> str:
            return (START + timedelta(hours=24, **by)).isoformat()

        response = await send(
            acme, an_event(1, timestamp=ahead()), an_event(2, timestamp=ahead(microseconds=1))
        )

        assert statuses(response) == ["created", "rejected"]
        assert response.json()["results"][1]["error"]["code"] == "timestamp_in_future"

    @pytest.mark.parametrize(
        ("payload", "pointer"),
        [
            ([], ""),
            ({}, "/events"),
            ({"events": {}}, "/events"),
            ({"events": []}, "/events"),
            ({"events": [an_event(n) for n in range(101)]}, "/events"),
            ({"events": [an_event()], "x": 1}, "/x"),
        ],
    )
    async def test_a_body_of_the_wrong_shape(self, acme: AsyncClient, payload, pointer: str):
        response = await acme.post(PATH, json=payload)

        assert response.status_code == 422
        assert response.json()["code"] == "invalid_payload"
        assert response.json()["errors"][0]["pointer"] == pointer

    async def test_a_key_used_with_another_payload(self, acme: AsyncClient):
        await send(acme, an_event(1), key="k")
        response = await send(acme, an_event(2), key="k")

        assert response.status_code == 422
        assert response.json()["code"] == "idempotency_key_reused"
        assert len(await everything(acme)) == 1


class Test400:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b'{"events": [NaN]}',
            b'{"events": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
            b"\xff",
        ],
    )
    async def test_malformed_json(self, acme: AsyncClient, body: bytes):
        response = await acme.post(PATH, content=body, headers={"Content-Type": "application/json"})

        assert response.status_code == 400
        assert response.json()["code"] == "malformed_json"

    @pytest.mark.parametrize("missing", ["event_id", "timestamp"])
    async def test_without_a_key_every_event_must_have_id_and_time(self, acme, missing: str):
        event = an_event(1)
        del event["event_id"]
        event.pop(missing, None)
        response = await send(acme, an_event(2), event)

        assert response.status_code == 400
        assert response.json()["code"] == "idempotency_missing"
        assert await everything(acme) == []

    @pytest.mark.parametrize("key", ["", " ", '""', "x" * 256, "a b", "tab\tinside", '"unended'])
    async def test_an_invalid_idempotency_key(self, acme: AsyncClient, key: str):
        response = await acme.post(
            PATH, json={"events": [an_event(1)]}, headers={"Idempotency-Key": key}
        )

        assert response.status_code == 400
        assert response.json()["code"] == "idempotency_key_invalid"

    @pytest.mark.parametrize(
        "body",
        [b"not gzip", gzip.compress(b"{}")[:-4], gzip.compress(b"{}") + b"x"],
        ids=["not gzip", "a truncated stream", "a stream and more bytes"],
    )
    async def test_a_body_that_is_not_exactly_one_gzip_stream(self, acme: AsyncClient, body: bytes):
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        response = await acme.post(PATH, content=body, headers=headers)

        assert response.status_code == 400
        assert response.json()["code"] == "malformed_encoding"


class Test403:
    async def test_an_event_of_another_organisation_refuses_the_request(self, acme: AsyncClient):
        response = await send(acme, an_event(1), an_event(2, org_id="org_globex"))

        assert response.status_code == 403
        assert response.json()["code"] == "tenant_mismatch"
        assert await everything(acme) == []

    async def test_the_own_organisation_may_be_named(self, acme: AsyncClient):
        assert (await send(acme, an_event(1, org_id="org_acme"))).status_code == 201


class Test413And415:
    async def test_the_error_for_a_body_over_1_mib_names_the_limit(self, acme: AsyncClient):
        body = b'{"events": [' + b" " * 1024 * 1024 + b"]}"
        response = await acme.post(PATH, content=body, headers={"Content-Type": "application/json"})

        assert response.status_code == 413
        assert "1048576" in response.json()["detail"]

    async def test_a_gzip_bomb(self, acme: AsyncClient):
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        response = await acme.post(PATH, content=gzip.compress(b" " * 100_000_000), headers=headers)

        assert response.status_code == 413

    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({"Content-Type": "text/plain"}, "unsupported_media_type"),
            ({"Content-Type": ""}, "unsupported_media_type"),
            (
                {"Content-Type": "application/json", "Content-Encoding": "br"},
                "unsupported_encoding",
            ),
        ],
    )
    async def test_unknown_media_types_and_encodings(self, acme, headers, code: str):
        response = await acme.post(PATH, content=b"{}", headers=headers)

        assert response.status_code == 415
        assert response.json()["code"] == code
