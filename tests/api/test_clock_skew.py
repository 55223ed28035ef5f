"""Events of a sender with a wrong clock are stored unchanged, together with their clock skew."""

from datetime import timedelta

import pytest
from httpx2 import AsyncClient, Response

from tests.api.test_beacon_events import beacon
from tests.support import EVENTS, START, ManualClock, an_event, everything, statuses

HEADER = "X-Analytics-Sent-At"


def device_time(**behind: float) -> str:
    """Return the current time on the clock of a device that is this far behind."""
    return (START - timedelta(**behind)).isoformat()


async def post(
    client: AsyncClient, *events: object, key: str | None = None, **body: object
) -> Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post(EVENTS, json={"events": events} | body, headers=headers)


async def skews(client: AsyncClient) -> list[object]:
    return [event.get("clock_skew_ms") for event in reversed(await everything(client))]


async def test_the_skew_is_stored_and_the_timestamp_is_unchanged(acme: AsyncClient):
    event = an_event(1)
    response = await post(acme, event, sent_at=device_time(hours=3))
    stored = (await everything(acme))[0]

    assert statuses(response) == ["created"]
    assert stored["clock_skew_ms"] == 3 * 3_600_000
    assert str(stored["timestamp"])[:19] == str(event["timestamp"])[:19]


async def test_sent_at_may_be_a_header(acme: AsyncClient):
    await acme.post(EVENTS, json={"events": [an_event(1)]}, headers={HEADER: device_time(hours=3)})

    assert await skews(acme) == [3 * 3_600_000]


async def test_a_beacon_has_sent_at_in_its_body(http: AsyncClient, acme: AsyncClient):
    response = await beacon(http, an_event(1), sent_at=device_time(days=-2))

    assert response.json()["warnings"][0]["code"] == "clock_skew"
    assert await skews(acme) == [-2 * 86_400_000]


async def test_a_timestamp_that_the_sender_corrected_has_no_skew(acme: AsyncClient):
    corrected = an_event(1, clock_offset_ms=3 * 3_600_000)
    response = await post(acme, corrected, an_event(2), sent_at=device_time(hours=3))

    assert await skews(acme) == [None, 3 * 3_600_000]
    assert len(response.json()["warnings"]) == 1


async def test_a_correct_clock_causes_neither_skew_nor_warning(acme: AsyncClient):
    response = await post(acme, an_event(1), sent_at=device_time(milliseconds=300))

    assert "warnings" not in response.json()
    assert await skews(acme) == [None]


@pytest.mark.parametrize(("minutes", "is_warned"), [(4, False), (6, True), (-4, False), (-6, True)])
async def test_a_skew_over_five_minutes_causes_a_warning(
    acme: AsyncClient, minutes: float, *, is_warned: bool
):
    response = await post(acme, an_event(1), sent_at=device_time(minutes=minutes))

    assert ("warnings" in response.json()) is is_warned
    assert await skews(acme) == [minutes * 60_000]


async def test_sent_at_may_differ_between_attempts_with_the_same_key(
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


async def test_a_warning_explains_why_timestamps_are_in_the_future(acme: AsyncClient):
    ahead = (START + timedelta(days=2)).isoformat()
    response = await post(acme, an_event(1, timestamp=ahead), sent_at=ahead)

    assert response.status_code == 422
    assert response.json()["results"][0]["error"]["code"] == "timestamp_in_future"
    assert "172800 s ahead of" in response.json()["warnings"][0]["detail"]


async def test_an_exported_event_is_imported_with_its_skew(acme: AsyncClient):
    await post(acme, an_event(1, clock_skew_ms=7_000), sent_at=device_time())

    assert await skews(acme) == [7_000]


async def test_a_sent_at_that_is_not_a_time_is_refused(acme: AsyncClient):
    response = await post(acme, an_event(1), sent_at="yesterday")

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/sent_at"


async def test_an_invalid_header_is_ignored(acme: AsyncClient):
    response = await acme.post(
        EVENTS, json={"events": [an_event(1)]}, headers={HEADER: "yesterday"}
    )

    assert response.status_code == 201
    assert await skews(acme) == [None]


async def test_cors_lets_pages_read_date_and_send_the_header(http: AsyncClient):
    origin = {"Origin": "http://localhost:3000"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": HEADER}
    preflight = await http.options(EVENTS, headers=origin | asked)
    response = await http.get("/healthz", headers=origin)

    assert preflight.status_code == 200
    assert "Date" in response.headers["Access-Control-Expose-Headers"].split(", ")


async def test_an_event_with_an_absurd_skew_can_be_sent_back(acme: AsyncClient):
    """Stored values must be valid input, or an export could not be imported."""
    body = {"events": [{"event_type": "a", "user_id": "u"}], "sent_at": "0001-01-01T00:00:00Z"}
    sent = await acme.post("/api/v1/events", json=body, headers={"Idempotency-Key": "absurd"})
    assert sent.status_code == 201

    [event] = (await acme.get("/api/v1/events")).json()["data"]
    again = await acme.post("/api/v1/events", json={"events": [event]})

    assert again.json()["duplicates"] == 1, again.text
