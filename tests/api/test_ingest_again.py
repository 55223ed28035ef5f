"""POST /api/v1/events with a key that came before: replays, and a first request still running."""

import json

from httpx2 import AsyncClient

from tests.support import EVENTS as PATH
from tests.support import ManualClock, an_event, everything, send, statuses


class TestReplay:
    async def test_the_same_key_and_payload_get_the_first_answer_again(self, acme: AsyncClient):
        bare = {"event_type": "signed_up", "user_id": "u"}
        first = await send(acme, bare, an_event(1), an_event(1), key="k")
        again = await send(acme, bare, an_event(1), an_event(1), key="k")

        assert again.status_code == first.status_code == 201
        assert again.json() == first.json()
        assert again.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers
        assert len(await everything(acme)) == 2

    async def test_a_quoted_key_is_the_bare_one(self, acme: AsyncClient):
        await send(acme, an_event(1), key='"k"')

        assert (await send(acme, an_event(1), key="k")).headers["Idempotent-Replayed"] == "true"

    async def test_the_payload_may_be_written_otherwise(self, acme: AsyncClient):
        await send(acme, an_event(1), key="k")
        event = dict(reversed(an_event(1).items()))
        body = json.dumps({"events": [event]}, indent=2)
        headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
        again = await acme.post(PATH, content=body, headers=headers)

        assert again.headers["Idempotent-Replayed"] == "true"

    async def test_partly_and_wholly_rejected_answers_are_replayed_too(self, acme: AsyncClient):
        for key, events in {"some": (an_event(1), {}), "all": ({}, {})}.items():
            first = await send(acme, *events, key=key)
            again = await send(acme, *events, key=key)

            assert again.headers["Idempotent-Replayed"] == "true"
            assert again.status_code == first.status_code == {"some": 207, "all": 422}[key]
            assert again.json()["results"] == first.json()["results"]

    async def test_a_key_lives_24_hours(self, acme: AsyncClient, clock: ManualClock, sign_in):
        await send(acme, an_event(1), key="k")
        clock.forward(hours=24, seconds=1)
        acme = await sign_in("ak_local_acme")
        answer = await send(acme, an_event(2), key="k")

        assert statuses(answer) == ["created"]

    async def test_keys_of_two_organisations_are_not_the_same(self, acme: AsyncClient, sign_in):
        await send(acme, an_event(1), key="k")
        answer = await send(await sign_in("ak_local_globex"), an_event(1), key="k")

        assert statuses(answer) == ["created"]
        assert "Idempotent-Replayed" not in answer.headers


class Test409:
    async def test_a_key_whose_first_request_still_runs(self, acme: AsyncClient, app):
        store, claimed = app.state.services.store, []
        create = store.create

        async def create_and_ask_again(record: object):
            stored = await create(record)
            if not claimed:
                claimed.append(record)
                claimed.append(await send(acme, an_event(1), key="k"))
            return stored

        store.create = create_and_ask_again
        first = await send(acme, an_event(1), key="k")

        assert first.status_code == 201
        assert claimed[1].status_code == 409
        assert claimed[1].json()["code"] == "request_in_progress"
        assert int(claimed[1].headers["Retry-After"]) >= 1
