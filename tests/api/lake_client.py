"""A client of the API whose events are in the event lake."""

from typing import Any

from httpx2 import AsyncClient, Response

from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services.archive import catch_up
from api.settings import Settings
from api.stores.protocol import RollupStore

DAY = {"start_date": "2026-03-10", "end_date": "2026-03-10"}


def lake_of(settings: Settings) -> DeltaTables:
    return DeltaTables(LakeStorage.in_folder(settings.data_dir / "lake"))


class LakeClient:
    """The client of one organisation, and the archiver of its events."""

    def __init__(self, http: AsyncClient, store: RollupStore, settings: Settings) -> None:
        self.http = http
        self._store, self._lake = store, lake_of(settings)

    async def send(self, *events: dict[str, object]) -> None:
        """Send the events, and write all events of the store to the lake."""
        response = await self.http.post("/api/v1/events", json={"events": list(events)})
        assert response.status_code == 201, response.text
        await catch_up(self._store, self._lake)

    async def post(self, path: str, body: Any = None, **headers: str) -> Response:
        """Query an insight. The range is the day of the tests, unless the body has another."""
        return await self.http.post(
            f"/api/v1/insights/{path}", json=DAY | (body or {}), headers=headers
        )
