import pytest

from tests.api.token_service import TokenService


@pytest.fixture
async def service(app, http, settings, clock):
    service = TokenService(app, http, settings, clock)
    await service.register_people()
    return service
