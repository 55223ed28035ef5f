"""The route that lists the audit log of the caller's organisation, for its admins."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.dependencies import Admin, StoreDep
from api.domain.field_patterns import IDENTIFIER, VISIBLE_TEXT
from api.domain.reference import AuditEntry
from api.routers.lists import TimedListParameters
from api.routers.problem_schema import problem_responses
from api.services.audit_log import END, AuditQuery, read_audit_page
from api.services.input_checks import USER_ID_MAX
from api.services.pages import decode_cursor, encode_cursor

PATH = "/api/v1/audit-log"

router = APIRouter(tags=["audit log"])


class AuditParameters(TimedListParameters):
    """A page of the audit log, and its filters."""

    actor: str = Field(
        default="",
        max_length=USER_ID_MAX,
        pattern=VISIBLE_TEXT,
        description="Only acts of the user or operator with this id",
        examples=["usr_1"],
    )
    action: str = Field(
        default="", pattern=IDENTIFIER, description="Only this action", examples=["member.role"]
    )

    def query(self, org_id: str) -> AuditQuery:
        """Return the query. Raises ApiError `invalid_parameter`."""
        first, last = self.times()
        return AuditQuery(org_id, first, last, self.actor, self.action)


class AuditActor(BaseModel):
    """The user of the organisation, or the operator of the service, who acted."""

    type: Literal["user", "operator"]
    id: str = Field(examples=["usr_1"])


class AuditEntryDescription(BaseModel):
    """An administrative act."""

    entry_id: str
    at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    actor: AuditActor
    action: str = Field(examples=["member.role"])
    target: str = Field(
        description="The id of the member, key, invitation or organisation", examples=["usr_2"]
    )
    details: Mapping[str, Any] = Field(
        description="Depends on the action; a changed value is a list of the old and the new value",
        examples=[{"role": ["viewer", "admin"]}],
    )
    request_id: str | None = Field(
        description="The X-Request-Id of the request, if a request caused the act"
    )

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        return cls.model_validate(
            {
                "entry_id": entry.entry_id,
                "at": entry.at,
                "actor": {"type": entry.actor_type, "id": entry.actor_id},
                "action": entry.action,
                "target": entry.target,
                "details": dict(entry.details),
                "request_id": entry.request_id or None,
            }
        )


class AuditLog(BaseModel):
    """A page of the audit log, newest first. Only a null cursor ends the list."""

    data: Sequence[AuditEntryDescription]
    next_cursor: str | None


@router.get(
    PATH, operation_id="read_audit_log", responses=problem_responses(400, 401, 403, 429, 503)
)
async def read_audit_log(
    parameters: Annotated[AuditParameters, Query()],
    store: StoreDep,
    caller: Admin,
) -> AuditLog:
    """List the administrative acts in the organisation, newest first.

    Entries are kept for 400 days. A page can have fewer than `limit` entries although there are
    more.
    """
    cursor = parameters.cursor
    before = END if cursor is None else decode_cursor(cursor, 1)[0]
    entries, following = await read_audit_page(
        store, parameters.query(caller.org_id), before=before, limit=parameters.limit
    )
    return AuditLog(
        data=[AuditEntryDescription.of(entry) for entry in entries],
        next_cursor=None if following is None else encode_cursor((following,)),
    )
