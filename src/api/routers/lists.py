"""The parameters of lists that are returned in pages."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from api.dependencies import require_digits
from api.domain.ranges import parse_end, parse_start
from api.domain.times import format_timestamp
from api.errors import FieldError, invalid_parameters
from api.routers.parameters import OrgParameters
from api.services.pages import Order, page_of

LIMIT_MAX = 100
END = "\uffff"  # sorts after every timestamp


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


class TimedListParameters(ListParameters):
    """A page of a list of records that have a time, and the times to list."""

    start_date: str | None = Field(
        default=None, description="A date (the whole UTC day) or an RFC 3339 time, inclusive"
    )
    end_date: str | None = Field(default=None, description="Like start_date, inclusive")

    def times(self) -> tuple[str, str]:
        """Return the first time, and the time after the last one, as text.

        Raises ApiError `invalid_parameter`.
        """
        first = _parsed("start_date", parse_start, self.start_date)
        last = _parsed("end_date", parse_end, self.end_date)
        if first and last and first >= last:
            raise _invalid("start_date", "is after end_date")
        return format_timestamp(first) if first else "", format_timestamp(last) if last else END


def _parsed(name: str, parse: Callable[[str], datetime], text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise _invalid(name, str(error)) from error


def _invalid(name: str, detail: str) -> Exception:
    return invalid_parameters([FieldError(f"/query/{name}", "invalid", detail)])
