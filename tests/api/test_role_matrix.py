"""Every role, and every kind of API key, on every operation that authenticates its caller.

The operations come from the app's routes, so a new operation needs a line here.
"""

import asyncio
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from api.auth.caller import ROLES, scopes_of_api_key, scopes_of_role
from api.auth.issuer import Grant
from api.domain.alerts import Alert
from api.domain.erasures import DONE, Erasure, erasure_id_of
from api.domain.events import Event
from api.domain.reference import ApiKey, AuditEntry, Invitation, Membership, hash_api_key
from api.domain.views import Annotation, Board, Share, View
from api.services.organizations import put
from api.settings import Settings
from api.stores.protocol import Store
from tests.api.lake_client import lake_of
from tests.api.tenant_view_calls import NEW_SHARE
from tests.support import an_event

USER, ORG = "usr_matrix", "org_acme"
KINDS = ("secret", "read", "publishable")
READERS = {"viewer", "member", "admin", "owner", "secret", "read"}
WRITERS = {"member", "admin", "owner", "secret", "publishable"}
ADMINS = {"admin", "owner"}
MEMBERS = {"member", *ADMINS}
VIEW_ID, BOARD_ID, SHARE_ID = f"view_{0:016}", f"board_{0:016}", f"share_{0:064}"
ANNOTATION_ID = f"annotation_{0:016}"
ANNOTATIONS, MOMENT = "/api/v1/annotations", "2026-03-10T00:00:00.000000Z"
SHARES = f"/api/v1/views/{VIEW_ID}/shares"
ALERT_ID = f"alert_{0:016}"
ALERTS, HOOK = "/api/v1/alerts", "http://127.0.0.1:9/"
NEW_ALERT = {
    "name": "new",
    "view_id": VIEW_ID,
    "condition": {"type": "above", "threshold": 1},
    "url": HOOK,
}
NEW_VIEW = {"name": "new", "page": "live", "state": ""}
ERASURE = Erasure(ORG, erasure_id_of("0" * 64), "0" * 64, DONE, "2026-01-01", USER, pending="")


@dataclass(frozen=True)
class Operation:
    """A valid request, and who may send it.

    With `is_administrative`, the role in the store counts, and not only the role in the token.
    """

    method: str
    path: str
    allowed: set[str]
    body: Any = None
    is_administrative: bool = False


def administrative(method: str, path: str, body: Any = None) -> Operation:
    return Operation(method, path, ADMINS, body, is_administrative=True)


def of_members(method: str, path: str, body: Any = None) -> Operation:
    return Operation(method, path, MEMBERS, body, is_administrative=True)


MATRIX = {
    "ingest_events": Operation("POST", "/api/v1/events", WRITERS, {"events": [an_event()]}),
    "query_events": Operation("GET", "/api/v1/events", READERS),
    "summarize_metrics": Operation("GET", "/api/v1/metrics/summary", READERS),
    "list_event_types": Operation("GET", "/api/v1/event-types", READERS),
    "report_usage": Operation("GET", "/api/v1/usage", READERS),
    "query_trends": Operation("POST", "/api/v1/insights/trends", READERS, {"series": [{}]}),
    "query_funnel": Operation("POST", "/api/v1/insights/funnels", READERS, {"steps": [{}, {}]}),
    "list_dropped_users": Operation(
        "POST",
        "/api/v1/insights/funnels/dropped-users",
        READERS,
        {"steps": [{}, {}], "after_step": 0},
    ),
    "query_retention": Operation("POST", "/api/v1/insights/retention", READERS, {}),
    "list_properties": Operation("GET", "/api/v1/properties", READERS),
    "list_users": Operation("GET", "/api/v1/users", READERS),
    "describe_user": Operation("GET", "/api/v1/users/user-0", READERS),
    "describe_caller": Operation("GET", "/api/v1/me", {*ROLES, *KINDS}),
    "list_keys": administrative("GET", "/api/v1/keys"),
    "create_key": administrative("POST", "/api/v1/keys", {"name": "new", "kind": "secret"}),
    "revoke_key": administrative("DELETE", f"/api/v1/keys/{hash_api_key('ak_spare')}"),
    "describe_organization": administrative("GET", "/api/v1/organization"),
    "update_organization": administrative("PATCH", "/api/v1/organization", {"name": "New"}),
    "list_members": administrative("GET", "/api/v1/members"),
    "add_member": administrative("POST", "/api/v1/members", {"user_id": "new", "role": "viewer"}),
    "change_member": administrative("PATCH", "/api/v1/members/user_007", {"role": "member"}),
    "read_audit_log": administrative("GET", "/api/v1/audit-log"),
    "create_erasure": administrative("POST", "/api/v1/erasures", {"user_id": "user-1"}),
    "list_erasures": administrative("GET", "/api/v1/erasures"),
    "describe_erasure": administrative("GET", f"/api/v1/erasures/{ERASURE.erasure_id}"),
    "export_user": administrative("GET", "/api/v1/users/user-0/export"),
    "list_invitations": administrative("GET", "/api/v1/invitations"),
    "create_invitation": administrative(
        "POST", "/api/v1/invitations", {"email": "new@acme.example", "role": "viewer"}
    ),
    "revoke_invitation": administrative("DELETE", f"/api/v1/invitations/{'0' * 64}"),
    "remove_member": administrative("DELETE", "/api/v1/members/user_007"),
    "list_views": Operation("GET", "/api/v1/views", READERS),
    "describe_view": Operation("GET", f"/api/v1/views/{VIEW_ID}", READERS),
    "create_view": of_members("POST", "/api/v1/views", NEW_VIEW),
    "update_view": of_members("PATCH", f"/api/v1/views/{VIEW_ID}", {"name": "new"}),
    "delete_view": of_members("DELETE", f"/api/v1/views/{VIEW_ID}"),
    "list_boards": Operation("GET", "/api/v1/boards", READERS),
    "describe_board": Operation("GET", f"/api/v1/boards/{BOARD_ID}", READERS),
    "create_board": of_members("POST", "/api/v1/boards", {"name": "new"}),
    "update_board": of_members("PATCH", f"/api/v1/boards/{BOARD_ID}", {"name": "new"}),
    "delete_board": of_members("DELETE", f"/api/v1/boards/{BOARD_ID}"),
    "list_annotations": Operation("GET", ANNOTATIONS, READERS),
    "describe_annotation": Operation("GET", f"{ANNOTATIONS}/{ANNOTATION_ID}", READERS),
    "create_annotation": of_members("POST", ANNOTATIONS, {"at": MOMENT, "text": "new"}),
    "update_annotation": of_members("PATCH", f"{ANNOTATIONS}/{ANNOTATION_ID}", {"text": "new"}),
    "delete_annotation": of_members("DELETE", f"{ANNOTATIONS}/{ANNOTATION_ID}"),
    "list_shares": Operation("GET", SHARES, READERS),
    "create_share": of_members("POST", SHARES, NEW_SHARE),
    "revoke_share": of_members("DELETE", f"{SHARES}/{SHARE_ID}"),
    "list_alerts": Operation("GET", ALERTS, READERS),
    "describe_alert": Operation("GET", f"{ALERTS}/{ALERT_ID}", READERS),
    "create_alert": of_members("POST", ALERTS, NEW_ALERT),
    "update_alert": of_members("PATCH", f"{ALERTS}/{ALERT_ID}", {"name": "new"}),
    "delete_alert": of_members("DELETE", f"{ALERTS}/{ALERT_ID}"),
    "rotate_alert_secret": of_members("POST", f"{ALERTS}/{ALERT_ID}/rotate-secret"),
    "test_alert": of_members("POST", f"{ALERTS}/{ALERT_ID}/test"),
}
PUBLIC = {  # these authenticate their caller by the body, or not at all
    "issue_token",
    "open_share",
    "accept_invitation",
    "create_organization",
    "beacon_events",
    "publish_keys",
    "describe_issuer",
    "check_health",
}
ADMINISTRATIVE = [name for name, operation in MATRIX.items() if operation.is_administrative]


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a lake with one event once. To write one takes longer than most of these tests."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("lake"))
    known = Event(ORG, "e", "seen", "user-0", "2026-03-10T10:00:00.000000Z", {})
    asyncio.run(lake_of(settings).append(ORG, [known]))
    return settings.data_dir / "lake"


@pytest.fixture
async def world(app: FastAPI, http: AsyncClient, settings: Settings, lake: Path) -> "World":
    store: Store = app.state.resources.store
    shutil.copytree(lake, settings.data_dir / "lake", dirs_exist_ok=True)
    await put(store, ApiKey(hash_api_key("ak_spare"), ORG, "secret", "spare", "2026-01-01"))
    await put(store, ERASURE)
    await put(store, View(ORG, VIEW_ID, "spare", "explore", "", USER, "", ""))
    expiry = "2027-01-01T00:00:00Z"
    share = Share(ORG, SHARE_ID, VIEW_ID, "spare", "explore", "", (), "", expiry, USER, "")
    await put(store, share)
    await put(store, Annotation(ORG, ANNOTATION_ID, MOMENT, "spare", USER, "", ""))
    await put(store, Board(ORG, BOARD_ID, "spare", (), USER, "", ""))
    alert = Alert(ORG, ALERT_ID, "A", VIEW_ID, "above", 1, HOOK, True, "whsec_", USER, "", "")  # noqa: FBT003
    await put(store, alert)
    await put(store, Invitation("0" * 64, ORG, "a@acme.example", "viewer", "", "2026-04-01", ""))
    return World(app, http, store)


class World:
    """The app, and a caller whose role in the token and in the store can differ."""

    def __init__(self, app: FastAPI, http: AsyncClient, store: Store) -> None:
        self._app, self._http, self.store = app, http, store

    async def send(self, name: str, grant: Grant, *, stored_role: str | None) -> Response:
        if stored_role is not None:
            await put(self.store, Membership(USER, ORG, stored_role, "2026-01-01"))
        resources = self._app.state.resources
        issued = await resources.token_issuer.issue(grant, now=resources.now())
        operation = MATRIX[name]
        return await self._http.request(
            operation.method,
            operation.path,
            json=operation.body,
            headers={"Authorization": f"Bearer {issued.access_token}"},
        )


def grant_of(caller: str) -> Grant:
    """Return the grant of a user with this role, or of an API key of this kind."""
    if caller in KINDS:
        return Grant("api_key:1", ORG, scopes_of_api_key(caller))
    return Grant(USER, ORG, scopes_of_role(caller), role=caller)


def operations_of(app: FastAPI) -> dict[str, bool]:
    """Return the operations of the app, and whether each requires an access token."""
    return {
        operation["operationId"]: bool(operation.get("security"))
        for path in app.openapi()["paths"].values()
        for operation in path.values()
    }


def test_the_matrix_has_every_operation(app: FastAPI):
    operations = operations_of(app)

    assert {name for name, is_protected in operations.items() if is_protected} == MATRIX.keys()
    assert {name for name, is_protected in operations.items() if not is_protected} == PUBLIC


@pytest.mark.parametrize("caller", [*ROLES, *KINDS])
@pytest.mark.parametrize("name", MATRIX)
async def test_a_role_may_do_exactly_what_the_matrix_says(world: World, name: str, caller: str):
    response = await world.send(
        name, grant_of(caller), stored_role=caller if caller in ROLES else None
    )

    if caller in MATRIX[name].allowed:
        assert response.status_code in (200, 201, 202, 204), response.text
    else:
        assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
        assert not await world.store.find(AuditEntry, ORG)


@pytest.mark.parametrize("stored_role", [*ROLES, "", "janitor", None])
@pytest.mark.parametrize("name", ADMINISTRATIVE)
async def test_the_stored_role_counts_and_not_only_the_role_of_the_token(
    world: World, name: str, stored_role: str | None
):
    """The token of an owner is used after the owner's role has changed, or was removed."""
    response = await world.send(name, grant_of("owner"), stored_role=stored_role)

    if stored_role in MATRIX[name].allowed:
        assert response.status_code in (200, 201, 202, 204), response.text
    else:
        code = "insufficient_scope" if stored_role else "not_a_member"
        assert (response.status_code, response.json()["code"]) == (403, code)
        assert not await world.store.find(AuditEntry, ORG)


@pytest.mark.parametrize("name", ADMINISTRATIVE)
async def test_a_token_with_one_scope_less_is_refused(world: World, name: str):
    full = grant_of("owner")
    outcomes = {
        scope: await world.send(
            name, replace(full, scopes=full.scopes - {scope}), stored_role="owner"
        )
        for scope in ("keys:manage", "organization:manage", "privacy:manage", "views:write")
    }

    assert [response.status_code == 403 for response in outcomes.values()].count(True) == 1


@pytest.mark.parametrize("name", ADMINISTRATIVE)
async def test_an_admin_of_one_organisation_is_nobody_in_another(world: World, name: str):
    grant = replace(grant_of("owner"), org_id="org_globex")
    response = await world.send(name, grant, stored_role="owner")  # of org_acme

    assert (response.status_code, response.json()["code"]) == (403, "not_a_member")
