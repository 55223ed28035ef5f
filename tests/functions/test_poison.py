"""A document that can't be folded is dead-lettered with a reason and doesn't block the others."""

from collections.abc import AsyncGenerator

import pytest
from azure.cosmos.aio import ContainerProxy, CosmosClient

from api.domain.events import DayBatch, Event
from api.domain.rollups import Checkpoint, DayCounts, DeadLetter, Rollup
from api.services.folds import fold_day
from api.services.rollups import FEED_READER, apply_changes, catch_up, sweep
from api.settings import Settings
from api.stores.protocol import Refused, Store
from api.stores.signals import read_signals
from cosmos_emulator import Emulator
from cosmos_emulator.transports import AsyncTransport

ORG, DAY = "org_acme", "2026-03-01"
GOOD = {"type": "delta", "org_id": ORG, "day": DAY, "counts": {"seen": 1}, "users": ""}
POISON = {
    "counts that are not numbers": GOOD | {"counts": {"seen": "many"}},
    "counts that are not an object": GOOD | {"counts": 3},
    "negative counts": GOOD | {"counts": {"seen": -1}},
    "no counts": {name: value for name, value in GOOD.items() if name != "counts"},
    "users that are not base64": GOOD | {"users": "?"},
    "a truncated user hash": GOOD | {"users": "AAAA"},
}


@pytest.fixture
async def events(
    store: Store,  # noqa: ARG001 - creates the containers
    settings: Settings,
    emulator: Emulator,
) -> AsyncGenerator:
    """Yield the container, to store documents that the service never writes."""
    async with CosmosClient(
        emulator.endpoint, emulator.key, transport=AsyncTransport(emulator)
    ) as client:
        database = client.get_database_client(settings.cosmos_database)
        yield database.get_container_client("events")


async def put(events: ContainerProxy, document: dict, name: str = "poison") -> dict:
    stored = document | {"id": f"delta~{name}"}
    await events.create_item(stored)
    return stored


async def store_events(store: Store, count: int, day: str = DAY) -> None:
    for number in range(count):
        event = Event(ORG, f"e{number}", "seen", "u", f"{day}T00:00:{number:02}.000000Z", {})
        await store.append(DayBatch(ORG, day, [event], None))


async def counts(store: Store, day: str = DAY) -> dict[str, int]:
    rollup = await store.read(DayCounts, ORG, day)
    return dict(rollup.record.counts) if rollup else {}


class RefusingStore:
    """A store that refuses every rollup with an event type "refused"."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def fold(self, rollup: Rollup, **options: object) -> None:
        if "refused" in rollup.counts:
            raise Refused("too large")
        await self._store.fold(rollup, **options)


@pytest.mark.parametrize("document", POISON.values(), ids=POISON)
async def test_an_invalid_document_is_dead_lettered_and_others_are_counted(
    store: Store, events: ContainerProxy, document: dict
):
    await store_events(store, 3)
    stored = await put(events, document)
    await catch_up(store)
    [dead_letter] = await store.find(DeadLetter, ORG)

    assert await counts(store) == {"seen": 3}
    assert dead_letter.document == stored
    assert dead_letter.reason
    assert await store.unfolded() == set()


async def test_a_delta_that_the_store_refuses_is_dead_lettered(
    store: Store, events: ContainerProxy
):
    await store_events(store, 7)
    await put(events, GOOD | {"counts": {"refused": 1}})
    await sweep(RefusingStore(store))
    await catch_up(store)
    [dead_letter] = await store.find(DeadLetter, ORG)

    assert "too large" in dead_letter.reason
    assert await counts(store) == {"seen": 7}
    assert await store.unfolded() == set()


async def test_types_with_too_long_names_are_counted_as_other(store: Store, events: ContainerProxy):
    await store_events(store, 7)
    for letter in "ab":  # together they exceed the 2 MB limit of a document
        await put(events, GOOD | {"counts": {letter * 1_200_000: 1}}, name=letter)
    await sweep(store)
    await catch_up(store)

    assert await counts(store) == {"seen": 7, "(other)": 2}
    assert await store.find(DeadLetter, ORG) == []


@pytest.mark.parametrize(
    "document",
    [
        {"id": "1", "type": "surprise", "org_id": ORG, "day": DAY},
        {"id": "1", "type": "delta"},
        {"id": "1", "type": "rollup", "org_id": ORG, "day": DAY, "number": 1},
    ],
    ids=lambda document: str(document.get("type")),
)
async def test_an_invalid_change_does_not_block_the_feed(store: Store, document: dict):
    await store_events(store, 1)
    good = {"type": "delta", "org_id": ORG, "day": DAY}
    for _ in range(2):  # redelivered
        await apply_changes(store, read_signals([document, good]))
    await catch_up(store)

    assert await counts(store) == {"seen": 1}
    [dead_letter] = await store.find(DeadLetter, document.get("org_id", ""))
    assert dead_letter.document == document


async def test_a_move_killed_before_the_deletion_is_completed_by_the_next_fold(
    store: Store, events: ContainerProxy
):
    await put(events, POISON["no counts"])
    [unreadable] = (await store.pending(ORG, DAY, limit=9)).unreadable
    await store.create(unreadable)
    await fold_day(store, ORG, DAY)

    assert len(await store.find(DeadLetter, ORG)) == 1
    assert await store.unfolded() == set()


async def test_the_checkpoint_moves_past_an_invalid_document(store: Store, events: ContainerProxy):
    await put(events, POISON["a truncated user hash"])
    await catch_up(store)
    before = await store.read(Checkpoint, FEED_READER)
    await store_events(store, 2, day="2026-03-02")
    await catch_up(store)
    after = await store.read(Checkpoint, FEED_READER)

    assert before
    assert after
    assert before.record != after.record
    assert await counts(store, "2026-03-02") == {"seen": 2}
