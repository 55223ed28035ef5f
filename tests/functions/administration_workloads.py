"""Workloads of the functions for administration."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from httpx2 import AsyncClient

from api.auth.keys.file import FileKeySource
from api.auth.signing import sign_token
from api.domain.erasures import FAILED, Erasure
from api.domain.events import DayBatch, Event
from api.domain.reference import Actor, ApiKey, Membership, User, hash_api_key
from api.domain.rollups import DeadLetter
from api.domain.times import format_timestamp
from api.domain.views import Share, share_id_of
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.routers.alerts import PATH as ALERTS
from api.routers.annotations import PATH as ANNOTATIONS
from api.routers.audit_log import PATH as AUDIT_LOG
from api.routers.boards import PATH as BOARDS
from api.routers.invitations import PATH as INVITATIONS
from api.routers.keys import PATH as KEYS
from api.routers.members import PATH as MEMBERS
from api.routers.open_share import PATH as OPEN_SHARE
from api.routers.organization import PATH as ORGANIZATION
from api.routers.privacy import PATH as ERASURES
from api.routers.views import PATH as VIEWS
from api.services.acts import Context
from api.services.erasures import request_erasure
from api.services.invitations import NewInvitation, create_invitation
from api.services.keys import NewKey
from api.services.keys import create_key as create_api_key
from api.services.keys import revoke_key as revoke_api_key
from api.services.members import remove_member
from tests.api.token_service import id_claims
from tests.functions.interrupted_acts import interrupted

if TYPE_CHECKING:
    from tests.functions.function_workloads import Function

ORG, USER = "org_acme", "usr_ada"


async def list_keys(function: "Function") -> None:
    http = await function.sign_in(USER, "admin")
    keys = (await http.get(KEYS)).json()["data"]

    assert {key["name"] for key in keys} == {"ak_local_acme", "rk_local_acme", "pk_local_acme"}


async def create_key(function: "Function") -> None:
    http = await function.sign_in(USER, "admin")
    response = await http.post(KEYS, json={"name": "server", "kind": "secret"})

    assert response.status_code == 201, response.text
    assert await function.admin.read(ApiKey, response.json()["key_id"])
    await interrupted(function, revoke_api_key, ORG, hash_api_key("pk_local_acme"))
    assert (await http.post(KEYS, json={"name": "next", "kind": "secret"})).status_code == 201
    assert await known_keys(function) == {"ak_local_acme", "rk_local_acme", "server", "next"}


async def revoke_key(function: "Function") -> None:
    http, key_id = await function.sign_in(USER, "admin"), hash_api_key("pk_local_acme")

    assert (await http.delete(f"{KEYS}/{key_id}")).status_code == 204
    await interrupted(function, create_api_key, ORG, NewKey("new", "secret"), random="1")
    assert (await http.delete(f"{KEYS}/{hash_api_key('ak_local_acme')}")).status_code == 204
    assert await known_keys(function) == {"rk_local_acme", "new"}


async def known_keys(function: "Function") -> set[str]:
    return {key.name for key in await function.admin.find(ApiKey, ORG) if not key.is_removed}


async def read_audit_log(function: "Function") -> None:
    await function.admin.create(Membership("bob", ORG, "viewer", "2026-01-01"))
    context = Context(Actor("operator", "alice"), function.clock(), lambda: "1")
    await remove_member(function.admin, context, ORG, user_id="bob")
    http = await function.sign_in(USER, "admin")
    [entry] = (await http.get(AUDIT_LOG)).json()["data"]

    assert entry["action"] == "member.remove"


async def join_organization(function: "Function") -> None:
    await accept_invitations(function)
    body = {"id_token": await id_token(function, "Cy"), "name": "Northwind"}
    response = await function.http.post("/api/v1/organizations", json=body)
    assert response.status_code == 201, response.text


async def accept_invitations(function: "Function") -> None:
    for number, name in enumerate(("Cy", "Cyrus")):
        context = Context(Actor("user", USER), function.clock(), lambda n=number: f"{n}")
        later = function.clock() + timedelta(days=1)
        new = NewInvitation("cy@acme.test", "viewer", later)
        _, token = await create_invitation(function.admin, context, ORG, new, random=f"{number}")
        body = {"id_token": await id_token(function, name), "invitation_token": token}
        response = await function.http.post(f"{INVITATIONS}/accept", json=body)
        assert response.status_code == 200, response.text
        function.clock.forward(seconds=1)
        context = Context(Actor("operator", "a"), function.clock(), lambda n=number: f"{n}")
        await remove_member(function.admin, context, ORG, user_id="cy")
        function.clock.forward(seconds=1)
    stored = await function.admin.read(User, "cy")
    assert stored
    assert stored.record.name == "Cyrus"


async def id_token(function: "Function", name: str) -> str:
    keys = FileKeySource(
        function.settings.data_dir / "identity-key.json", is_local=True, now=function.clock
    )
    claims = id_claims(sub="cy", email="cy@acme.test", email_verified=True, name=name)
    return await sign_token(keys, claims, token_type="JWT")


async def manage_privacy(function: "Function") -> None:
    """Export and erase a user, and complete other requests that were interrupted or failed."""
    http = await function.sign_in(USER, "admin")
    event = Event(ORG, "e", "seen", "bo", "2026-03-09T00:00:00.000000Z", {})
    await function.admin.append(DayBatch(ORG, event.day, [event], None))
    await function.admin.create(DeadLetter(ORG, event.day, "x", "broken", {"user_id": "bo"}))
    lake = DeltaTables(LakeStorage.in_folder(function.settings.data_dir / "lake"))
    await lake.append(ORG, [replace(event, event_id="expired")])
    erased = await http.post(ERASURES, json={"user_id": "bo"})
    assert erased.status_code == 202, erased.text
    await interrupted(function, request_erasure, ORG, "cy", at="after create 1")  # the id is stored
    assert (await http.post(ERASURES, json={"user_id": "cy"})).status_code == 202
    await interrupted(function, request_erasure, ORG, "di")
    assert (await http.post(ERASURES, json={"user_id": "ed"})).status_code == 202
    listed = (await http.get(ERASURES)).json()["data"]
    assert len(listed) == 4
    assert (await http.get(f"{ERASURES}/{listed[0]['erasure_id']}")).status_code == 200
    exported = await http.get("/api/v1/users/bo/export")
    kinds = [json.loads(line)["type"] for line in exported.text.splitlines()]
    assert kinds == ["event", "event", "dead_letter", "erasure", "end"]
    stored = await function.admin.read(Erasure, ORG, erased.json()["erasure_id"])
    assert stored
    failed = replace(stored.record, status=FAILED, pending="")
    await function.admin.replace(failed, version=stored.version)
    again = await http.post(ERASURES, json={"user_id": "bo"})
    assert again.json()["status"] == "queued", again.text


async def manage_organization(function: "Function") -> None:
    http = await function.sign_in(USER, "admin")
    described = (await http.get(ORGANIZATION)).json()
    renamed = await http.patch(ORGANIZATION, json={"name": "Acme Ltd"})
    assert (described["name"], renamed.json()["name"]) == ("Acme Corporation", "Acme Ltd")
    await function.admin.create(Membership("bob", ORG, "viewer", "2026-01-01"))
    await function.admin.create(User("bob", "bob@acme.test", "Bob", "", "", ""))
    added = await http.post(MEMBERS, json={"user_id": "cy", "role": "viewer"})
    assert added.status_code == 201, added.text
    changed = await http.patch(f"{MEMBERS}/bob", json={"role": "member"})
    assert changed.json()["email"] == "bob@acme.test"
    assert (await http.delete(f"{MEMBERS}/cy")).status_code == 204
    for email in ("di@acme.test", "ed@acme.test"):
        invited = await http.post(INVITATIONS, json={"email": email, "role": "viewer"})
        assert invited.status_code == 201, invited.text
    [_, first] = (await http.get(INVITATIONS)).json()["data"]
    revoked = await http.delete(f"{INVITATIONS}/{first['invitation_id']}")
    assert revoked.status_code == 204, revoked.text
    members = (await http.get(MEMBERS)).json()["data"]
    assert {member["user_id"] for member in members} == {"bob", USER}
    await arrange_views(http)
    await set_alerts(http)


async def arrange_views(http: AsyncClient) -> None:
    saved = await http.post(VIEWS, json={"name": "V", "page": "explore", "state": ""})
    view_id = saved.json()["view_id"]
    shares = f"{VIEWS}/{view_id}/shares"
    new = {"queries": [{"insight": "trends", "query": {"series": [{}]}}]}
    shared = [(await http.post(shares, json=new)).json() for _ in range(2)]
    assert (await http.delete(f"{shares}/{shared[0]['share_id']}")).status_code == 204
    assert len((await http.get(shares)).json()["data"]) == 1
    made = await http.post(BOARDS, json={"name": "B", "view_ids": [view_id]})
    board_path = f"{BOARDS}/{made.json()['board_id']}"
    assert (await http.patch(f"{VIEWS}/{view_id}", json={"name": "W"})).json()["name"] == "W"
    assert (await http.delete(f"{VIEWS}/{view_id}")).status_code == 204
    assert (await http.get(VIEWS)).json()["data"] == []
    assert (await http.get(board_path)).json()["view_ids"] == []
    assert (await http.delete(board_path)).status_code == 204
    new = {"at": "2026-03-10T00:00:00Z", "text": "A"}
    annotation_path = (
        f"{ANNOTATIONS}/{(await http.post(ANNOTATIONS, json=new)).json()['annotation_id']}"
    )
    assert (await http.patch(annotation_path, json={"text": "B"})).json()["text"] == "B"
    assert (await http.delete(annotation_path)).status_code == 204


async def open_share(function: "Function") -> None:
    secret, expiry = f"{ORG}.1", function.clock() + timedelta(days=1)
    known = ("view_1", "V", "explore", "", ("f" * 32,), "", format_timestamp(expiry), USER, "")
    await function.admin.create(Share(ORG, share_id_of(secret), *known))
    opened = await function.http.post(OPEN_SHARE, json={"secret": secret})
    assert opened.status_code == 200, opened.text


async def set_alerts(http: AsyncClient) -> None:
    saved = await http.post(VIEWS, json={"name": "V", "page": "overview", "state": ""})
    condition = {"type": "above", "threshold": 1}
    new = {"name": "A", "view_id": saved.json()["view_id"], "url": "http://127.0.0.1:9/"}
    made = await http.post(ALERTS, json=new | {"condition": condition})
    path = f"{ALERTS}/{made.json()['alert_id']}"
    tested = await http.post(f"{path}/test")
    assert tested.json()["error"] == "The connection to the endpoint failed.", tested.text
    rotated = await http.post(f"{path}/rotate-secret")
    assert rotated.json()["secret"] != made.json()["secret"]
    assert (await http.patch(path, json={"name": "B"})).json()["name"] == "B"
    assert (await http.get(ALERTS)).json()["data"][0]["state"]["status"] == "ok"
    assert (await http.delete(path)).status_code == 204
