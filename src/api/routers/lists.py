"""The parameters of lists that are returned in pages."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from api.dependencies import require_digits
from api.routers.parameters import OrgParameters

LIMIT_MAX = 100


class ListParameters(OrgParameters):
    """A page of a list."""

    limit: Annotated[int, BeforeValidator(require_digits)] = Field(
        default=LIMIT_MAX, ge=1, le=LIMIT_MAX
    )
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before")
