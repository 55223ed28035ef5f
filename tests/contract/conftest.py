"""Which stores the contract is checked on."""

import pytest

from api.stores.protocol import Store


@pytest.fixture(params=["cosmos"])
def any_store(request: pytest.FixtureRequest, store: Store) -> Store:
    """The store of this name: `cosmos` is the real SDK on the emulator."""
    return {"cosmos": store}[request.param]
