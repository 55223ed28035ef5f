"""The workload of `check_alerts`, which reads a lake in a local folder and calls no endpoint."""

from dataclasses import replace
from typing import TYPE_CHECKING

from api.domain.alerts import Alert, AlertState
from api.domain.events import Event
from api.domain.views import View
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services.alert_checks import AlertChecker
from api.services.webhooks import WebhookSender

if TYPE_CHECKING:
    from tests.functions.function_workloads import Function

ORG = "org_acme"


async def check_alerts(function: "Function") -> None:
    """Check an alert that fires, and then delete the state of the deleted alert."""
    storage = LakeStorage.in_folder(function.settings.data_dir / "lake")
    event = Event(ORG, "e", "seen", "u", "2026-03-09T10:00:00.000000Z", {})
    await DeltaTables(storage).append(ORG, [event])
    await function.admin.create(View(ORG, "view_1", "V", "overview", "", "", "", ""))
    alert = Alert(
        org_id=ORG,
        alert_id="alert_1",
        name="A",
        view_id="view_1",
        condition="above",
        threshold=0,
        url="http://127.0.0.1:9/",
        enabled=True,
        secret="whsec_c2VjcmV0",
        created_by="",
        created_at="",
        updated_at="",
    )
    created = await function.admin.create(alert)
    checker = AlertChecker(
        function.store, DuckDBReader(storage), WebhookSender(is_local=True), function.clock
    )
    await checker.run()
    state = await function.admin.read(AlertState, ORG, "state_1")
    assert state
    assert (state.record.status, state.record.value) == ("firing", 1)
    assert state.record.last_delivery

    await function.admin.replace(replace(alert, name=""), version=created.version)
    await checker.run()
    assert await function.admin.read(AlertState, ORG, "state_1") is None
