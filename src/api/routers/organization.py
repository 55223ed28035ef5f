"""Routes that show and change the caller's organisation, for its admins."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.auth.caller import ORGANIZATION_MANAGE
from api.dependencies import Admin, Now, StoreDep
from api.domain.calendars import find_zone
from api.domain.field_patterns import VISIBLE_NAME
from api.domain.reference import Organization
from api.routers.act_context import act_context
from api.routers.bodies import read_json, request_body, without_default
from api.routers.problem_schema import problem_responses
from api.services import administration
from api.services.input_checks import NAME_MAX
from api.services.members import require_not_deleted
from api.services.organization_records import find_organization

PATH = "/api/v1/organization"
BODY_BYTES_MAX = 4 * 1024

router = APIRouter(tags=["organization"])


def _check_zone(name: str) -> str:
    try:
        find_zone(name)
    except ValueError as error:
        raise PydanticCustomError("timezone_invalid", "{reason}", {"reason": str(error)}) from error
    return name


class OrganizationChange(BaseModel):
    """The new values of the organisation. Values that are left out don't change."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(
        default="",
        min_length=1,
        max_length=NAME_MAX,
        pattern=VISIBLE_NAME,
        examples=["Acme Corporation"],
        json_schema_extra=without_default,
    )
    timezone: Annotated[str, AfterValidator(_check_zone)] = Field(
        default="",
        description="The IANA time zone in which the dashboard's days begin",
        examples=["Europe/Berlin"],
        json_schema_extra=without_default,
    )


class OrganizationDescription(BaseModel):
    """An organisation."""

    org_id: str = Field(examples=["org_acme"])
    name: str
    plan: str
    status: Literal["active", "suspended"]
    created_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    timezone: str = Field(examples=["Europe/Berlin"])

    @classmethod
    def of(cls, organization: Organization) -> Self:
        return cls.model_validate({name: getattr(organization, name) for name in cls.model_fields})


@router.get(
    PATH,
    operation_id="describe_organization",
    responses=problem_responses(400, 401, 403, 404, 429, 503),
)
async def describe_organization(store: StoreDep, caller: Admin) -> OrganizationDescription:
    """Return the caller's organisation."""
    return await _describe(store, caller.org_id)


@router.patch(
    PATH,
    operation_id="update_organization",
    responses=problem_responses(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
    openapi_extra=request_body({"application/json": OrganizationChange}),
)
async def update_organization(
    request: Request, store: StoreDep, caller: Admin, now: Now
) -> OrganizationDescription:
    """Change the name of the caller's organisation, its time zone or both."""
    wanted = await read_json(request, OrganizationChange, bytes_max=BODY_BYTES_MAX)
    context = act_context(request, caller.subject, now, ORGANIZATION_MANAGE)
    await administration.update_organization(
        store, context, caller.org_id, **wanted.model_dump(exclude_unset=True)
    )
    return await _describe(store, caller.org_id)


async def _describe(store: StoreDep, org_id: str) -> OrganizationDescription:
    """Return the organisation. Raises ApiError `not_found` if it is being deleted."""
    organization = await find_organization(store, org_id)
    require_not_deleted(organization)
    return OrganizationDescription.of(organization)
