"""The route that describes the caller."""

from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.auth.exchange import CallerOrganization, organizations_of_caller
from api.dependencies import CallerDep, StoreDep
from api.routers.problem_schema import problem_responses

router = APIRouter(tags=["caller"])


class CallerDescription(BaseModel):
    """The caller of the request (a user or an API key), with its role and its organisations."""

    subject: str
    kind: Literal["user", "api_key"]
    org_id: str = Field(description="The organisation the token is for")
    role: str | None = Field(description="The user's role in it; null for an API key")
    scopes: list[str]
    organizations: Sequence[CallerOrganization] = Field(
        description="For a user, all their organisations; for a secret or read key, its "
        "organisation; empty for a publishable key and for a key's token without `events:read`"
    )


@router.get(
    "/api/v1/me", operation_id="describe_caller", responses=problem_responses(401, 403, 429, 503)
)
async def describe_caller(caller: CallerDep, store: StoreDep) -> CallerDescription:
    """Return the caller, their role and their organisations."""
    return CallerDescription(
        subject=caller.subject,
        kind=caller.kind,
        org_id=caller.org_id,
        role=caller.role,
        scopes=sorted(caller.scopes),
        organizations=await organizations_of_caller(store, caller),
    )
