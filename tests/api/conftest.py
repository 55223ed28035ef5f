from dataclasses import replace

import pytest

from api.domain.reference import Organization
from api.services.organizations import put
from api.stores.protocol import Store
from tests.api.lake_client import LakeClient
from tests.api.token_service import TokenService


@pytest.fixture
async def service(app, http, settings, clock):
    service = TokenService(app, http, settings, clock)
    await service.register_people()
    return service


@pytest.fixture
async def admin(service):
    """Return a client of an admin of org_acme."""
    issued = await service.exchange(await service.id_token(sub="usr_ada"), "org_acme")
    service.client.headers["Authorization"] = f"Bearer {issued.json()['access_token']}"
    return service.client


@pytest.fixture
def set_quota(store: Store):
    async def set_quota(limit: int, warn_at: int = 80) -> None:
        known = await store.read(Organization, "org_acme")
        assert known
        await put(store, replace(known.record, events_per_month=limit, warn_at=warn_at))

    return set_quota


@pytest.fixture
async def lake(acme, app, settings):
    """Return a client of org_acme, whose events the API stores and the archiver archives."""
    return LakeClient(acme, app.state.resources.store, settings)
