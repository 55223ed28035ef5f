"""A server that is the only process erases users soon after the request."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient

from api.app import create_app
from api.backends import open_emulated
from api.domain.events import DayBatch
from api.domain.reference import Organization
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services import background
from api.services.erasure_jobs import ALONE
from api.services.erasures import request_erasure
from api.services.organizations import put
from api.settings import Settings
from api.stores.protocol import RollupStore
from cosmos_emulator import Emulator
from tests.api.token_service import TokenService
from tests.contract.acts import Acting
from tests.contract.quota_senders import Sender
from tests.contract.samples import ORG
from tests.lake.erased import files_with
from tests.lake.samples import an_event as archived
from tests.lake.samples import stored_keys
from tests.support import ManualClock, an_event, send

USER = "ada@x.example"
READABLE = (
    "/api/v1/events?limit=200&start_date=2000-01-01&end_date=2030-01-01",
    "/api/v1/users",
    "/api/v1/properties?start_date=2026-03-01&end_date=2026-03-31",
    "/api/v1/erasures",
    "/api/v1/audit-log",
)


async def test_an_erasure_that_is_requested_by_http_is_done_in_the_background(
    settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(background, "ALONE", replace(ALONE, readers=timedelta()))
    emulator = Emulator(settings.data_dir / "cosmos.db", clock=lambda: clock().timestamp())
    app = create_app(
        settings, open_store=lambda s: open_emulated(s, emulator, now=clock), now=clock
    )
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://api.test") as http,
    ):
        service = TokenService(app, http, settings, clock)
        await service.register_people()
        http.headers.update(await service.headers_of("usr_ada"))
        await send(http, *(an_event(n, user_id=USER) for n in range(3)), an_event(3), key="a")
        export = f"/api/v1/users/{USER}/export"
        before = (await http.get(export)).text
        asked = (await http.post("/api/v1/erasures", json={"user_id": USER})).json()
        done = asked
        while done["status"] != "done":
            await asyncio.sleep(0.1)
            done = (await http.get(f"/api/v1/erasures/{asked['erasure_id']}")).json()
        again = await send(http, an_event(9, user_id=USER), key="b")

        assert done["receipt"]["events_deleted"] == 3
        after = [await http.get(path) for path in (export, *READABLE)]
        assert before.count(USER) == 3
        assert [response.status_code for response in after] == [200] * len(after)
        assert not [response.url for response in after if USER in response.text]
        assert (again.status_code, again.json()["code"]) == (422, "events_rejected")
        assert again.json()["errors"][0]["code"] == "user_suppressed"
        assert files_with(settings.data_dir, USER) == []
    emulator.close()


async def test_events_of_running_requests_are_awaited_and_later_ones_are_refused(
    any_store: RollupStore, clock: ManualClock
):
    """Without `settle`, this process would accept events of the user for another minute."""
    is_stored, may_end = asyncio.Event(), asyncio.Event()

    class SlowStore:
        def __getattr__(self, name: str) -> object:
            return getattr(any_store, name)

        async def append(self, batch: DayBatch) -> None:
            is_stored.set()
            await may_end.wait()
            await any_store.append(batch)

    await put(any_store, Organization(ORG, "Acme", "pro", "2026-01-01"))
    sender = Sender(SlowStore(), clock, count())
    accepted = asyncio.create_task(sender.send_numbers([0]))  # an event of user-0
    await is_stored.wait()
    await request_erasure(any_store, Acting(clock)(), ORG, "user-0")
    settled = asyncio.create_task(sender.quotas.settle(ORG))
    await asyncio.sleep(0)
    assert not settled.done()

    may_end.set()
    await settled
    await accepted
    assert [one.status for one in (await sender.ingest([3, 4])).results] == ["rejected", "created"]


async def test_untracked_files_are_deleted_only_while_no_write_is_running(tmp_path: Path):
    """A write stores its files before it adds them to the table."""
    storage = LakeStorage.in_folder(tmp_path)
    tables, may_end = DeltaTables(storage), asyncio.Event()
    is_writing = asyncio.Event()

    async def keep(events):
        is_writing.set()
        await may_end.wait()
        return events

    await tables.append(ORG, [archived(1, org_id=ORG)])
    writing = asyncio.create_task(tables.append(ORG, [archived(2, org_id=ORG)], keep=keep))
    await is_writing.wait()
    deleting = asyncio.create_task(tables.vacuum(ORG, older_than_hours=0, untracked=True))
    later = asyncio.create_task(tables.append(ORG, [archived(3, org_id=ORG)]))
    await asyncio.sleep(0.2)
    assert not deleting.done()
    assert not later.done()

    may_end.set()
    await asyncio.gather(writing, deleting, later)
    assert len(await stored_keys(DuckDBReader(storage), ORG)) == 3
