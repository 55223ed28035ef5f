"""Processes that send events under a quota, on stores that count or fail."""

from collections import Counter
from collections.abc import Awaitable, Collection
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from api.domain.events import TRUSTED, Draft
from api.domain.reference import Organization
from api.errors import ApiError
from api.services.events import Ingested, Submission, ingest
from api.services.organizations import put
from api.services.quotas import Quotas
from api.services.rollups import catch_up
from api.services.usage import count_received
from api.stores.protocol import RollupStore, Unavailable
from tests.contract.samples import ORG, query
from tests.support import START, ManualClock

PER_REQUEST = 5


class Sender:
    """A process that sends requests of new events, and counts what the service accepts."""

    def __init__(self, store: Any, clock: ManualClock, numbers: count) -> None:
        self.store = store
        self.quotas = Quotas()
        self.accepted = 0
        self.warnings = 0
        self._clock = clock
        self._numbers = numbers

    async def send(self, events: int = PER_REQUEST, *, key: str = "", days_ago: int = 0) -> int:
        """Send new events, and return how many were created."""
        first = next(self._numbers) * 1000
        return await self.send_numbers(range(first, first + events), key=key, days_ago=days_ago)

    async def send_numbers(
        self, numbers: Collection[int], *, key: str = "", days_ago: int = 0
    ) -> int:
        ingested = await self.ingest(numbers, key=key, days_ago=days_ago)
        created = sum(result.status == "created" for result in ingested.results)
        self.accepted += created
        self.warnings += bool(ingested.quota_warning)
        return created

    async def ingest(
        self, numbers: Collection[int], *, key: str = "", days_ago: int = 0
    ) -> Ingested:
        moment = START - timedelta(days=days_ago)
        drafts = [Draft("seen", f"user-{n % 3}", f"e{n:09}", moment, {}, 100) for n in numbers]
        return await ingest(
            self.store,
            org_id=ORG,
            source=TRUSTED,
            submission=Submission(f"fingerprint of {key}", drafts),
            key=key or None,
            now=self._clock,
            quotas=self.quotas,
        )

    async def send_until_refused(self) -> None:
        """Send requests one after another until the quota refuses one."""
        refused = None
        while refused is None:
            try:
                created = await self.send()
            except ApiError as error:
                refused = error
            else:
                assert created == PER_REQUEST
        assert refused.code == "quota_exceeded"


class CountingStore:
    """A store that counts the calls by method and kind of record."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.calls = Counter[str]()

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._store, method)
        if not callable(found):
            return found

        async def call(*arguments: Any, **named: Any) -> Any:
            self._before(method, arguments)
            result = await found(*arguments, **named)
            self._after()
            return result

        return call

    def _before(self, method: str, arguments: tuple[Any, ...]) -> None:
        if method in ("append", "ingest_ids"):
            self.calls[method] += 1
            return
        first = arguments[0] if isinstance(arguments[0], type) else type(arguments[0])
        self.calls[f"{method} {first.__name__}"] += 1

    def _after(self) -> None:
        pass


class FailingStore(CountingStore):
    """A store in which one method always fails."""

    def __init__(self, store: Any, failing: str) -> None:
        super().__init__(store)
        self._failing = failing

    def _before(self, method: str, arguments: tuple[Any, ...]) -> None:  # noqa: ARG002 - as above
        if method == self._failing:
            raise Unavailable("the test says so")


class Killed(BaseException):
    """The end of a process."""


class DyingStore(CountingStore):
    """The store of a process that ends before or after a call, and makes no call afterwards."""

    def __init__(self, store: Any, calls: int, *, is_lost: bool) -> None:
        super().__init__(store)
        self._left = calls
        self._is_lost = is_lost

    def _before(self, method: str, arguments: tuple[Any, ...]) -> None:  # noqa: ARG002 - as above
        if self._left < 0 or (self._left == 0 and not self._is_lost):
            self._left = -1
            raise Killed
        self._left -= 1

    def _after(self) -> None:
        if self._left < 0 and self._is_lost:
            raise Killed


async def set_limit(store: RollupStore, limit: int | None, warn_at: int = 80) -> None:
    known = await store.read(Organization, ORG)
    organization = known.record if known else Organization(ORG, "Acme", "growth", "")
    await put(store, replace(organization, events_per_month=limit, warn_at=warn_at))


async def stored(store: RollupStore) -> int:
    """Count the events of the listing."""
    return len(await store.page(query(), after=None, limit=10_000))


async def reported(store: RollupStore, clock: ManualClock) -> int:
    await catch_up(store)
    return await count_received(store, ORG, clock().date())


async def refusal(work: Awaitable[object]) -> ApiError:
    with pytest.raises(ApiError) as refused:
        await work
    assert refused.value.code == "quota_exceeded"
    return refused.value
