"""Events of a sender whose clock is wrong: stored as they came, with the difference beside them."""

from datetime import timedelta

import pytest
from httpx2 import AsyncClient, Response

from tests.api.test_beacon_events import beacon
from tests.support import EVENTS, START, ManualClock, an_event, everything, statuses

HEADER = "X-Analytics-Sent-At"


def device_time(**behind: float) -> str:
    """Return what a device's clock shows now that is so far behind."""
    return (START - timedelta(**behind)).isoformat()


async def post(
    client: AsyncClient, *events: object, key: str | None = None, **body: object
) -> Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post(EVENTS, json={"events": events} | body, headers=headers)


async def skews(client: AsyncClient) -> list[object]:
    return [event.get("clock_skew_ms") for event in reversed(await everything(client))]


async def test_the_skew_is_stored_beside_the_event_whose_timestamp_stays(acme: AsyncClient):
    event = an_event(1)
    answer = await post(acme, event, sent_at=device_time(hours=3))
    stored = (await everything(acme))[0]

    assert statuses(answer) == ["created"]
    assert stored["clock_skew_ms"] == 3 * 3_600_000
    assert str(stored["timestamp"])[:19] == str(event["timestamp"])[:19]


async def test_a_header_says_it_as_well(acme: AsyncClient):
    await acme.post(EVENTS, json={"events": [an_event(1)]}, headers={HEADER: device_time(hours=3)})

    assert await skews(acme) == [3 * 3_600_000]


async def test_a_beacon_says_it_in_its_body(http: AsyncClient, acme: AsyncClient):
    answer = await beacon(http, an_event(1), sent_at=device_time(days=-2))

    assert answer.json()["warnings"][0]["code"] == "clock_skew"
    assert await skews(acme) == [-2 * 86_400_000]


async def test_what_the_sender_has_corrected_is_no_skew(acme: AsyncClient):
    corrected = an_event(1, clock_offset_ms=3 * 3_600_000)
    answer = await post(acme, corrected, an_event(2), sent_at=device_time(hours=3))

    assert await skews(acme) == [None, 3 * 3_600_000]
    assert len(answer.json()["warnings"]) == 1


async def test_a_clock_that_is_right_stores_and_warns_of_nothing(acme: AsyncClient):
    answer = await post(acme, an_event(1), sent_at=device_time(milliseconds=300))

    assert "warnings" not in answer.json()
    assert await skews(acme) == [None]


@pytest.mark.parametrize(("minutes", "is_warned"), [(4, False), (6, True), (-4, False), (-6, True)])
async def test_a_warning_comes_beyond_five_minutes(
    acme: AsyncClient, minutes: float, *, is_warned: bool
):
    answer = await post(acme, an_event(1), sent_at=device_time(minutes=minutes))

    assert ("warnings" in answer.json()) is is_warned
    assert await skews(acme) == [minutes * 60_000]


async def test_each_attempt_has_its_own_sent_at_and_the_same_key_and_events(
    acme: AsyncClient, clock: ManualClock
):
    first = await post(acme, an_event(1), key="k", sent_at=device_time(hours=3))
    clock.forward(minutes=1)
    again = await post(acme, an_event(1), key="k", sent_at=device_time(hours=2))
    other_key = await post(acme, an_event(1), key="other", sent_at=device_time(hours=1))

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["results"] == first.json()["results"]
    assert statuses(other_key) == ["duplicate"]
    assert await skews(acme) == [3 * 3_600_000]


async def test_events_that_are_refused_as_too_new_come_with_the_reason(acme: AsyncClient):
    ahead = (START + timedelta(days=2)).isoformat()
    answer = await post(acme, an_event(1, timestamp=ahead), sent_at=ahead)

    assert answer.status_code == 422
    assert answer.json()["results"][0]["error"]["code"] == "timestamp_in_future"
    assert "172800 s ahead of" in answer.json()["warnings"][0]["detail"]


async def test_an_exported_event_is_imported_with_its_skew(acme: AsyncClient):
    await post(acme, an_event(1, clock_skew_ms=7_000), sent_at=device_time())

    assert await skews(acme) == [7_000]


async def test_a_sent_at_that_is_no_time_is_refused_by_name(acme: AsyncClient):
    answer = await post(acme, an_event(1), sent_at="yesterday")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/sent_at"


async def test_a_broken_header_is_ignored(acme: AsyncClient):
    answer = await acme.post(EVENTS, json={"events": [an_event(1)]}, headers={HEADER: "yesterday"})

    assert answer.status_code == 201
    assert await skews(acme) == [None]


async def test_a_page_may_read_the_date_and_send_the_header(http: AsyncClient):
    origin = {"Origin": "http://localhost:3000"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": HEADER}
    preflight = await http.options(EVENTS, headers=origin | asked)
    answer = await http.get("/healthz", headers=origin)

    assert preflight.status_code == 200
    assert "Date" in answer.headers["Access-Control-Expose-Headers"].split(", ")


async def test_an_event_with_an_absurd_skew_can_be_sent_back(acme: AsyncClient):
    """Stored values must be valid input, or an export could not be imported."""
    body = {"events": [{"event_type": "a", "user_id": "u"}], "sent_at": "0001-01-01T00:00:00Z"}
    sent = await acme.post("/api/v1/events", json=body, headers={"Idempotency-Key": "absurd"})
    assert sent.status_code == 201

    [event] = (await acme.get("/api/v1/events")).json()["data"]
    again = await acme.post("/api/v1/events", json={"events": [event]})

    assert again.json()["duplicates"] == 1, again.text
