"""`/api/v1/alerts`: test names begin with the operation and the status."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from api.domain.reference import Membership
from api.routers.alerts import PATH as ALERTS
from api.routers.views import PATH as VIEWS
from api.services.organizations import put
from tests.api.token_service import is_problem
from tests.receiver import Receiver

HOOK = "https://hooks.acme.example/alerts"
NOW = "2026-03-10T12:00:00.000000Z"
UNCHECKED = {
    "status": "ok",
    "disabled": False,
    "checked_at": None,
    "interval_start": None,
    "value": None,
    "previous_value": None,
    "error": None,
    "pending_messages": 0,
    "last_delivery": None,
}


@pytest.fixture
async def member(service, store):
    """Return a client of a member of org_acme who isn't an admin."""
    await put(store, Membership("usr_bob", "org_acme", "member", "2026-01-01"))
    service.client.headers.update(await service.headers_of("usr_bob"))
    return service.client


@pytest.fixture
async def new(member):
    saved = await member.post(VIEWS, json={"name": "V", "page": "overview", "state": ""})
    condition = {"type": "below", "threshold": 10}
    view_id = saved.json()["view_id"]
    return {"name": "Few events", "view_id": view_id, "condition": condition, "url": HOOK}


@pytest.fixture
async def alert(member, new):
    return (await member.post(ALERTS, json=new)).json()


async def test_create_201_only_this_response_contains_the_secret(member, new, service):
    created = await member.post(ALERTS, json=new)
    secret = created.json()["secret"]
    alert = {name: value for name, value in created.json().items() if name != "secret"}
    read = await member.get(f"{ALERTS}/{alert['alert_id']}")
    key = await service.exchange_key("rk_local_acme")
    by_key = {"Authorization": f"Bearer {key.json()['access_token']}"}
    listed = await member.get(ALERTS, headers=by_key)

    assert created.status_code == 201
    assert created.headers["cache-control"] == "no-store"
    assert len(secret) == len("whsec_") + 32
    assert alert == {
        "alert_id": alert["alert_id"],
        **new,
        "enabled": True,
        "state": UNCHECKED,
        "created_by": "usr_bob",
        "created_at": NOW,
        "updated_at": NOW,
        "version": created.headers["etag"].strip('"'),
    }
    assert (read.json(), read.headers["etag"]) == (alert, created.headers["etag"])
    assert listed.json() == {"data": [alert], "next_cursor": None}
    assert is_problem(
        await member.post(ALERTS, json=new, headers=by_key), 403, "insufficient_scope"
    )


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"view_id": "x"}, "/view_id"),
        ({"view_id": f"view_{'0' * 16}"}, "/view_id"),
        ({"condition": {"type": "equal", "threshold": 1}}, "/condition/type"),
        ({"condition": {"type": "above"}}, "/condition/threshold"),
        ({"condition": {"type": "above", "threshold": 1e16}}, "/condition/threshold"),
        ({"condition": {"type": "increase", "threshold": 0}}, "/condition"),
        ({"url": "javascript:alert()"}, "/url"),
        ({"url": "https://hooks.example/\r\nx: y"}, "/url"),
        ({"url": HOOK + "x" * 1000}, "/url"),
        ({"enabled": 1}, "/enabled"),
        ({"secret": "whsec_mine"}, "/secret"),
    ],
)
async def test_create_422_for_an_invalid_alert(member, new, changes, pointer):
    response = await member.post(ALERTS, json=new | changes)

    assert is_problem(response, 422, "invalid_payload")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "url",
    [
        "https://user:pass@hooks.example/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "http://hooks.example/#x",
    ],
)
async def test_create_and_update_422_for_an_endpoint_that_may_not_be_called(
    member, new, alert, url
):
    created = await member.post(ALERTS, json=new | {"url": url})
    updated = await member.patch(f"{ALERTS}/{alert['alert_id']}", json={"url": url})

    assert is_problem(created, 422, "endpoint_invalid")
    assert is_problem(updated, 422, "endpoint_invalid")


async def test_create_422_for_a_view_without_one_number(member, new):
    funnel = await member.post(VIEWS, json={"name": "F", "page": "funnels", "state": ""})
    response = await member.post(ALERTS, json=new | {"view_id": funnel.json()["view_id"]})

    assert is_problem(response, 422, "alert_unsupported")
    assert response.json()["title"] == "View without a single number"


async def test_update_200_only_the_given_fields_change(member, alert, clock):
    clock.forward(seconds=1)
    path = f"{ALERTS}/{alert['alert_id']}"
    based = {"If-Match": f'"{alert["version"]}"'}
    changes = {"enabled": False, "condition": {"type": "increase", "threshold": 50}}
    updated = await member.patch(path, json=changes, headers=based)
    outdated = await member.patch(path, json={"name": "Other"}, headers=based)

    del alert["secret"]
    assert updated.json() == alert | changes | {
        "updated_at": "2026-03-10T12:00:01.000000Z",
        "version": updated.headers["etag"].strip('"'),
    }
    assert is_problem(outdated, 412, "precondition_failed")
    assert is_problem(await member.delete(path, headers=based), 412, "precondition_failed")
    assert is_problem(
        await member.post(f"{path}/rotate-secret", headers=based), 412, "precondition_failed"
    )
    assert (await member.delete(path)).status_code == 204
    assert is_problem(await member.get(path), 404, "not_found")


async def test_rotate_200_returns_another_secret(member, alert):
    path = f"{ALERTS}/{alert['alert_id']}"
    rotated = await member.post(f"{path}/rotate-secret")

    assert rotated.json()["secret"] not in ("", alert["secret"])
    assert rotated.headers["cache-control"] == "no-store"
    assert "secret" not in (await member.get(path)).json()


async def test_delete_204_a_view_takes_its_alerts_with_it(member, alert):
    assert (await member.delete(f"{VIEWS}/{alert['view_id']}")).status_code == 204
    assert (await member.get(ALERTS)).json()["data"] == []


async def test_test_200_sends_a_signed_message_and_returns_the_status(member, new):
    async with Receiver(responses=[204, 500]) as receiver:
        alert = (await member.post(ALERTS, json=new | {"url": receiver.url})).json()
        path = f"{ALERTS}/{alert['alert_id']}/test"
        delivered, refused = [(await member.post(path)).json() for _ in range(2)]
    gone = (await member.post(path)).json()
    request = receiver.requests[0]
    message = json.loads(request.body)
    at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
    signature = Webhook(alert["secret"]).sign(receiver.ids[0], at, request.body)

    assert (delivered["delivered"], delivered["response_status"]) == (True, 204)
    assert (refused["delivered"], refused["response_status"]) == (False, 500)
    assert gone["error"] == "The connection to the endpoint failed."
    assert [delivered["message_id"], refused["message_id"]] == receiver.ids
    assert message["type"] == "alert.test"
    assert message["data"]["alert_name"] == "Few events"
    assert request.headers["webhook-signature"] == signature
    state = (await member.get(f"{ALERTS}/{alert['alert_id']}")).json()["state"]
    assert state == UNCHECKED  # a test changes nothing
