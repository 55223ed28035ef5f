"""Acts that conflict with other acts of the organisation, on every store."""

from dataclasses import replace
from typing import Any

import pytest

from api.domain.reference import Organization
from api.services.acts import ATTEMPTS_MAX
from api.services.administration import update_organization
from api.stores.protocol import Conflict, Contended, Store
from tests.contract.acts import ORG, Acting, organization_with


class ContendedStore:
    """A store in which another act is decided before each of an act's first decisions."""

    def __init__(self, store: Any, conflicts: int) -> None:
        self._store, self._left = store, conflicts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def replace(self, record: object, *, version: str) -> object:
        if isinstance(record, Organization) and self._left:
            self._left -= 1
            raise Conflict
        return await self._store.replace(record, version=version)


class Sleeper:
    """A sleep that records the seconds and returns at once."""

    def __init__(self) -> None:
        self.seconds = list[float]()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def sleep() -> Sleeper:
    return Sleeper()


async def test_an_act_backs_off_between_attempts(any_store: Store, acting: Acting, sleep: Sleeper):
    await organization_with(any_store, acting, [])
    shares = iter([1.0, 0.5, 0.0, 1.0, 1.0, 1.0, 1.0])
    context = replace(acting(), sleep=sleep, jitter=lambda: next(shares))
    contended: Any = ContendedStore(any_store, conflicts=7)

    assert await update_organization(contended, context, ORG, name="Newer")
    assert sleep.seconds == [0.02, 0.02, 0.0, 0.16, 0.32, 0.5, 0.5]


async def test_the_error_after_the_last_attempt_names_the_cause(
    any_store: Store, acting: Acting, sleep: Sleeper
):
    await organization_with(any_store, acting, [])
    context = replace(acting(), sleep=sleep)
    contended: Any = ContendedStore(any_store, conflicts=ATTEMPTS_MAX)

    with pytest.raises(Contended) as refused:
        await update_organization(contended, context, ORG, name="Newer")
    assert (refused.value.status, refused.value.code) == (503, "store_unavailable")
    assert refused.value.detail == (
        "The organisation is being changed by many requests at once. "
        "Retry the request after Retry-After seconds."
    )
    assert len(sleep.seconds) == ATTEMPTS_MAX - 1
    assert await update_organization(any_store, acting(), ORG, name="Newer")
