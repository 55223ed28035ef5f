"""The contract of every store: records, events and pages.

`conftest.py` lists the stores. `test_store_rollups.py` covers rollups and the change feed.
"""

import asyncio
from dataclasses import replace
from typing import cast

import pytest

from api.domain.events import PUBLIC, TRUSTED, DayBatch, EventResult
from api.domain.idempotency import IdempotencyRecord
from api.domain.metrics import MetricValue
from api.domain.reference import (
    SUSPENDED,
    ApiKey,
    Membership,
    Organization,
    User,
)
from api.domain.rollups import Checkpoint, DayCounts, DayUsers
from api.errors import FieldError
from api.stores.protocol import Conflict, Store
from tests.contract.samples import ALL_TIME, AUDIT_ENTRY, ORG, OTHER, append, event, query
from tests.support import ManualClock

RECORDS = [
    Organization(
        "org_acme", "Acme", "pro", "2026-01-01T00:00:00.000000Z", SUSPENDED, ("u1", "u2"), 7, "act"
    ),
    User("u1", "a@acme.test", "Ann", "member", "2026-01-01", "2026-01-02"),
    Membership("u1", "org_acme", "admin", "2026-01-01"),
    ApiKey(
        "f" * 64,
        "org_acme",
        "publishable",
        "pk",
        "2026-01-01",
        expires_at="2027-01-01T00:00:00.000000Z",
        origins=("https://shop.example", "http://localhost:3000"),
        last_used="2026-03-10",
    ),
    IdempotencyRecord(
        "org_acme",
        "a" * 64,
        "fingerprint",
        "2026-01-01T00:00:00.000000Z",
        "2026-01-01T00:00:30.000000Z",
        done=True,
        source=TRUSTED,
        results=(
            EventResult(1, "e", "duplicate"),
            EventResult(2, None, "rejected", FieldError("/events/2", "c", "d")),
        ),
    ),
    DayCounts("org_acme", "2026-03-01", 3, {"a": 1}, "v1", 3, 2, frozenset("a"), closed=True),
    DayUsers("org_acme", "2026-03-01", 3, "v1", 2, b"\x00\xff"),
    MetricValue("org_acme", "revenue", "2026-03-01", 12.5),
    replace(
        AUDIT_ENTRY,
        effects=(
            Organization("org_acme", "Acme", "pro", "2026-01-01", owners=("u1",)),
            User("u1", "a@acme.test", "Ann", "member", "2026-01-01", "2026-01-02"),
            Membership("u1", "org_acme", "admin", "2026-01-01", 3),
            ApiKey("f" * 64, "org_acme", "", "ak", "2026-01-01", act=3),
        ),
    ),
    Checkpoint("reader", "position"),
]
KEYS = [
    ("org_acme",),
    ("u1",),
    ("u1", "org_acme"),
    ("f" * 64,),
    ("org_acme", "a" * 64),
    ("org_acme", "2026-03-01"),
    ("org_acme", "users~2026-03-01"),
    ("org_acme", "revenue:2026-03-01"),
    ("org_acme", "2026-03-10T12:00:00.000000Z~1"),
    ("reader",),
]


class TestRecords:
    @pytest.mark.parametrize(("record", "key"), list(zip(RECORDS, KEYS, strict=True)))
    async def test_a_record_is_read_as_it_was_written(self, any_store: Store, record, key):
        created = await any_store.create(record)
        stored = await any_store.read(type(record), *key)

        assert stored is not None
        assert stored.record == created.record == record
        assert stored.version == created.version

    async def test_a_missing_record_is_none(self, any_store: Store):
        assert await any_store.read(Organization, "nobody") is None

    async def test_a_key_can_be_created_once(self, any_store: Store):
        await any_store.create(RECORDS[0])

        with pytest.raises(Conflict):
            await any_store.create(RECORDS[0])

    async def test_only_one_of_many_concurrent_creates_succeeds(self, any_store: Store):
        outcomes = await asyncio.gather(
            *(any_store.create(RECORDS[4]) for _ in range(8)), return_exceptions=True
        )

        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7

    async def test_only_the_current_version_can_be_replaced(self, any_store: Store):
        first = await any_store.create(Checkpoint("reader", "1"))
        second = await any_store.replace(Checkpoint("reader", "2"), version=first.version)

        with pytest.raises(Conflict):
            await any_store.replace(Checkpoint("reader", "3"), version=first.version)
        await any_store.replace(Checkpoint("reader", "4"), version=second.version)
        stored = await any_store.read(Checkpoint, "reader")
        assert stored is not None
        assert stored.record.position == "4"

    async def test_a_missing_record_cannot_be_replaced(self, any_store: Store):
        with pytest.raises(Conflict):
            await any_store.replace(Checkpoint("reader", "1"), version='"none"')

    async def test_an_idempotency_record_expires_after_a_day(
        self, any_store: Store, clock: ManualClock
    ):
        record = cast("IdempotencyRecord", RECORDS[4])
        first = await any_store.create(record)
        clock.forward(hours=23, minutes=59)
        assert await any_store.read(IdempotencyRecord, *KEYS[4]) is not None
        clock.forward(minutes=2)

        assert await any_store.read(IdempotencyRecord, *KEYS[4]) is None
        with pytest.raises(Conflict):
            await any_store.replace(record, version=first.version)
        second = await any_store.create(replace(record, fingerprint="another"))
        with pytest.raises(Conflict):
            await any_store.replace(record, version=first.version)
        assert await any_store.read(IdempotencyRecord, *KEYS[4]) == second

    async def test_records_are_found_by_owner_and_range_in_order(self, any_store: Store):
        for day in (5, 3, 9, 1):
            for org in (ORG, OTHER):
                await any_store.create(DayCounts(org, f"2026-03-{day:02}"))
                await any_store.create(DayUsers(org, f"2026-03-{day:02}"))
        found = await any_store.find(DayCounts, ORG, first="2026-03-02", last="2026-03-05")

        assert [(r.org_id, r.day) for r in found] == [(ORG, "2026-03-03"), (ORG, "2026-03-05")]

    async def test_without_an_owner_all_are_found(self, any_store: Store):
        for name in ("b", "a", "c"):
            await any_store.create(User(name, "", "", "", "", ""))

        assert [user.user_id for user in await any_store.find(User, None)] == ["a", "b", "c"]

    async def test_keys_are_found_by_organisation(self, any_store: Store):
        keys = [
            ApiKey(f"{number:064}", ORG if number % 3 else OTHER, "secret", "", "")
            for number in range(150, 0, -1)
        ]
        for key in keys:
            await any_store.create(key)
        own = [key for key in reversed(keys) if key.org_id == ORG]

        bounds = {"first": own[1].key_hash, "last": own[3].key_hash}

        assert await any_store.find(ApiKey, ORG) == own
        assert await any_store.find(ApiKey, ORG, **bounds) == own[1:4]
        assert await any_store.find(ApiKey, "org_nobody") == []

    @pytest.mark.parametrize(("record", "key"), list(zip(RECORDS, KEYS, strict=True)))
    async def test_a_deleted_record_is_gone_and_can_be_created_again(
        self, any_store: Store, record, key
    ):
        await any_store.create(record)
        for _ in range(2):
            await any_store.delete(type(record), *key)

        assert await any_store.read(type(record), *key) is None
        assert not await any_store.find(type(record), None)
        await any_store.create(record)


class TestAppend:
    async def test_a_batch_is_stored_completely_or_not_at_all(self, any_store: Store):
        await append(any_store, [event(2)], ingest_id="other")
        batch = DayBatch(ORG, "2026-03-01", [event(1), event(2), event(3)], "own")

        with pytest.raises(Conflict):
            await any_store.append(batch)
        assert [e.event_id for e in await any_store.page(query(), after=None, limit=9)] == ["e0002"]
        assert len((await any_store.pending(ORG, "2026-03-01", limit=9)).deltas) == 1

    async def test_99_events_and_their_delta_fit(self, any_store: Store):
        events = sorted((event(n) for n in range(99)), key=lambda e: e.key)
        await any_store.append(DayBatch(ORG, "2026-03-01", events, "ingest"))

        assert len(await any_store.page(query(), after=None, limit=200)) == 99

    async def test_properties_come_back_as_they_were_sent(self, any_store: Store):
        properties = {
            "numbers": [0, -1, 2**53 - 1, -(2**53 - 1), 0.1, -2.5, 1e300, 1e-300, 5e-324, 1e22],
            "others": [True, False, None, "", 'ÿ\U0001f600"\\\n', {}, [], [[]], {"": {"ä": 1}}],
            "pk": "org_globex#2026-03-01",
        }
        await append(any_store, [event(1, properties=properties)])
        [found] = await any_store.page(query(), after=None, limit=9)

        assert found == event(1, properties=properties)

    async def test_the_largest_batch_fits(self, any_store: Store):
        big = {"text": "x" * 15_000}
        events = sorted((event(n, properties=big) for n in range(99)), key=lambda e: e.key)
        await any_store.append(DayBatch(ORG, "2026-03-01", events, "ingest"))

        assert len(await any_store.ingest_ids(ORG, "2026-03-01", [e.key for e in events])) == 99

    async def test_events_keep_the_id_of_their_ingest(self, any_store: Store):
        await append(any_store, [event(1)], ingest_id="ours")
        await append(any_store, [event(2)])
        keys = [event(n).key for n in range(4)]

        known = await any_store.ingest_ids(ORG, "2026-03-01", keys)
        assert known == {event(1).key: "ours", event(2).key: None}

    async def test_an_event_keeps_its_clock_skew_and_its_time_of_receipt(self, any_store: Store):
        skewed = event(1, clock_skew_ms=-172_800_000)
        late = event(2, received_at="2026-04-01T00:00:00.123456Z")
        await append(any_store, [skewed, late, event(3)])

        page = await any_store.page(query(ascending=True), after=None, limit=9)
        assert list(page) == [skewed, late, event(3)]

    async def test_a_public_and_a_trusted_event_may_have_the_same_id(self, any_store: Store):
        trusted, public = event(1), event(1, source=PUBLIC)
        await append(any_store, [public, trusted])

        with pytest.raises(Conflict):
            await append(any_store, [public])
        assert list(await any_store.page(query(ascending=True), after=None, limit=9)) == [
            trusted,
            public,
        ]

    async def test_two_organisations_may_use_the_same_event_key(self, any_store: Store):
        await append(any_store, [event(1), event(1, org=OTHER)])


class TestPage:
    @pytest.mark.parametrize("ascending", [False, True])
    async def test_pages_contain_every_event_once_in_order(
        self, any_store: Store, *, ascending: bool
    ):
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

    async def test_newer_events_do_not_appear_on_later_pages(self, any_store: Store):
        await append(any_store, [event(n, day=1 + n) for n in range(6)])
        first = await any_store.page(query(), after=None, limit=3)
        await append(any_store, [event(n, day=20 + n) for n in range(3)])
        rest = await any_store.page(query(), after=first[-1].key, limit=99)

        assert [e.properties["n"] for e in [*first, *rest]] == [5, 4, 3, 2, 1, 0]

    async def test_an_empty_range_is_empty(self, any_store: Store):
        await append(any_store, [event(1)])
        backwards = {"first": ALL_TIME["last"], "last": ALL_TIME["first"]}

        assert await any_store.page(query(**backwards), after=None, limit=9) == []

    async def test_another_organisation_is_never_seen(self, any_store: Store):
        await append(any_store, [event(n, org=OTHER) for n in range(5)])

        assert await any_store.page(query(), after=None, limit=9) == []

    async def test_pages_do_not_contain_rollups_or_deltas(self, any_store: Store):
        await append(any_store, [event(1)])
        pending = await any_store.pending(ORG, "2026-03-01", limit=9)
        await any_store.fold(
            replace(pending.rollup, number=1), version=pending.version, deltas=pending.deltas
        )
        await append(any_store, [event(2)])

        assert len(await any_store.page(query(), after=None, limit=9)) == 2


async def test_a_reachable_store_passes_the_check(any_store: Store):
    await any_store.check()
