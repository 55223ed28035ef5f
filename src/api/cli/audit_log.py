"""`analytics audit-log`: the administrative acts of an organisation."""

from contextlib import aclosing
from typing import Annotated, Any

import typer

from api.cli.administration import AsJson, OrgId, administer, show_rows
from api.domain.reference import AuditEntry
from api.services.acts import Context
from api.services.administration import find_organization
from api.services.audit_log import AuditQuery, read_audit_log
from api.stores.protocol import Store


def audit_log_command(
    org: OrgId,
    limit: Annotated[int, typer.Option(min=1, help="Largest number of acts to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List who did what in an organisation, newest first. Entries are kept for 400 days."""

    async def rows(store: Store, _: Context) -> list[dict[str, Any]]:
        await find_organization(store, org)
        rows: list[dict[str, Any]] = []
        async with aclosing(read_audit_log(store, AuditQuery(org))) as entries:
            async for entry in entries:
                rows.append(_row(entry))
                if len(rows) == limit:
                    break
        return rows

    columns = ("at", "actor", "action", "target", "details")
    show_rows(columns, administer(rows), as_json=as_json)


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "actor": f"{entry.actor_type} {entry.actor_id}",
        "action": entry.action,
        "target": entry.target,
        "details": dict(entry.details),
        "request_id": entry.request_id,
        "entry_id": entry.entry_id,
    }
