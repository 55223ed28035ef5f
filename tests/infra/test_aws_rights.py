"""On AWS, the role of each function allows exactly the calls that the function makes."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient

from api.app import build_resources, create_app
from api.backends import lake_reader, open_dynamodb
from api.domain.events import TRUSTED, EventResult
from api.domain.idempotency import new_record
from api.domain.metrics import Metric, MetricValue
from api.domain.reference import Membership
from api.lake.storage import LakeStorage
from api.services.idempotency import complete_record, open_record, release_record
from api.services.organizations import ensure_local_organizations
from api.services.rollups import apply_changes, sweep
from api.settings import OPEN, Settings
from api.stores.dynamodb import DynamoDBStore
from tests.functions.archive_workload import archive_events
from tests.functions.erasure_workload import erase_in_store
from tests.functions.expiry_workload import expire_a_day
from tests.functions.function_workloads import (
    DAY,
    ORG,
    USER,
    WORK,
    Function,
    append,
    fill_the_names,
    fill_the_names_of_a_day,
    rebuild_a_day,
    use_quota,
)
from tests.functions.interrupted_acts import erase_user, finish_acts
from tests.infra.plan import Plan
from tests.infra.terraform import Terraform
from tests.stores.moto import aws, moto_server, on_dynamodb
from tests.support import ManualClock, an_event, send, statuses

__all__ = ["aws", "moto_server", "on_dynamodb"]

SINCE = "2026-01-01T00:00:00.000000Z"
# Lambda itself makes these calls for the function.
OF_THE_STREAM = {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
IN_A_TRANSACTION = {"Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem"}

type Right = tuple[str, str]  # ("PutItem", "events"), ("Scan", "events/index/unfolded")


async def ingest_events(function: Function) -> None:
    http = await function.sign_in()
    await send(http, an_event(1), an_event(2), key="k")
    again = await send(http, an_event(1), an_event(2), key="k")
    without_key = await send(http, an_event(2), an_event(3))

    assert again.headers["Idempotent-Replayed"] == "true"
    assert statuses(without_key) == ["duplicate", "created"]
    await fill_the_names(function, "2026-03-08")
    warned = await send(http, an_event(5, timestamp="2026-03-08T00:00:00Z"))
    assert warned.json()["warnings"]
    record = new_record(ORG, "race", "fingerprint", function.clock(), source=TRUSTED)
    opened = await open_record(function.store, record, now=function.clock())
    await release_record(function.store, opened)
    opened = await open_record(function.store, record, now=function.clock())
    won = await complete_record(function.store, opened, [EventResult(0, "e", "duplicate")])
    assert await complete_record(function.store, opened, []) == won
    await use_quota(function, 6)
    assert statuses(await send(http, an_event(6))) == ["created"]
    await erase_user(function, ORG, "user-1")
    assert (await send(http, an_event(1))).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


async def rollup_metrics(function: Function) -> None:
    """Run the rollups. The admin client reads the stream, because Lambda itself reads it on AWS."""
    admin, checkpoint = function.admin, None
    for count in (1, 2):
        await append(admin, 1, first=count)
        for _ in ("the delta", "its rollup"):
            changes = await admin.changes(checkpoint, limit=100)
            checkpoint = changes.checkpoint
            await apply_changes(function.store, changes)
    await append(admin, 1, first=3)
    pk = f"{ORG}#{DAY}"
    poison = {"pk": pk, "sk": "delta~0000~x", "type": "delta", "org_id": ORG, "day": DAY}
    await admin._client.put("events", poison | {"unfolded": pk}, "attribute_not_exists(pk)", {})
    await sweep(function.store)

    assert not await admin.unfolded()
    await fill_the_names_of_a_day(function)
    await rebuild_a_day(function)
    await finish_acts(function)
    await expire_a_day(function)
    await erase_in_store(function, ORG)


WORK_ON_AWS: dict[str, Callable[[Function], Awaitable[None]]] = {
    **WORK,
    "archive_events": archive_events,
    "ingest_events": ingest_events,
    "rollup_metrics": rollup_metrics,
}


@pytest.fixture
async def admin(on_dynamodb: Settings, clock: ManualClock) -> AsyncGenerator[DynamoDBStore]:
    async with open_dynamodb(on_dynamodb, now=clock) as store:
        await ensure_local_organizations(store)
        for record in (
            Membership(USER, ORG, "admin", SINCE),
            Metric(ORG, "revenue", "sum"),
            MetricValue(ORG, "revenue", DAY, 12.5),
        ):
            await store.create(record)
        yield store


@pytest.fixture
async def function(
    on_dynamodb: Settings, clock: ManualClock, admin: DynamoDBStore
) -> AsyncGenerator[Function]:
    """Return the app with its own store and with an admin client for the tests."""
    settings = replace(on_dynamodb, sign_up=OPEN)
    app = create_app(settings, folds=False)
    async with (
        open_dynamodb(on_dynamodb, now=clock) as store,
        AsyncClient(
            transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://api.test"
        ) as http,
    ):
        lake = lake_reader(LakeStorage.in_folder(settings.data_dir / "lake"))
        resources = build_resources(settings, store, now=clock)
        resources = app.state.resources = replace(resources, opened_lake=lake)
        yield Function(http, resources, admin, None, None, on_dynamodb, clock)


@pytest.fixture(scope="module")
def planned(terraform: Terraform) -> Plan:
    return terraform.applied("aws", "prod")


@pytest.mark.parametrize("name", WORK_ON_AWS)
async def test_a_role_allows_exactly_the_calls_of_its_function(
    planned: Plan, function: Function, monkeypatch: pytest.MonkeyPatch, name: str
):
    calls: set[Right] = set()
    client = function.store._client
    call = client.call

    async def noted(operation: str, **request: Any) -> Any:
        calls.update(_needed(operation, request, prefix="analytics-"))
        return await call(operation, **request)

    monkeypatch.setattr(client, "call", noted)
    await WORK_ON_AWS[name](function)

    assert _allowed(planned, name) == calls


def _needed(operation: str, request: dict[str, Any], prefix: str) -> Iterator[Right]:
    """Return the permissions that IAM requires for this call."""
    action = "".join(map(str.capitalize, operation.split("_")))
    match action:
        case "TransactWriteItems":
            for each in request["TransactItems"]:
                ((kind, item),) = each.items()
                yield IN_A_TRANSACTION[kind], item["TableName"].removeprefix(prefix)
        case "BatchGetItem":
            for table in request["RequestItems"]:
                yield action, table.removeprefix(prefix)
        case _:
            index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
            yield action, request["TableName"].removeprefix(prefix) + index


def _allowed(planned: Plan, name: str) -> set[Right]:
    policy = json.loads(planned.of("aws_iam_role_policy")[name]["policy"])
    allowed: set[Right] = set()
    for statement in policy["Statement"]:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            service, _, call = action.partition(":")
            if service == "dynamodb" and call not in OF_THE_STREAM:
                _, _, resource = statement["Resource"].partition(":table/analytics-prod-")
                allowed.add((call, resource))
    return allowed
