"""Routes of alerts on saved views, which members can change and viewers can read."""

from secrets import token_bytes
from time import monotonic
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Path, Query, Request, Response

from api.auth.caller import VIEWS_WRITE
from api.dependencies import Now, ResourcesDep, StoreDep
from api.domain.alerts import Alert, AlertState
from api.domain.field_patterns import ALERT_ID
from api.routers.act_context import act_context
from api.routers.alert_schemas import (
    AlertChange,
    AlertDescription,
    AlertList,
    AlertSecret,
    AlertTest,
    NewAlert,
)
from api.routers.bodies import read_json, request_body
from api.routers.lists import ListParameters
from api.routers.problem_schema import problem_responses
from api.routers.saved import EditorDep, ViewReader, ViewWriter, add_entity_tag, new_id
from api.services import alerts, views
from api.services.webhooks import SECRET_BYTES, WebhookSender, spell_secret

PATH = "/api/v1/alerts"
BODY_BYTES_MAX = 4 * 1024

AlertId = Annotated[str, Path(pattern=ALERT_ID)]

router = APIRouter(tags=["alerts"])


@router.get(PATH, operation_id="list_alerts", responses=problem_responses(400, 401, 403, 429, 503))
async def list_alerts(
    parameters: Annotated[ListParameters, Query()], store: StoreDep, caller: ViewReader
) -> AlertList:
    """List the organisation's alerts with the results of their last checks, newest first."""
    found = await alerts.list_alerts(store, caller.org_id)
    states = {alert.alert_id: state for alert, state in found}
    own = [alert for alert, _ in found]
    page, following = parameters.page_of(own, views.NEWEST_FIRST)
    data = [AlertDescription.of(alert, states[alert.alert_id]) for alert in page]
    return AlertList(data=data, next_cursor=following)


@router.post(
    PATH,
    operation_id="create_alert",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": NewAlert}),
)
async def create_alert(
    request: Request, response: Response, resources: ResourcesDep, caller: ViewWriter, now: Now
) -> AlertSecret:
    """Create an alert on a saved view. The response contains the secret that signs messages."""
    wanted = await read_json(request, NewAlert, bytes_max=BODY_BYTES_MAX)
    alerts.check_endpoint(wanted.url, is_local=resources.is_local)
    new = alerts.NewAlert(
        wanted.name,
        wanted.view_id,
        wanted.condition.type,
        wanted.condition.threshold,
        wanted.url,
        wanted.enabled,
    )
    context = act_context(request, caller.subject, now, VIEWS_WRITE)
    secret = _new_secret()
    alert = await alerts.create_alert(
        resources.store, context, caller.org_id, new, random=new_id(), secret=secret
    )
    return _with_secret(response, alert, AlertState(alert.org_id, alert.alert_id), secret)


@router.get(
    f"{PATH}/{{alert_id}}",
    operation_id="describe_alert",
    responses=problem_responses(400, 401, 403, 404, 429, 503),
)
async def describe_alert(
    response: Response, alert_id: AlertId, store: StoreDep, caller: ViewReader
) -> AlertDescription:
    """Return an alert with the result of its last check.

    Its ETag changes with each change of the alert, but not with a check.
    """
    alert = await views.find_saved(store, Alert, caller.org_id, alert_id)
    add_entity_tag(response, alert)
    return AlertDescription.of(alert, await alerts.read_state(store, alert))


@router.patch(
    f"{PATH}/{{alert_id}}",
    operation_id="update_alert",
    responses=problem_responses(400, 401, 403, 404, 408, 412, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": AlertChange}),
)
async def update_alert(
    request: Request,
    response: Response,
    alert_id: AlertId,
    resources: ResourcesDep,
    editor: EditorDep,
) -> AlertDescription:
    """Change, pause or resume an alert. A change also ends the effect of a 410 response."""
    wanted = await read_json(request, AlertChange, bytes_max=BODY_BYTES_MAX)
    changes = wanted.model_dump(exclude_unset=True, exclude={"condition"})
    if "url" in changes:
        alerts.check_endpoint(wanted.url, is_local=resources.is_local)
    if "condition" in wanted.model_fields_set:
        changes |= {"condition": wanted.condition.type, "threshold": wanted.condition.threshold}
    alert = await views.update_saved(
        resources.store,
        editor.context,
        Alert,
        editor.org_id,
        alert_id,
        views.Edit(changes, editor.version),
    )
    add_entity_tag(response, alert)
    return AlertDescription.of(alert, await alerts.read_state(resources.store, alert))


@router.delete(
    f"{PATH}/{{alert_id}}",
    operation_id="delete_alert",
    status_code=204,
    responses=problem_responses(400, 401, 403, 404, 412, 429, 503),
)
async def delete_alert(alert_id: AlertId, store: StoreDep, editor: EditorDep) -> None:
    """Delete an alert. Messages that wait for a retry are dropped."""
    context, version = editor.context, editor.version
    await views.delete_saved(store, context, Alert, editor.org_id, alert_id, version=version)


@router.post(
    f"{PATH}/{{alert_id}}/rotate-secret",
    operation_id="rotate_alert_secret",
    responses=problem_responses(400, 401, 403, 404, 412, 429, 503),
)
async def rotate_alert_secret(
    response: Response, alert_id: AlertId, store: StoreDep, editor: EditorDep
) -> AlertSecret:
    """Replace the secret that signs messages. For 24 hours, both secrets sign them."""
    secret = _new_secret()
    alert = await alerts.rotate_secret(
        store, editor.context, editor.org_id, alert_id, secret, version=editor.version
    )
    return _with_secret(response, alert, await alerts.read_state(store, alert), secret)


@router.post(
    f"{PATH}/{{alert_id}}/test",
    operation_id="test_alert",
    responses=problem_responses(400, 401, 403, 404, 429, 503),
)
async def test_alert(
    alert_id: AlertId, resources: ResourcesDep, caller: ViewWriter, now: Now
) -> AlertTest:
    """Send a test message to the endpoint, once, and return the status of its response."""
    alert = await views.find_saved(resources.store, Alert, caller.org_id, alert_id)
    sender, message_id = WebhookSender(is_local=resources.is_local), f"msg_{uuid4().hex}"
    begun = monotonic()
    outcome = await alerts.send_test(resources.store, alert, sender, now, message_id=message_id)
    return AlertTest(
        message_id=message_id,
        delivered=outcome.is_delivered,
        response_status=outcome.status,
        error=outcome.error or None,
        duration_ms=round(1000 * (monotonic() - begun)),
    )


def _new_secret() -> str:
    return spell_secret(token_bytes(SECRET_BYTES))


def _with_secret(response: Response, alert: Alert, state: AlertState, secret: str) -> AlertSecret:
    """Return the alert with its new secret, which caches must not store."""
    add_entity_tag(response, alert)
    response.headers["Cache-Control"] = "no-store"
    described = AlertDescription.of(alert, state)
    return AlertSecret(**described.model_dump(), secret=secret)
