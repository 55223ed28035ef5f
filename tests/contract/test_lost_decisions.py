"""Acts that were decided although the response of the decision was lost, on every store.

Before the act reads the organisation again, another process completes the act and performs its own.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from api.auth.caller import ORGANIZATION_MANAGE
from api.domain.reference import INTENDED, Actor, AuditEntry, Organization, hash_api_key
from api.services.acts import Context
from api.services.administration import (
    create_organization,
    suspend_organization,
    update_organization,
)
from api.services.keys import NewKey, create_key, revoke_key
from api.services.members import Person, add_member, change_role, remove_member
from api.stores.protocol import Conflict, Store
from tests.contract.acts import ORG, Acting, log, organization_with
from tests.support import ManualClock

type Act = Callable[[Store, Context], Awaitable[object]]

ACTS: dict[str, tuple[object, Act]] = {
    "organization.update": (True, lambda s, c: update_organization(s, c, ORG, name="Newer")),
    "organization.suspend": (True, lambda s, c: suspend_organization(s, c, ORG)),
    "member.add": (True, lambda s, c: add_member(s, c, ORG, person=Person("cy"), role="viewer")),
    "member.role": (True, lambda s, c: change_role(s, c, ORG, user_id="bob", role="admin")),
    "member.remove": (True, lambda s, c: remove_member(s, c, ORG, user_id="bob")),
    "api_key.revoke": (None, lambda s, c: revoke_key(s, c, ORG, hash_api_key("ak_1"))),
}


class LosingStore:
    """A store that loses the response of the first write of an organisation.

    Before the write seems to fail, `meanwhile` is called.
    """

    def __init__(self, store: Any, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._store, self._meanwhile = store, meanwhile
        self._is_lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def create(self, record: object) -> object:
        return await self._lose(record, await self._store.create(record))

    async def replace(self, record: object, *, version: str) -> object:
        return await self._lose(record, await self._store.replace(record, version=version))

    async def _lose(self, record: object, response: object) -> object:
        if isinstance(record, Organization) and not self._is_lost:
            self._is_lost = True
            await self._meanwhile()
            raise Conflict
        return response


class StaleStore(LosingStore):
    """A losing store that then reads the act's entry as it was before the decision, but once."""

    _entry: Any = None

    async def create(self, record: object) -> object:
        stored = await super().create(record)
        if isinstance(record, AuditEntry):
            self._entry = stored
        return stored

    async def read(self, kind: type[object], *key: str) -> object:
        entry = self._entry
        if self._is_lost and entry and key == (ORG, entry.record.entry_id):
            self._entry = None
            return entry
        return await self._store.read(kind, *key)


@pytest.mark.parametrize("action", ACTS)
async def test_the_act_succeeds_once(any_store: Store, acting: Acting, action: str):
    await organization_with(any_store, acting, [("ada", "owner"), ("bob", "viewer")])
    await create_key(any_store, acting(), ORG, NewKey("server", "secret"), random="1")
    outcome, act = ACTS[action]
    losing: Any = LosingStore(
        any_store, lambda: update_organization(any_store, acting(), ORG, plan="free")
    )

    assert await act(losing, acting()) is outcome
    [(decided, pending), (later, _)] = (await log(any_store))[-2:]
    assert (decided, later) == (action, "organization.update")
    assert pending != INTENDED


async def test_a_stale_read_does_not_repeat_the_act(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [])
    stale: Any = StaleStore(
        any_store, lambda: update_organization(any_store, acting(), ORG, name="Other")
    )

    assert await update_organization(stale, acting(), ORG, name="Newer")
    stored = await any_store.read(Organization, ORG)
    assert stored
    assert stored.record.name == "Other"
    assert await log(any_store) == [
        ("organization.create", ""),
        ("organization.update", ""),
        ("organization.update", ""),
    ]


async def test_the_actor_may_be_removed_meanwhile(
    any_store: Store, acting: Acting, clock: ManualClock
):
    await organization_with(any_store, acting, [("ada", "owner"), ("bob", "admin")])
    context = replace(Acting(clock, Actor("user", "bob"))(), scope=ORGANIZATION_MANAGE)
    losing: Any = LosingStore(
        any_store, lambda: remove_member(any_store, acting(), ORG, user_id="bob")
    )

    assert await update_organization(losing, context, ORG, name="Newer")


async def test_an_organisation_is_created_once(any_store: Store, acting: Acting):
    values = {"org_id": ORG, "name": "New", "plan": "growth"}
    losing: Any = LosingStore(
        any_store, lambda: update_organization(any_store, acting(), ORG, name="Newer")
    )

    assert await create_organization(losing, acting(), **values)
    assert await log(any_store) == [("organization.create", ""), ("organization.update", "")]
