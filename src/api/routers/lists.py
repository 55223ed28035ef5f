"""The parameters of lists that are returned in pages."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field

from api.dependencies import require_digits
from api.routers.parameters import OrgParameters
from api.services.pages import Order, page_of

LIMIT_MAX = 100


class ListParameters(OrgParameters):
    """A page of a list."""

    limit: Annotated[int, BeforeValidator(require_digits)] = Field(
        default=LIMIT_MAX, ge=1, le=LIMIT_MAX
    )
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before")

    def page_of[T](self, items: Sequence[T], order: Order[T]) -> tuple[Sequence[T], str | None]:
        """Return this page of the items, and the cursor of the next page.

        Raises ApiError `invalid_cursor`.
        """
        return page_of(items, order, cursor=self.cursor, limit=self.limit)
