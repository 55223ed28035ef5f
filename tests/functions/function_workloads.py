"""Workloads that use every permission of each function, run under the function's own identity."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from azure.cosmos.aio import DatabaseProxy
from httpx2 import AsyncClient, Response

from api.auth.caller import ALL_SCOPES
from api.auth.issuer import Grant
from api.auth.keys.file import FileKeySource
from api.auth.signing import sign_token
from api.dependencies import Resources
from api.domain.events import TRUSTED, DayBatch, Event, EventResult
from api.domain.idempotency import new_record
from api.domain.reference import ApiKey, Organization, hash_api_key
from api.domain.rollups import DayCounts, DeadLetter, Rollup
from api.domain.type_names import OPEN_MAX
from api.routers.auth import TOKEN_EXCHANGE
from api.services.idempotency import complete_record, open_record
from api.services.organizations import put
from api.services.rebuilds import rebuild_outdated
from api.services.rollups import catch_up, sweep
from api.settings import Settings
from api.stores.protocol import Store
from cosmos_emulator import Emulator, throttled
from tests.api.token_service import TOKEN_URL, id_claims
from tests.functions.administration_workloads import (
    ORG,
    USER,
    create_key,
    join_organization,
    list_keys,
    manage_organization,
    manage_privacy,
    open_share,
    read_audit_log,
    revoke_key,
)
from tests.functions.alert_workload import check_alerts
from tests.functions.archive_workload import archive_events as archive
from tests.functions.erasure_workload import erase_in_store
from tests.functions.expiry_workload import expire_a_day
from tests.functions.insight_workload import query_insights
from tests.functions.interrupted_acts import erase_user, finish_acts
from tests.functions.leases import keep_lease
from tests.support import EVENTS, ManualClock, an_event, send, statuses

DAY, NEXT_DAY = "2026-03-09", "2026-03-10"


@dataclass
class Function:
    """A function with its own identity, and admin access to the same data."""

    http: AsyncClient
    resources: Resources
    admin: Store  # the same data, with all permissions
    admin_database: DatabaseProxy
    emulator: Emulator
    settings: Settings
    clock: ManualClock

    @property
    def store(self) -> Store:
        return self.resources.store

    @property
    def database(self) -> DatabaseProxy:
        return self.store._database

    async def sign_in(self, subject: str = "api_key:1", role: str | None = None) -> AsyncClient:
        token = await self.resources.token_issuer.issue(
            Grant(subject, ORG, ALL_SCOPES, role=role), now=self.clock()
        )
        self.http.headers["Authorization"] = f"Bearer {token.access_token}"
        return self.http


async def ingest_events(function: Function) -> None:
    http = await function.sign_in()
    first = await send(http, an_event(1), an_event(2), key="k")
    again = await send(http, an_event(1), an_event(2), key="k")
    without_key = await send(http, an_event(2), an_event(3))

    assert statuses(first) == ["created", "created"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert statuses(without_key) == ["duplicate", "created"]
    await fill_the_names(function, "2026-03-08")
    warned = await send(http, an_event(5, timestamp="2026-03-08T00:00:00Z"))
    assert warned.json()["warnings"][0]["event_types"] == ["page_viewed"]
    await _retry_after_throttling(function, http)
    await _lose_the_race_to_complete(function)
    for number in (6, 7):
        await use_quota(function, number)
        assert statuses(await send(http, an_event(number))) == ["created"]
    await erase_user(function, ORG, "user-1")
    assert (await send(http, an_event(1))).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


async def use_quota(function: Function, limit: int) -> None:
    """Give the organisation another quota, which the function then reads."""
    known = await function.admin.read(Organization, ORG)
    assert known
    await put(function.admin, replace(known.record, events_per_month=limit * 1000))
    function.clock.forward(seconds=61)


async def _retry_after_throttling(function: Function, http: AsyncClient) -> None:
    """Make a throttled request release its idempotency record, then retry it."""
    is_full = [throttled()]
    function.emulator.interceptors.append(
        lambda request: is_full.pop() if is_full and request.operation == "batch" else None
    )

    assert (await send(http, an_event(4), key="later")).status_code == 429
    assert statuses(await send(http, an_event(4), key="later")) == ["created"]


async def _lose_the_race_to_complete(function: Function) -> None:
    record = new_record(ORG, "race", "fingerprint", function.clock(), source=TRUSTED)
    held = await open_record(function.store, record, now=function.clock())
    won = await complete_record(function.store, held, [EventResult(0, "e", "duplicate")])

    assert await complete_record(function.store, held, []) == won


async def beacon_events(function: Function) -> None:
    token = (await function.sign_in()).headers.pop("Authorization").removeprefix("Bearer ")
    for credential, expected in (
        ({"api_key": "pk_local_acme"}, "created"),
        ({"api_key": "pk_local_acme"}, "duplicate"),
        ({"access_token": token}, "created"),
    ):
        response = await function.http.post(
            f"{EVENTS}/beacon",
            content=json.dumps(credential | {"events": [an_event(1)]}),
            headers={"Content-Type": "text/plain"},
        )
        assert statuses(response) == [expected]
    await was_used(function, "pk_local_acme")
    await fill_the_names(function, "2026-03-08")
    events = [an_event(5, timestamp="2026-03-08T00:00:00Z")]
    warned = await function.http.post(
        f"{EVENTS}/beacon",
        content=json.dumps({"api_key": "pk_local_acme", "events": events}),
        headers={"Content-Type": "text/plain"},
    )
    assert warned.json()["warnings"][0]["event_types"] == ["page_viewed"]
    for number in (6, 7):
        await use_quota(function, number)
        assert statuses(await send_beacon(function, number)) == ["created"]
    await erase_user(function, ORG, "user-1")
    assert (await send_beacon(function, 1)).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


async def send_beacon(function: Function, number: int) -> Response:
    return await function.http.post(
        f"{EVENTS}/beacon",
        content=json.dumps({"api_key": "pk_local_acme", "events": [an_event(number)]}),
        headers={"Content-Type": "text/plain"},
    )


async def was_used(function: Function, api_key: str) -> None:
    stored = await function.admin.read(ApiKey, hash_api_key(api_key))

    assert stored
    assert stored.record.last_used == NEXT_DAY


async def fill_the_names(function: Function, day: str) -> None:
    await function.admin.create(DayCounts(ORG, day, 1, {"named": 1}, closed=True))


async def query_events(function: Function) -> None:
    await append(function.admin, 3)
    http = await function.sign_in()
    for filters in ({}, {"user_id": "u", "event_type": ["seen", "bought"], "order": "asc"}):
        query = {"start_date": DAY, "end_date": DAY, "limit": 2, **filters}
        first = (await http.get(EVENTS, params=query)).json()
        second = (await http.get(EVENTS, params=query | {"cursor": first["next_cursor"]})).json()

        assert (len(first["data"]), len(second["data"]), second["next_cursor"]) == (2, 1, None)


async def summarize_metrics(function: Function) -> None:
    await append(function.admin, 3)
    await catch_up(function.admin)
    http = await function.sign_in()
    response = await http.get(
        "/api/v1/metrics/summary", params={"start_date": DAY, "end_date": DAY}
    )
    totals = {metric["name"]: metric["total"] for metric in response.json()["metrics"]}

    assert totals == {"events": 3, "active_users": 1, "revenue": 12.5}


async def list_event_types(function: Function) -> None:
    await append(function.admin, 3)
    await catch_up(function.admin)
    http = await function.sign_in()
    response = await http.get("/api/v1/event-types", params={"start_date": DAY, "end_date": DAY})

    assert response.json()["event_types"] == [{"event_type": "seen", "count": 3}]


async def report_usage(function: Function) -> None:
    await append(function.admin, 3)
    await catch_up(function.admin)
    http = await function.sign_in()
    usage = (await http.get("/api/v1/usage")).json()
    [month] = usage["months"]

    assert (month["month"], month["events"], usage["plan"]) == (DAY[:7], 3, "enterprise")


async def issue_token(function: Function) -> None:
    path = function.settings.data_dir / "identity-key.json"
    keys = FileKeySource(path, is_local=True, now=function.clock)
    grant = {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token": await sign_token(keys, id_claims(sub=USER), token_type="JWT"),
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "org_id": ORG,
    }

    by_key = await function.http.post(TOKEN_URL, json={"api_key": "ak_local_acme"})
    assert by_key.status_code == 200, by_key.text
    await was_used(function, "ak_local_acme")
    by_user = await function.http.post(TOKEN_URL, data=grant)
    assert by_user.status_code == 200, by_user.text
    del grant["org_id"]
    in_first_organization = await function.http.post(TOKEN_URL, data=grant)
    assert in_first_organization.status_code == 200, in_first_organization.text
    await open_share(function)


async def publish_keys(function: Function) -> None:
    for path in ("jwks.json", "openid-configuration"):
        assert (await function.http.get(f"/.well-known/{path}")).status_code == 200


async def describe_caller(function: Function) -> None:
    for subject, role in (("api_key:1", None), (USER, "admin")):
        http = await function.sign_in(subject, role)
        [organization] = (await http.get("/api/v1/me")).json()["organizations"]

        assert organization["name"] == "Acme Corporation"


async def check_health(function: Function) -> None:
    assert (await function.http.get("/healthz")).status_code == 200


async def rollup_metrics(function: Function) -> None:
    admin, events = function.admin, function.admin_database.get_container_client("events")
    for count in (1, 2):  # rollup and projection are created, then replaced
        await append(admin, 1, first=count)
        await catch_up(function.store)
        rollup = await admin.read(DayCounts, ORG, DAY)

        assert rollup
        assert rollup.record.counts == {"seen": count}
    await append(admin, 1, first=3)
    await sweep(function.store)
    await events.create_item({"id": "delta~x", "type": "delta", "org_id": ORG, "day": DAY})
    await catch_up(function.store)

    assert not await admin.unfolded()
    assert len(await admin.find(DeadLetter, ORG)) == 1
    await fill_the_names_of_a_day(function)
    await rebuild_a_day(function)
    await finish_acts(function)
    await expire_a_day(function)
    await erase_in_store(function, ORG)
    await keep_lease(function)


async def fill_the_names_of_a_day(function: Function) -> None:
    """Fold a day with too many types, so that types known from earlier days are read."""
    rollup = Rollup(ORG, NEXT_DAY, 1, {f"type-{n}": 1 for n in range(OPEN_MAX)}, "", 1)
    await function.admin.fold(rollup, version=None, deltas=[])
    await append(function.admin, 1, day=NEXT_DAY)
    await sweep(function.store)

    counts = (await function.admin.pending(ORG, NEXT_DAY, limit=1)).rollup.counts
    assert counts["seen"] == 1


async def rebuild_a_day(function: Function) -> None:
    outdated = DayCounts(ORG, DAY, 1, users_key="of another secret")
    await function.admin.delete(DayCounts, ORG, DAY)
    await function.admin.create(outdated)
    pending = await function.admin.pending(ORG, DAY, limit=1)
    rollup = replace(pending.rollup, users_key=outdated.users_key)
    await function.admin.fold(rollup, version=pending.version, deltas=[])

    assert await rebuild_outdated(function.store)
    assert await rebuild_outdated(function.store) == 0
    rebuilt = await function.admin.read(DayCounts, ORG, DAY)
    assert rebuilt
    assert rebuilt.record.users_key == function.admin.user_keys.version


async def archive_events(function: Function) -> None:
    await archive(function)
    await keep_lease(function)


async def append(store: Store, count: int, *, first: int = 0, day: str = DAY) -> None:
    """Append events of one user on one day, each with its delta."""
    for number in range(first, first + count):
        event = Event(ORG, f"e{number}", "seen", "u", f"{day}T00:00:0{number}.000000Z", {})
        await store.append(DayBatch(ORG, day, [event], None))


WORK: dict[str, Callable[[Function], Awaitable[None]]] = {
    work.__name__: work
    for work in (
        ingest_events,
        beacon_events,
        query_events,
        summarize_metrics,
        list_event_types,
        report_usage,
        query_insights,
        issue_token,
        publish_keys,
        describe_caller,
        list_keys,
        create_key,
        revoke_key,
        manage_organization,
        manage_privacy,
        join_organization,
        read_audit_log,
        check_health,
        rollup_metrics,
        archive_events,
        check_alerts,
    )
}
