"""Changes of alerts on every store."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from api.domain.alerts import Alert, AlertState, state_id_of
from api.domain.reference import AuditEntry
from api.domain.times import parse_timestamp
from api.errors import ApiError
from api.services import alerts, views
from api.services.unfinished_acts import PURGE_AFTER, finish_intents
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting
from tests.contract.alerts import HOOK, NEW, SECRET, Counted, Outbox, checker_of, edit, prepare
from tests.support import ManualClock

OTHER_ORG = "org_other"


def refused(code: str):
    return pytest.raises(ApiError, check=lambda error: error.code == code)


@pytest.fixture
def checker(any_store: Store, clock: ManualClock) -> Callable[..., Counted]:
    return checker_of(any_store, clock)


async def test_alerts_are_changed_as_other_saved_records(any_store: Store, acting: Acting):
    alert = await prepare(any_store, acting)
    old = alert.version
    renamed = await edit(any_store, acting, alert, name="Fewer", url=f"{HOOK}secret")
    with refused("precondition_failed"):
        await alerts.rotate_secret(any_store, acting(), ORG, alert.alert_id, SECRET, version=old)
    rotated = await alerts.rotate_secret(any_store, acting(), ORG, alert.alert_id, SECRET[:-1])
    listed = await alerts.list_alerts(any_store, ORG)
    await views.delete_saved(any_store, acting(), Alert, ORG, alert.alert_id)

    assert [one for one, _ in listed] == [rotated]
    assert (renamed.name, rotated.previous_secret) == ("Fewer", SECRET)
    assert not await alerts.list_alerts(any_store, ORG)
    assert not await alerts.list_alerts(any_store, OTHER_ORG)
    entries = (await any_store.find(AuditEntry, ORG))[-4:]
    assert [entry.action for entry in entries] == [
        *("alert.create", "alert.update", "alert.rotate_secret", "alert.delete")
    ]
    assert entries[1].details["changed"] == "url"
    assert "whsec_" not in repr(entries)
    assert HOOK not in repr(entries)


async def test_an_alert_needs_a_view_that_shows_one_number(any_store: Store, acting: Acting):
    await prepare(any_store, acting)
    await views.create_view(any_store, acting(), ORG, views.NewView("F", "funnels", ""), random="f")

    async def create(view_id: str) -> None:
        new = replace(NEW, view_id=view_id)
        await alerts.create_alert(any_store, acting(), ORG, new, random="2", secret=SECRET)

    with refused("invalid_payload"):
        await create("view_none")
    with refused("alert_unsupported"):
        await create("view_f")


async def test_an_organisation_has_a_limited_number_of_alerts(
    any_store: Store, acting: Acting, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(views._LIMITS, Alert, 1)
    await prepare(any_store, acting)
    with refused("alert_limit_reached"):
        await alerts.create_alert(any_store, acting(), ORG, NEW, random="2", secret=SECRET)


async def test_a_deleted_view_takes_its_alerts_and_their_states_with_it(
    any_store: Store, acting: Acting, clock: ManualClock, checker: Callable[..., Counted]
):
    alert = await prepare(any_store, acting)
    await checker(5).run()
    await views.delete_view(any_store, acting(), ORG, "view_a")
    outbox = Outbox()
    await checker(5, sender=outbox).run()
    clock.forward(hours=2)
    await finish_intents(any_store, clock(), grace=timedelta())

    assert outbox.sent == []
    assert await any_store.read(AlertState, ORG, state_id_of(alert.alert_id)) is None
    assert clock() - parse_timestamp(alert.created_at) > PURGE_AFTER
    assert await any_store.read(Alert, ORG, alert.alert_id) is None
