"""The audit log on every store: newest first, in pages, with filters."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from api.domain.reference import INTENDED, AuditEntry
from api.services.audit_log import END, PAGE_LIMIT, AuditQuery, read_audit_log
from api.stores.protocol import Store
from tests.contract.samples import AUDIT_ENTRY, ORG, OTHER
from tests.support import ManualClock

COUNT = 2 * PAGE_LIMIT + 50


def entry(number: int, **changes: str) -> AuditEntry:
    at = f"2026-03-10T{number // 60:02}:{number % 60:02}:00.000000Z"
    done = replace(AUDIT_ENTRY, entry_id=f"{at}~{number}", at=at, pending="", effects=())
    return replace(done, **changes)


async def read_all(store: Store, query: AuditQuery, **options: str) -> list[AuditEntry]:
    return [found async for found in read_audit_log(store, query, **options)]


class PagesOnly:
    """A store that can only read pages of the log. `limits` are the sizes of these pages."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.limits: list[int] = []

    async def find_last(self, *args: object, limit: int, **options: str) -> Sequence[AuditEntry]:
        self.limits.append(limit)
        return await self._store.find_last(*args, limit=limit, **options)  # type: ignore[arg-type]


class TestLastRecords:
    async def test_they_are_in_descending_order_without_the_bound(self, any_store: Store):
        entries = [entry(number) for number in range(4)]
        for one in (*entries, entry(9, org_id=OTHER)):
            await any_store.create(one)
        first, last = entries[1].entry_id, entries[3].entry_id

        async def find(**bounds: object) -> Sequence[AuditEntry]:
            return await any_store.find_last(AuditEntry, ORG, **{"limit": 9, **bounds})  # type: ignore[arg-type]

        assert await find(before=END) == entries[::-1]
        assert await find(before=END, limit=2) == [entries[3], entries[2]]
        assert await find(before=last, first=first) == [entries[2], entries[1]]
        assert await find(before=first, first=last) == []

    async def test_expired_records_are_missing(self, any_store: Store, clock: ManualClock):
        await any_store.create(entry(1))
        clock.forward(days=300)
        await any_store.create(entry(2))
        clock.forward(days=101)

        found = await any_store.find_last(AuditEntry, ORG, before=END, limit=5)

        assert found == [entry(2)]


class TestAuditLog:
    @pytest.fixture
    async def entries(self, any_store: Store) -> list[AuditEntry]:
        """Return stored entries, newest first; every tenth is Bob's, every seventh an addition."""
        entries = [
            entry(
                number,
                actor_id="alice" if number % 10 else "bob",
                action="organization.update" if number % 7 else "member.add",
            )
            for number in range(COUNT)
        ]
        for one in entries:
            await any_store.create(one)
        return entries[::-1]

    async def test_every_act_is_read_once_in_pages(
        self, any_store: Store, entries: list[AuditEntry]
    ):
        pages = PagesOnly(any_store)
        assert await read_all(pages, AuditQuery(ORG)) == entries  # type: ignore[arg-type]
        assert pages.limits == [PAGE_LIMIT] * 3

        first = PagesOnly(any_store)
        log = read_audit_log(first, AuditQuery(ORG))  # type: ignore[arg-type]
        assert [await anext(log) for _ in range(5)] == entries[:5]
        await log.aclose()
        assert first.limits == [PAGE_LIMIT]
        assert await read_all(any_store, AuditQuery(ORG), before=entries[4].entry_id) == entries[5:]

    async def test_filters_select_the_actor_the_action_and_the_time(
        self, any_store: Store, entries: list[AuditEntry]
    ):
        by_bob = [one for one in entries if one.actor_id == "bob"]
        added = [one for one in entries if one.action == "member.add"]
        newer, older = entries[20], entries[150]
        within = entries[21:151]

        assert await read_all(any_store, AuditQuery(ORG, actor="bob")) == by_bob
        assert await read_all(any_store, AuditQuery(ORG, action="member.add")) == added
        both = AuditQuery(ORG, actor="bob", action="member.add", since=older.at, until=newer.at)
        assert await read_all(any_store, AuditQuery(ORG, since=older.at, until=newer.at)) == within
        assert await read_all(any_store, both) == [
            one for one in within if one in by_bob and one in added
        ]

    async def test_intents_and_acts_of_others_are_missing(self, any_store: Store):
        for one in (entry(1, pending=INTENDED), entry(2, org_id=OTHER), entry(3)):
            await any_store.create(one)

        assert await read_all(any_store, AuditQuery(ORG)) == [entry(3)]
