"""`analytics export-members`: copy organisations and their members into PostgreSQL.

This command is for operators, because the API doesn't return members to clients with an API key.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from api.cli.console import err, rows_progress
from api.cli.options import Orgs, require_known
from api.cli.own_store import open_own_store
from api.cli.postgres import UPSERT_ORGANIZATIONS, Connection, Dsn, as_json, connect
from api.domain.reference import Membership, Organization, User
from api.settings import Settings
from api.stores.protocol import Store

UPSERT_USERS = """
INSERT INTO users (user_id, email, name, role, created_at, updated_at)
SELECT user_id, email, name, role, created_at, updated_at
FROM jsonb_populate_recordset(NULL::users, %s::jsonb)
ON CONFLICT (user_id) DO UPDATE
SET email = EXCLUDED.email, name = EXCLUDED.name, role = EXCLUDED.role,
    created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at
"""
UPSERT_MEMBERSHIPS = """
INSERT INTO memberships (user_id, org_id, role, joined_at)
SELECT user_id, org_id, role, joined_at
FROM jsonb_populate_recordset(NULL::memberships, %s::jsonb)
ON CONFLICT (user_id, org_id) DO UPDATE
SET role = EXCLUDED.role, joined_at = EXCLUDED.joined_at
"""
END_MEMBERSHIPS = "DELETE FROM memberships WHERE org_id = %s AND NOT user_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Staff:
    """An organisation with its members."""

    organization: Organization
    users: Sequence[User]
    memberships: Sequence[Membership]


def export_members_command(
    dsn: Dsn,
    org: Orgs = None,
) -> None:
    """Copy the current organisations, users and memberships into PostgreSQL.

    The command opens the store that the settings name; locally, no server may be running on the
    same data. Each organisation is written in one transaction. If the command is interrupted, run
    it again. Memberships that no longer exist are deleted from PostgreSQL.
    """
    staffs = asyncio.run(read_staffs(Settings.from_environment(serves=False), org or []))
    with connect(dsn) as connection, rows_progress() as bar:
        task = bar.add_task("organizations", total=len(staffs), rows=0, resumed=0)
        for count, staff in enumerate(staffs, 1):
            write_staff(connection, staff)
            bar.update(task, completed=count, rows=count)
    users = {user.user_id for staff in staffs for user in staff.users}
    memberships = sum(len(staff.memberships) for staff in staffs)
    err.print(f"{len(staffs):,} organizations, {len(users):,} users, {memberships:,} memberships")


async def read_staffs(settings: Settings, org_ids: Sequence[str]) -> Sequence[Staff]:
    """Return the organisations with these ids, or all organisations if no id is given.

    Skip memberships whose user doesn't exist.
    """
    async with open_own_store(settings) as store:
        return await _staffs(store, org_ids)


async def _staffs(store: Store, org_ids: Sequence[str]) -> Sequence[Staff]:
    users = {user.user_id: user for user in await store.find(User, None)}
    members = defaultdict[str, list[Membership]](list)
    for one in await store.find(Membership, None):
        if one.user_id in users and not one.is_removed:
            members[one.org_id].append(one)
    organizations = await store.find(Organization, None)
    require_known(org_ids, [one.org_id for one in organizations])
    return [
        Staff(found, [users[m.user_id] for m in members[found.org_id]], members[found.org_id])
        for found in organizations
        if not org_ids or found.org_id in org_ids
    ]


def write_staff(connection: Connection, staff: Staff) -> None:
    """Replace this organisation's rows in PostgreSQL with the records in the store."""
    with connection.transaction():
        connection.execute(UPSERT_ORGANIZATIONS, (as_json([staff.organization]),))
        connection.execute(UPSERT_USERS, (as_json(staff.users),))
        connection.execute(UPSERT_MEMBERSHIPS, (as_json(staff.memberships),))
        user_ids = [user.user_id for user in staff.users]
        connection.execute(END_MEMBERSHIPS, (staff.organization.org_id, user_ids))
