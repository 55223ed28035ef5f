"""The pages of a user's events."""

from pathlib import Path

import pytest

from api.domain.events import Event
from api.lake.queries.user_events import read_user_events, user_events
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from tests.lake.samples import ORG, an_event


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_pages_contain_every_event_of_the_user_once(tmp_path: Path, limit: int):
    stored = [
        an_event(number, day=day, event_id=event_id, user_id=user_id, source=source)
        for number, day in ((3, "2026-03-10"), (1, "2026-03-10"), (2, "2026-02-01"))
        for event_id in ("e", "e-1", "e0", "E")
        for user_id, source in (("u", "public"), ("u", "trusted"))
    ]
    others = [an_event(number, user_id=name) for number, name in enumerate(("U", "u ", "'"))]
    storage = LakeStorage.in_folder(tmp_path)
    await DeltaTables(storage).append(ORG, [*stored, *others])
    reader, found = DuckDBReader(storage), list[Event]()
    while True:
        scan = user_events("u", after=found[-1].key if found else None, limit=limit)
        rows = await reader.query(
            await reader.snapshot(ORG),
            scan.statement,
            first_day=scan.first_day,
            last_day=scan.last_day,
        )
        if not rows:
            break
        assert len(rows) <= limit
        found += read_user_events(rows, ORG, "u")

    assert found == sorted(stored, key=lambda event: event.key)
