"""A server writes accepted events into the lake without any further step."""

import asyncio
from dataclasses import replace

from httpx2 import ASGITransport, AsyncClient

from api.app import create_app
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.settings import Settings
from tests.lake.samples import stored_keys
from tests.support import an_event, send


async def test_accepted_events_appear_in_the_lake(settings: Settings):
    app = create_app(replace(settings, work_per_second=0))
    reader = DuckDBReader(LakeStorage.in_folder(settings.data_dir / "lake"))
    async with app.router.lifespan_context(app):
        transport = ASGITransport(app)
        async with AsyncClient(transport=transport, base_url="http://api.test") as client:
            token = await client.post("/api/v1/auth/token", json={"api_key": "ak_local_acme"})
            client.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
            response = await send(client, *(an_event(n) for n in range(3)), key="a")
            assert response.status_code == 201
        while len(await stored_keys(reader, "org_acme")) < 3:  # noqa: ASYNC110 - a file changes
            await asyncio.sleep(0.1)

    assert len(await stored_keys(reader, "org_acme")) == 3
