"""Administrative acts on a prepared organisation, by the action in the audit log."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from api.domain.reference import hash_api_key, hash_invitation
from api.services.acts import Context
from api.services.administration import (
    create_organization,
    delete_organization,
    suspend_organization,
    update_organization,
)
from api.services.invitations import (
    NewInvitation,
    SignedIn,
    accept_invitation,
    create_invitation,
    revoke_invitation,
)
from api.services.keys import NewKey, create_key, revoke_key
from api.services.members import Person, add_member, change_role, remove_member
from api.services.views import delete_view
from api.stores.protocol import Store
from tests.contract.acts import ORG

type Act = Callable[[Store, Context], Awaitable[object]]

KEY_ID = hash_api_key("ak_old")


async def found(store: Store, context: Context) -> None:
    await create_organization(store, context, org_id=ORG, name="New", plan="growth", owner="ada")


async def rename(store: Store, context: Context) -> None:
    await update_organization(store, context, ORG, name="Newer")


async def suspend(store: Store, context: Context) -> None:
    await suspend_organization(store, context, ORG)


async def delete(store: Store, context: Context) -> None:
    await delete_organization(store, context, ORG)


async def add(store: Store, context: Context) -> None:
    await add_member(store, context, ORG, person=Person("cy", "cy@new.test"), role="owner")


async def promote(store: Store, context: Context) -> None:
    await change_role(store, context, ORG, user_id="bob", role="owner")


async def remove(store: Store, context: Context) -> None:
    await remove_member(store, context, ORG, user_id="bob")


async def make_key(store: Store, context: Context) -> None:
    await create_key(store, context, ORG, NewKey("new", "secret"), random="new")


async def revoke(store: Store, context: Context) -> None:
    await revoke_key(store, context, ORG, KEY_ID)


async def invite(store: Store, context: Context) -> None:
    new = NewInvitation("di@new.test", "member", context.now + timedelta(days=7))
    await create_invitation(store, context, ORG, new, random="new")


async def accept(store: Store, context: Context) -> None:
    await accept_invitation(store, context, "inv_old", SignedIn("cy", "cy@new.test", "Cy"))


async def withdraw(store: Store, context: Context) -> None:
    await revoke_invitation(store, context, ORG, hash_invitation("inv_old"))


async def drop_view(store: Store, context: Context) -> None:
    await delete_view(store, context, ORG, "view_old")


ACTS: dict[str, Act] = {
    "organization.create": found,
    "organization.update": rename,
    "organization.suspend": suspend,
    "organization.delete": delete,
    "member.add": add,
    "member.role": promote,
    "member.remove": remove,
    "api_key.create": make_key,
    "api_key.revoke": revoke,
    "invitation.create": invite,
    "invitation.accept": accept,
    "invitation.revoke": withdraw,
    "view.delete": drop_view,
}
FAILS_AGAIN = {  # after an hour, or with a second entry
    "api_key.create",
    "api_key.revoke",
    "invitation.create",
    "invitation.accept",
    "invitation.revoke",
    "view.delete",
}
