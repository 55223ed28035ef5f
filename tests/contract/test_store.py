"""What every store promises. One suite; `conftest.py` says which stores it runs over."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

import pytest

from api.domain.events import DayBatch, Event, EventQuery, EventResult
from api.domain.idempotency import Claim
from api.domain.metrics import MetricValue
from api.domain.reference import ApiKey, Membership, Organization, User
from api.domain.rollups import Checkpoint, Delta, Rollup, delta_of
from api.errors import FieldError
from api.stores.protocol import Conflict, Store

ORG, OTHER = "org_acme", "org_globex"
ALL_TIME = {"first": "2000-01-01T00:00:00.000000Z", "last": "2100-01-01T00:00:00.000000Z"}


def event(number: int, *, day: int = 1, org: str = ORG, **changes: object) -> Event:
    values: dict[str, object] = {
        "org_id": org,
        "event_id": f"e{number:04}",
        "event_type": f"type-{number % 3}",
        "user_id": f"user-{number % 5}",
        "timestamp": f"2026-03-{day:02}T00:00:{number % 60:02}.000000Z",
        "properties": {"n": number},
    }
    return Event(**values | changes)  # pyright: ignore[reportArgumentType]


async def append(store: Store, events: Iterable[Event], claim: str | None = None) -> None:
    for one in events:
        await store.append(DayBatch(one.org_id, one.day, [one], claim))


def query(**changes: object) -> EventQuery:
    return EventQuery(**{"org_id": ORG, **ALL_TIME, **changes})  # pyright: ignore[reportArgumentType]


RECORDS = [
    Organization("org_acme", "Acme", "pro", "2026-01-01T00:00:00.000000Z"),
    User("u1", "a@acme.test", "Ann", "member", "2026-01-01", "2026-01-02"),
    Membership("u1", "org_acme", "admin", "2026-01-01"),
    ApiKey("f" * 64, "org_acme", "secret", "ak", "2026-01-01"),
    Claim(
        "org_acme",
        "a" * 64,
        "fingerprint",
        "2026-01-01T00:00:00.000000Z",
        "2026-01-01T00:00:30.000000Z",
        done=True,
        results=(
            EventResult(1, "e", "duplicate"),
            EventResult(2, None, "rejected", FieldError("/events/2", "c", "d")),
        ),
    ),
    Rollup("org_acme", "2026-03-01", 3, {"a": 1}, b"\x00\xff"),
    MetricValue("org_acme", "revenue", "2026-03-01", 12.5),
    Checkpoint("reader", "position"),
]
KEYS = [
    ("org_acme",),
    ("u1",),
    ("u1", "org_acme"),
    ("f" * 64,),
    ("org_acme", "a" * 64),
    ("org_acme", "2026-03-01"),
    ("org_acme", "revenue:2026-03-01"),
    ("reader",),
]


class TestRecords:
    @pytest.mark.parametrize(("record", "key"), list(zip(RECORDS, KEYS, strict=True)))
    async def test_a_record_comes_back_as_it_was(self, any_store: Store, record, key):
        created = await any_store.create(record)
        stored = await any_store.read(type(record), *key)

        assert stored is not None
        assert stored.record == created.record == record
        assert stored.version == created.version

    async def test_what_is_not_there_is_none(self, any_store: Store):
        assert await any_store.read(Organization, "nobody") is None

    async def test_a_key_is_taken_once(self, any_store: Store):
        await any_store.create(RECORDS[0])

        with pytest.raises(Conflict):
            await any_store.create(RECORDS[0])

    async def test_of_many_creates_at_once_one_wins(self, any_store: Store):
        outcomes = await asyncio.gather(
            *(any_store.create(RECORDS[4]) for _ in range(8)), return_exceptions=True
        )

        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7

    async def test_only_the_version_that_was_seen_is_replaced(self, any_store: Store):
        first = await any_store.create(Checkpoint("reader", "1"))
        second = await any_store.replace(Checkpoint("reader", "2"), version=first.version)

        with pytest.raises(Conflict):
            await any_store.replace(Checkpoint("reader", "3"), version=first.version)
        await any_store.replace(Checkpoint("reader", "4"), version=second.version)
        stored = await any_store.read(Checkpoint, "reader")
        assert stored is not None
        assert stored.record.position == "4"

    async def test_what_is_gone_is_not_replaced(self, any_store: Store):
        with pytest.raises(Conflict):
            await any_store.replace(Checkpoint("reader", "1"), version='"none"')

    async def test_records_are_found_by_owner_and_range_in_order(self, any_store: Store):
        for day in (5, 3, 9, 1):
            for org in (ORG, OTHER):
                await any_store.create(Rollup(org, f"2026-03-{day:02}"))
        found = await any_store.find(Rollup, ORG, first="2026-03-02", last="2026-03-05")

        assert [(r.org_id, r.day) for r in found] == [(ORG, "2026-03-03"), (ORG, "2026-03-05")]

    async def test_without_an_owner_all_are_found(self, any_store: Store):
        for name in ("b", "a", "c"):
            await any_store.create(User(name, "", "", "", "", ""))

        assert [user.user_id for user in await any_store.find(User, None)] == ["a", "b", "c"]


class TestAppend:
    async def test_all_or_nothing(self, any_store: Store):
        await append(any_store, [event(2)], claim="theirs")
        batch = DayBatch(ORG, "2026-03-01", [event(1), event(2), event(3)], "ours")

        with pytest.raises(Conflict):
            await any_store.append(batch)
        assert [e.event_id for e in await any_store.page(query(), after=None, limit=9)] == ["e0002"]
        assert len((await any_store.pending(ORG, "2026-03-01", limit=9)).deltas) == 1

    async def test_99_events_and_their_delta_fit(self, any_store: Store):
        events = sorted((event(n) for n in range(99)), key=lambda e: e.key)
        await any_store.append(DayBatch(ORG, "2026-03-01", events, "claim"))

        assert len(await any_store.page(query(), after=None, limit=200)) == 99

    async def test_who_wrote_an_event_is_known(self, any_store: Store):
        await append(any_store, [event(1)], claim="ours")
        await append(any_store, [event(2)])
        keys = [event(n).key for n in range(4)]

        known = await any_store.claims(ORG, "2026-03-01", keys)
        assert known == {event(1).key: "ours", event(2).key: None}

    async def test_the_same_key_in_another_organisation_is_free(self, any_store: Store):
        await append(any_store, [event(1), event(1, org=OTHER)])


class TestPage:
    @pytest.mark.parametrize("ascending", [False, True])
    async def test_pages_hold_every_event_once_in_order(self, any_store: Store, *, ascending: bool):
        events = [event(n, day=1 + n % 4 * 9) for n in range(40)]
        events += [event(n, timestamp="2026-03-10T00:00:00.000000Z") for n in range(100, 120)]
        await append(any_store, events)
        after, seen = None, []
        while page := await any_store.page(query(ascending=ascending), after=after, limit=7):
            seen += page
            after = page[-1].key
            assert len(page) == 7 or len(seen) == 60

        assert seen == sorted(events, key=lambda e: e.key, reverse=not ascending)

    async def test_first_is_included_and_last_is_not(self, any_store: Store):
        await append(any_store, [event(n) for n in range(5)])
        bounds = {"first": event(1).timestamp, "last": event(3).timestamp}
        page = await any_store.page(query(**bounds), after=None, limit=9)

        assert [e.event_id for e in page] == ["e0002", "e0001"]

    @pytest.mark.parametrize(
        ("filters", "numbers"),
        [
            ({"user_id": "user-1"}, [11, 6, 1]),
            ({"event_types": ("type-0",)}, [12, 9, 6, 3, 0]),
            ({"event_types": ("type-0", "type-2")}, [12, 11, 9, 8, 6, 5, 3, 2, 0]),
            ({"event_types": ("type-0",), "user_id": "user-1"}, [6]),
            ({"user_id": "nobody"}, []),
        ],
    )
    async def test_filters(self, any_store: Store, filters, numbers: list[int]):
        await append(any_store, [event(n, day=1 + n) for n in range(13)])
        page = await any_store.page(query(**filters), after=None, limit=99)

        assert [e.properties["n"] for e in page] == numbers

    async def test_another_organisation_is_never_seen(self, any_store: Store):
        await append(any_store, [event(n, org=OTHER) for n in range(5)])

        assert await any_store.page(query(), after=None, limit=9) == []

    async def test_rollups_and_deltas_are_no_events(self, any_store: Store):
        await append(any_store, [event(1)])
        pending = await any_store.pending(ORG, "2026-03-01", limit=9)
        await any_store.fold(
            replace(pending.rollup, number=1), version=pending.version, deltas=pending.deltas
        )
        await append(any_store, [event(2)])

        assert len(await any_store.page(query(), after=None, limit=9)) == 2


class TestFold:
    async def test_deltas_wait_until_a_fold_takes_them(self, any_store: Store):
        await append(any_store, [event(1), event(2)])
        pending = await any_store.pending(ORG, "2026-03-01", limit=9)
        rollup = Rollup(ORG, "2026-03-01", 1, {"a": 2}, b"sketch")
        await any_store.fold(rollup, version=pending.version, deltas=pending.deltas)
        after = await any_store.pending(ORG, "2026-03-01", limit=9)

        assert pending.version is None
        assert sorted(d.delta_id for d in pending.deltas) == [event(1).key, event(2).key]
        assert after.rollup == rollup
        assert list(after.deltas) == []

    async def test_a_delta_says_what_its_events_add(self, any_store: Store):
        batch = DayBatch(ORG, "2026-03-01", [event(1), event(2)], None)
        await any_store.append(batch)

        assert list((await any_store.pending(ORG, "2026-03-01", limit=9)).deltas) == [
            delta_of(batch)
        ]

    async def test_a_fold_on_an_old_rollup_changes_nothing(self, any_store: Store):
        await append(any_store, [event(1)])
        stale = await any_store.pending(ORG, "2026-03-01", limit=9)
        await any_store.fold(Rollup(ORG, "2026-03-01", 1), version=None, deltas=[])

        with pytest.raises(Conflict):
            await any_store.fold(
                Rollup(ORG, "2026-03-01", 9), version=stale.version, deltas=stale.deltas
            )
        now = await any_store.pending(ORG, "2026-03-01", limit=9)
        assert (now.rollup.number, len(now.deltas)) == (1, 1)

    async def test_a_delta_that_is_gone_undoes_the_fold(self, any_store: Store):
        await append(any_store, [event(1)])
        gone = Delta(ORG, "2026-03-01", "2026-03-01T~gone", {}, b"")
        pending = await any_store.pending(ORG, "2026-03-01", limit=9)

        with pytest.raises(Conflict):
            await any_store.fold(
                Rollup(ORG, "2026-03-01", 1), version=None, deltas=[*pending.deltas, gone]
            )
        now = await any_store.pending(ORG, "2026-03-01", limit=9)
        assert (now.version, len(now.deltas)) == (None, 1)

    async def test_unfolded_days_are_listed(self, any_store: Store):
        await append(any_store, [event(1, day=d) for d in (1, 2)] + [event(1, org=OTHER)])
        pending = await any_store.pending(ORG, "2026-03-02", limit=9)
        await any_store.fold(Rollup(ORG, "2026-03-02", 1), version=None, deltas=pending.deltas)

        assert set(await any_store.unfolded()) == {(ORG, "2026-03-01"), (OTHER, "2026-03-01")}


class TestChanges:
    async def follow(self, store: Store, checkpoint: str | None, *, limit: int = 100):
        """Everything new, and the checkpoint behind it."""
        days, rollups = set[tuple[str, str]](), list[Rollup]()
        while (changes := await store.changes(checkpoint, limit=limit)).count:
            days |= changes.days
            rollups += changes.rollups
            checkpoint = changes.checkpoint
        return days, rollups, changes.checkpoint

    async def test_every_delta_and_rollup_is_seen_from_the_beginning(self, any_store: Store):
        await append(any_store, [event(1, day=d) for d in range(1, 10)] + [event(1, org=OTHER)])
        await any_store.fold(Rollup(ORG, "2026-03-05", 1), version=None, deltas=[])
        days, rollups, _ = await self.follow(any_store, None, limit=3)

        assert days == {(ORG, f"2026-03-{d:02}") for d in range(1, 10)} | {(OTHER, "2026-03-01")}
        assert rollups == [Rollup(ORG, "2026-03-05", 1)]

    async def test_a_checkpoint_goes_on_where_it_was(self, any_store: Store):
        await append(any_store, [event(1, day=1)])
        _, _, checkpoint = await self.follow(any_store, None)
        await append(any_store, [event(1, day=2)])
        days, _, later = await self.follow(any_store, checkpoint)

        assert days == {(ORG, "2026-03-02")}
        assert (await any_store.changes(later, limit=9)).count == 0

    async def test_an_old_checkpoint_shows_the_same_again(self, any_store: Store):
        await append(any_store, [event(1, day=1)])
        first = await any_store.changes(None, limit=9)

        assert first.count
        assert (await any_store.changes(None, limit=9)).days == first.days


async def test_a_reachable_store_passes_the_check(any_store: Store):
    await any_store.check()
