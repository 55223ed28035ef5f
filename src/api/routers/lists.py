"""The parameters of lists that are returned in pages."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.dependencies import require_digits

LIMIT_MAX = 100


class ListParameters(BaseModel):
    """A page of a list."""

    model_config = ConfigDict(extra="forbid")

    org_id: str | None = Field(
        default=None, description="Optional; must be the token's organisation"
    )
    limit: Annotated[int, BeforeValidator(require_digits)] = Field(
        default=LIMIT_MAX, ge=1, le=LIMIT_MAX
    )
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before")
