"""Query parameters that several operations share."""

from pydantic import BaseModel, ConfigDict, Field


class OrgParameters(BaseModel):
    """The organisation that the request is about. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    org_id: str | None = Field(
        default=None, description="Optional; must be the token's organisation"
    )
