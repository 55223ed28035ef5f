"""`analytics member`: add, list, change and remove the members of an organisation."""

from typing import Annotated

import typer

from api.auth.caller import Role
from api.cli.administration import (
    AsJson,
    OrgId,
    administer,
    resolve_user_id,
    show_result,
    show_rows,
    was_done,
)
from api.errors import ApiError
from api.services.acts import Context
from api.services.member_records import find_member_id, find_user_id, list_members
from api.services.members import Person, add_member, change_role, remove_member
from api.services.organization_records import find_organization
from api.stores.protocol import Store

NewUser = Annotated[
    str,
    typer.Argument(
        metavar="USER", help="User id (the `sub` of the ID token), or e-mail of a stored user."
    ),
]
User = Annotated[str, typer.Argument(metavar="USER", help="User id or e-mail of the member.")]
RoleOption = Annotated[Role, typer.Option(help="Role in the organisation.")]


def add_command(
    org: OrgId,
    user: NewUser,
    role: RoleOption,
    email: Annotated[str, typer.Option(help="E-mail to store with the user.")] = "",
    name: Annotated[str, typer.Option(help="Name to store with the user.")] = "",
    as_json: AsJson = False,
) -> None:
    """Add a member. If the user is a member with this role, succeed and change nothing."""

    async def add(store: Store, context: Context) -> tuple[str, bool]:
        user_id = await resolve_user_id(store, user, is_new=bool(email))
        person = Person(user_id, email, name)
        return user_id, await add_member(store, context, org, person=person, role=role)

    user_id, is_new = administer(add, org)
    result = "added" if is_new else "exists"
    sentence = (
        f"{org}: {user_id} is {'now' if is_new else 'already'} a member with the role {role}."
    )
    values = {"org_id": org, "user_id": user_id, "role": role}
    show_result(sentence, result, values, as_json=as_json)


def list_command(org: OrgId, as_json: AsJson = False) -> None:
    """List the members of an organisation with their roles."""

    async def rows(store: Store, _: Context) -> list[dict[str, str]]:
        await find_organization(store, org)
        return [
            {
                "user_id": member.membership.user_id,
                "role": member.membership.role,
                "email": member.user.email if member.user else "",
                "name": member.user.name if member.user else "",
                "joined_at": member.membership.joined_at,
            }
            for member in await list_members(store, org)
        ]

    columns = ("user_id", "role", "email", "name", "joined_at")
    show_rows(columns, administer(rows, org), as_json=as_json)


def role_command(
    org: OrgId,
    user: User,
    role: Annotated[Role, typer.Argument(help="New role.")],
    as_json: AsJson = False,
) -> None:
    """Change the role of a member. The last owner can't be demoted."""

    async def change(store: Store, context: Context) -> tuple[str, bool]:
        user_id = await find_member_id(store, org, user)
        return user_id, await change_role(store, context, org, user_id=user_id, role=role)

    user_id, is_changed = administer(change, org)
    sentence = f"{org}: {user_id} {'now' if is_changed else 'already'} has the role {role}."
    result = "changed" if is_changed else "unchanged"
    values = {"org_id": org, "user_id": user_id, "role": role}
    show_result(sentence, result, values, as_json=as_json)


def remove_command(org: OrgId, user: User, as_json: AsJson = False) -> None:
    """Remove a member. The last owner can't be removed.

    The user's administrative operations are refused at once. Tokens that were already issued to the
    user can still read and write events until they expire, within 15 minutes and 30 seconds.
    """

    async def remove(store: Store, context: Context) -> tuple[str, bool]:
        try:
            user_id = await find_member_id(store, org, user)
        except ApiError as error:
            user_id = await find_user_id(store, user) or user
            is_known = error.code == "not_found" and await was_done(
                store, org, "member.remove", user_id
            )
            if not is_known:
                raise
        return user_id, await remove_member(store, context, org, user_id=user_id)

    user_id, is_changed = administer(remove, org)
    sentence = f"{org}: {user_id} is {'no longer' if is_changed else 'not'} a member."
    result = "removed" if is_changed else "unchanged"
    values = {"org_id": org, "user_id": user_id}
    show_result(sentence, result, values, as_json=as_json)
