"""The deletion of an expired day, as a part of the workload of `rollup_metrics`."""

from dataclasses import replace
from typing import TYPE_CHECKING

from api.domain.events import DayBatch, Event
from api.domain.reference import Organization
from api.domain.retention import FOREVER
from api.services.expired_days import Expiry
from api.services.organizations import put

if TYPE_CHECKING:
    from tests.functions.function_workloads import Function

ORG, DAY = "org_acme", "2020-01-01"


async def expire_a_day(function: "Function") -> None:
    """Give the organisation a retention, and delete an event that has expired."""
    known = await function.admin.read(Organization, ORG)
    assert known
    await put(function.admin, replace(known.record, events_retention_days=30))
    event = Event(ORG, "e", "seen", "u", f"{DAY}T00:00:00.000000Z", {})
    await function.admin.append(DayBatch(ORG, DAY, [event], None))

    async def continue_at_once(_: float) -> None:
        return

    assert await Expiry(FOREVER, sleep=continue_at_once).run(function.store)
    expired = await function.admin.read(Organization, ORG)
    assert expired
    assert expired.record.events_from > DAY
