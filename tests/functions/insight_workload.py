"""The workload of `query_insights`, which reads a lake in a local folder."""

from typing import TYPE_CHECKING

from api.domain.events import Event
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables

if TYPE_CHECKING:
    from tests.functions.function_workloads import Function

ORG, DAY = "org_acme", "2026-03-09"


async def query_insights(function: "Function") -> None:
    storage = LakeStorage.in_folder(function.settings.data_dir / "lake")
    event = Event(ORG, "e", "seen", "u", f"{DAY}T00:00:00.000000Z", {})
    await DeltaTables(storage).append(ORG, [event])
    http = await function.sign_in()
    trends = await http.post(
        "/api/v1/insights/trends",
        json={"start_date": DAY, "end_date": DAY, "series": [{"event_type": "seen"}]},
    )
    users = await http.get("/api/v1/users")

    assert trends.json()["series"][0]["total"] == 1, trends.text
    assert [user["user_id"] for user in users.json()["data"]] == ["u"]
