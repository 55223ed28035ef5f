"""Ingest warns about event types that have no metric of their own."""

from httpx2 import AsyncClient

from api.domain.rollups import DayCounts
from api.domain.type_names import OTHER
from api.stores.protocol import Store
from cosmos_emulator import Emulator
from tests.support import ManualClock, an_event, send, statuses

DAY = "2026-03-10"


async def close_the_day(store: Store, *named: str) -> None:
    await store.create(DayCounts("org_acme", DAY, 1, dict.fromkeys(named, 1), closed=True))


async def test_a_type_without_a_name_is_stored_with_a_warning(acme: AsyncClient, store: Store):
    await close_the_day(store, "page_viewed")
    response = await send(acme, an_event(1), an_event(2, event_type="id-123"), key="k")

    assert statuses(response) == ["created", "created"]
    [warning] = response.json()["warnings"]
    assert (warning["code"], warning["event_types"]) == ("event_types_not_named", ["id-123"])
    assert "properties" in warning["detail"]


async def test_a_named_type_causes_no_warning(acme: AsyncClient, store: Store):
    await close_the_day(store, "page_viewed")

    assert "warnings" not in (await send(acme, an_event(1), key="k")).json()


async def test_the_names_are_read_once_a_minute(
    acme: AsyncClient, store: Store, emulator: Emulator, clock: ManualClock
):
    await close_the_day(store, "page_viewed")
    emulator.request_charges.reset()
    reads = emulator.request_charges.totals
    for number in range(5):
        await send(acme, an_event(number))
    assert reads["rollups", "read_item"] == 1.0
    clock.forward(minutes=1)
    await send(acme, an_event(9))

    assert reads["rollups", "read_item"] == 2.0


async def test_the_reserved_name_and_a_name_of_too_many_bytes_are_rejected(acme: AsyncClient):
    too_long, longest = "\N{GRINNING FACE}" * 65, "\N{GRINNING FACE}" * 64
    response = await send(
        acme,
        an_event(1, event_type=OTHER),
        an_event(2, event_type=too_long),
        an_event(3, event_type=longest),
        key="k",
    )
    results = response.json()["results"]

    assert statuses(response) == ["rejected", "rejected", "created"]
    assert [result["error"]["code"] for result in results[:2]] == [
        "event_type_reserved",
        "event_type_too_long",
    ]
    assert "256 bytes" in results[1]["error"]["detail"]
