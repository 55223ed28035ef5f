"""The API gives the same responses on DynamoDB as on Cosmos DB."""

from httpx2 import AsyncClient

from tests.stores.conftest import refusal
from tests.support import EVENTS, an_event, everything, send, statuses

DAYS = {"start_date": "2026-03-08", "end_date": "2026-03-10"}
METRICS = "/api/v1/metrics/summary"


def of_three_days() -> list[dict[str, object]]:
    return [an_event(n, timestamp=f"2026-03-{8 + n % 3:02}T0{n % 5}:00:00Z") for n in range(9)]


async def total_events(client: AsyncClient) -> tuple[float, float]:
    query = DAYS | {"metrics[]": ["events", "active_users"]}
    response = await client.get(METRICS, params=query)
    first, second = response.json()["metrics"]
    return first["total"], second["total"]


async def test_the_same_key_and_payload_get_the_first_answer_again(acme: AsyncClient):
    first = await send(acme, an_event(1), an_event(2), key="k")
    again = await send(acme, an_event(1), an_event(2), key="k")
    other = await send(acme, an_event(3), key="k")

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(await everything(acme)) == 2


async def test_a_known_event_is_a_duplicate_and_the_others_are_created(acme: AsyncClient):
    await send(acme, an_event(1))
    response = await send(acme, an_event(0), an_event(1), an_event(2), key="k")

    assert statuses(response) == ["created", "duplicate", "created"]
    assert len(await everything(acme)) == 3


async def test_pages_contain_every_event_once_newest_first(acme: AsyncClient):
    await send(acme, *of_three_days())
    query, seen = DAYS | {"limit": 2}, []
    while True:
        page = (await acme.get(EVENTS, params=query)).json()
        seen += page["data"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    keys = [(event["timestamp"], event["event_id"]) for event in seen]
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == 9


async def test_filters_apply_across_days(acme: AsyncClient):
    events = [event | {"event_type": f"type-{n % 2}"} for n, event in enumerate(of_three_days())]
    await send(acme, *events)
    response = await acme.get(EVENTS, params=DAYS | {"event_type": "type-1", "limit": 3})

    assert [event["event_type"] for event in response.json()["data"]] == ["type-1"] * 3
    assert response.json()["next_cursor"]


async def test_metrics_include_new_events_after_a_fold(acme: AsyncClient, fold):
    await send(acme, *of_three_days())
    await fold()
    assert await total_events(acme) == (9, 7)
    await send(acme, an_event(99, user_id="someone else"))
    await fold()

    assert await total_events(acme) == (10, 8)


async def test_another_organisation_sees_nothing(acme: AsyncClient, sign_in, fold):
    await send(acme, *of_three_days(), key="k")
    await fold()
    globex = await sign_in("ak_local_globex")

    assert await everything(globex) == []
    assert await total_events(globex) == (0, 0)
    assert "Idempotent-Replayed" not in (await send(globex, an_event(5), key="k")).headers


async def test_a_retry_completes_a_throttled_request(acme: AsyncClient, app, fold, stub_operation):
    calls = []

    def throttle_from_the_second_day(request):
        calls.append(request)
        is_first = len(calls) == 1
        return None if is_first else refusal(request, "ProvisionedThroughputExceededException")

    store = app.state.resources.store
    with stub_operation(store, "TransactWriteItems", throttle_from_the_second_day):
        throttled = await send(acme, *of_three_days(), key="k")
    retried = await send(acme, *of_three_days(), key="k")
    await fold()

    assert throttled.status_code == 429
    assert int(throttled.headers["Retry-After"]) >= 1
    assert len(calls) == 3  # the first day, the second day and botocore's retry
    assert statuses(retried) == ["created"] * 9
    assert await total_events(acme) == (9, 7)


async def test_an_unavailable_store_is_503(acme: AsyncClient, app, stub_operation):
    store = app.state.resources.store
    with stub_operation(
        store, "Query", lambda request: refusal(request, "InternalServerError", 500)
    ):
        response = await acme.get(EVENTS)
    health = await acme.get("/healthz")

    assert response.status_code == 503
    assert response.json()["code"] == "store_unavailable"
    assert health.status_code == 200
