"""Saved views of an organisation's data, and the boards on which views are arranged.

Administrative acts write these records; `api.services.acts` describes how.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

Page = Literal["overview", "explore", "funnels", "retention", "users", "live"]
PAGES: tuple[Page, ...] = get_args(Page)


class _Saved:
    """The name and the version that views and boards have in common."""

    __slots__ = ()
    name: str
    act: int

    @property
    def version(self) -> str:
        """Return the number of the act that wrote the record, which each change increases."""
        return str(self.act)

    @property
    def is_removed(self) -> bool:
        return not self.name


@dataclass(frozen=True, slots=True)
class View(_Saved):
    """A page of the dashboard in a saved state."""

    org_id: str
    view_id: str
    name: str  # empty if the view was deleted; the record is deleted later
    page: str  # one of PAGES
    state: str  # the query string of the page's address, without the question mark
    created_by: str  # a user id
    created_at: str
    updated_at: str
    act: int = 0

    def removed(self) -> "View":
        """Return the record that remains for a while, without the name and the state."""
        return replace(self, name="", state="")


@dataclass(frozen=True, slots=True)
class Board(_Saved):
    """Views in the order in which a page shows them."""

    org_id: str
    board_id: str
    name: str  # empty if the board was deleted; the record is deleted later
    view_ids: tuple[str, ...]
    created_by: str  # a user id
    created_at: str
    updated_at: str
    act: int = 0

    def removed(self) -> "Board":
        """Return the record that remains for a while, without the name and the views."""
        return replace(self, name="", view_ids=())
