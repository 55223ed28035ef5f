"""POST /api/v1/events with a used key: replayed results, and 409 while the first request runs."""

import json

from httpx2 import AsyncClient

from cosmos_emulator import Emulator
from tests.support import EVENTS as PATH
from tests.support import ManualClock, an_event, everything, send, statuses


class TestReplay:
    async def test_the_same_key_and_payload_get_the_first_response_again(self, acme: AsyncClient):
        bare = {"event_type": "signed_up", "user_id": "u"}
        first = await send(acme, bare, an_event(1), an_event(1), key="k")
        again = await send(acme, bare, an_event(1), an_event(1), key="k")

        assert again.status_code == first.status_code == 201
        assert again.json() == first.json()
        assert again.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers
        assert len(await everything(acme)) == 2

    async def test_events_with_ids_and_times_get_the_first_response_again(self, acme: AsyncClient):
        await send(acme, an_event(2))
        await send(acme, an_event(3), key="other")
        events = [an_event(n) for n in (1, 2, 3, 1)]
        first = await send(acme, *events, key="k")
        again = await send(acme, *events, key="k")

        assert statuses(first) == ["created", "duplicate", "duplicate", "duplicate"]
        assert again.json() == first.json()
        assert again.status_code == first.status_code
        assert again.headers["Idempotent-Replayed"] == "true"

    async def test_the_same_events_are_duplicates_under_another_key(self, acme: AsyncClient):
        await send(acme, an_event(1), key="k")
        other = await send(acme, an_event(1), key="other")

        assert statuses(other) == ["duplicate"]
        assert (await send(acme, an_event(1), key="other")).json() == other.json()

    async def test_another_payload_is_refused_and_not_stored(self, acme: AsyncClient):
        await send(acme, an_event(1), key="k")
        response = await send(acme, an_event(2), key="k")

        assert response.json()["code"] == "idempotency_key_reused"
        assert len(await everything(acme)) == 1

    async def test_a_quoted_key_equals_the_unquoted_key(self, acme: AsyncClient):
        await send(acme, an_event(1), key='"k"')

        assert (await send(acme, an_event(1), key="k")).headers["Idempotent-Replayed"] == "true"

    async def test_the_payload_may_be_formatted_differently(self, acme: AsyncClient):
        await send(acme, an_event(1), key="k")
        event = dict(reversed(an_event(1).items()))
        body = json.dumps({"events": [event]}, indent=2)
        headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
        again = await acme.post(PATH, content=body, headers=headers)

        assert again.headers["Idempotent-Replayed"] == "true"

    async def test_responses_with_rejected_events_are_replayed_too(self, acme: AsyncClient):
        for key, events in {"some": (an_event(1), {}), "all": ({}, {})}.items():
            first = await send(acme, *events, key=key)
            again = await send(acme, *events, key=key)

            assert again.headers["Idempotent-Replayed"] == "true"
            assert again.status_code == first.status_code == {"some": 207, "all": 422}[key]
            assert again.json()["results"] == first.json()["results"]

    async def test_a_key_expires_after_24_hours(
        self, acme: AsyncClient, clock: ManualClock, sign_in
    ):
        await send(acme, an_event(1), key="k")
        clock.forward(hours=24, seconds=1)
        acme = await sign_in("ak_local_acme")
        response = await send(acme, an_event(2), key="k")

        assert statuses(response) == ["created"]

    async def test_equal_keys_of_two_organisations_are_independent(
        self, acme: AsyncClient, sign_in
    ):
        await send(acme, an_event(1), key="k")
        response = await send(await sign_in("ak_local_globex"), an_event(1), key="k")

        assert statuses(response) == ["created"]
        assert "Idempotent-Replayed" not in response.headers


class Test409:
    async def test_a_key_whose_first_request_is_still_running(self, acme: AsyncClient, app):
        store, opened = app.state.resources.store, []
        create = store.create

        async def create_and_send_again(record: object):
            stored = await create(record)
            if not opened:
                opened.append(record)
                opened.append(await send(acme, an_event(1), key="k"))
            return stored

        store.create = create_and_send_again
        first = await send(acme, an_event(1), key="k")

        assert first.status_code == 201
        assert opened[1].status_code == 409
        assert opened[1].json()["code"] == "request_in_progress"
        assert int(opened[1].headers["Retry-After"]) >= 1


class TestCost:
    async def test_a_single_event_with_a_key_costs_at_most_28_request_units(
        self, acme: AsyncClient, emulator: Emulator, fold
    ):
        await send(acme, an_event(0), key="first")
        emulator.request_charges.reset()
        for number in range(1, 51):
            await send(acme, an_event(number), key=f"{number}")
        await fold()

        assert sum(emulator.request_charges.totals.values()) / 50 <= 28

    async def test_events_of_two_days_are_replayed_from_their_record(
        self, acme: AsyncClient, emulator: Emulator
    ):
        events = an_event(1), an_event(2, timestamp="2026-03-01T00:00:00Z")
        first = await send(acme, *events, key="k")
        emulator.request_charges.reset()
        again = await send(acme, *events, key="k")

        assert again.json() == first.json()
        assert not emulator.request_charges.totals["events", "query"]
