"""Administrative acts that stop before they are complete, and their completion by a function."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from api.domain.alerts import Alert
from api.domain.erasures import FAILED, QUEUED
from api.domain.reference import (
    INTENDED,
    Actor,
    ApiKey,
    AuditEntry,
    Invitation,
    Membership,
    Organization,
    User,
    hash_api_key,
    hash_invitation,
)
from api.domain.views import Share, View, share_id_of
from api.errors import ApiError
from api.services.acts import Context
from api.services.administration import create_organization, update_organization
from api.services.alerts import NewAlert, create_alert
from api.services.erasures import list_erasures, request_erasure
from api.services.invitations import NewInvitation, create_invitation, revoke_invitation
from api.services.keys import NewKey
from api.services.keys import create_key as create_api_key
from api.services.keys import revoke_key as revoke_api_key
from api.services.members import Person, add_member, remove_member
from api.services.organizations import put
from api.services.shares import Terms, create_share
from api.services.unfinished_acts import PURGE_AFTER, PURGE_MEMBERSHIP_AFTER, finish_intents
from api.services.views import NewView, create_view, delete_view
from tests.crash.crash_points import WatchedStore

if TYPE_CHECKING:
    from tests.functions.function_workloads import Function


class Interrupted(Exception):
    """The process of an administrative act was killed."""


async def interrupted(
    function: "Function", act: Any, *arguments: object, at: str = "after replace 1", **named: object
) -> None:
    """Perform an act and stop, by default when it is decided and nothing else is written."""

    async def stop(moment: str) -> None:
        if moment == at:
            raise Interrupted

    actor = Actor("operator", "alice")
    function.clock.forward(seconds=1)
    context = Context(actor, function.clock(), lambda: uuid4().hex)
    with suppress(Interrupted, ApiError):  # what it finds may lack what was not completed
        await act(WatchedStore(function.admin, stop), context, *arguments, **named)


async def finish_acts(function: "Function") -> None:
    """Complete acts that were interrupted, and delete what they removed."""
    admin, new = function.admin, "org_new"
    await interrupted(
        function, create_organization, org_id=new, name="New", plan="pro", at="after create 1"
    )
    await finish_intents(function.store, function.clock(), grace=timedelta())
    assert await admin.read(Organization, new)
    await interrupted(function, update_organization, new, name="Newer", at="after create 1")
    await finish_intents(function.store, function.clock(), grace=timedelta())
    assert not await admin.find_indexed(AuditEntry, INTENDED)
    for email in ("bo@acme.test", "bob@acme.test"):
        await finish_intents(function.store, function.clock(), grace=timedelta())
        bob = Person("bob", email)
        await interrupted(function, add_member, new, person=bob, role="viewer")
    await finish_intents(function.store, function.clock(), grace=timedelta())
    await interrupted(function, remove_member, new, user_id="bob")
    await finish_intents(function.store, function.clock(), grace=timedelta())
    await interrupted(function, create_api_key, new, NewKey("k", "secret"), random="1")
    await finish_intents(function.store, function.clock(), grace=timedelta())
    await interrupted(function, revoke_api_key, new, hash_api_key("ak_1"))
    await finish_intents(function.store, function.clock(), grace=timedelta())
    invited = NewInvitation("cy@acme.test", "viewer", function.clock() + PURGE_AFTER)
    await interrupted(function, create_invitation, new, invited, random="1")
    await finish_intents(function.store, function.clock(), grace=timedelta())
    await interrupted(function, revoke_invitation, new, hash_invitation("inv_1"))
    await finish_intents(function.store, function.clock(), grace=timedelta())
    await interrupted(function, create_view, new, NewView("V", "explore", ""), random="1")
    await finish_intents(function.store, function.clock(), grace=timedelta())
    terms = Terms(function.clock() + PURGE_AFTER, ["f" * 32])
    await interrupted(function, create_share, new, "view_1", terms, random="1")
    await finish_intents(function.store, function.clock(), grace=timedelta())
    assert await admin.read(Share, new, share_id_of(f"{new}.1"))
    alert = NewAlert("A", "view_1", "above", 1, "https://hooks.example/")
    await interrupted(function, create_alert, new, alert, random="1", secret="whsec_")
    await finish_intents(function.store, function.clock(), grace=timedelta())
    assert await admin.read(Alert, new, "alert_1")
    await interrupted(function, delete_view, new, "view_1")
    await finish_requests_to_erase(function, new)
    for passed in (PURGE_AFTER, PURGE_MEMBERSHIP_AFTER, timedelta()):
        await finish_intents(function.store, function.clock(), grace=timedelta())
        function.clock.forward(seconds=passed.total_seconds())

    entries = await admin.find(AuditEntry, new)
    assert [entry.action.partition(".")[2] for entry in entries] == [
        *("create", "add", "add", "remove", "create", "revoke", "create", "revoke"),
        *("create", "create", "create", "delete", "erase", "erase"),
    ]
    assert not any(entry.pending for entry in entries)
    user = await admin.read(User, "bob")
    assert user
    assert user.record.email == "bob@acme.test"
    assert not await admin.read(Membership, "bob", new)
    assert not await admin.read(ApiKey, hash_api_key("ak_1"))
    assert not await admin.read(Invitation, hash_invitation("inv_1"))
    assert not await admin.read(View, new, "view_1")
    assert not await admin.read(Share, new, share_id_of(f"{new}.1"))
    assert not await admin.read(Alert, new, "alert_1")


async def finish_requests_to_erase(function: "Function", org_id: str) -> None:
    """Complete a request to erase a user, and another request after the erasure has failed."""
    for replaced in (1, 2):  # the second request also replaces the record of the user's id
        await finish_intents(function.store, function.clock(), grace=timedelta())
        decided = f"after replace {replaced}"
        await interrupted(function, request_erasure, org_id, "user-1", at=decided)
        await finish_intents(function.store, function.clock(), grace=timedelta())
        erasures = await list_erasures(function.admin, org_id)
        assert [one.status for one in erasures] == [QUEUED]
        await put(function.admin, replace(erasures[0], status=FAILED, pending=""))


async def erase_user(function: "Function", org_id: str, user_id: str) -> None:
    """Request the erasure of a user, and let the function read the organisation again."""
    context = Context(Actor("operator", "alice"), function.clock(), lambda: uuid4().hex)
    await request_erasure(function.admin, context, org_id, user_id)
    function.clock.forward(seconds=61)
