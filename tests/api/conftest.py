import pytest

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
