"""Saved views of an organisation's data, boards of views, share links and annotations of charts.

Administrative acts write these records; `api.services.acts` describes how.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Literal, get_args

from api.domain.times import parse_timestamp

Page = Literal["overview", "explore", "funnels", "retention", "users", "live"]
PAGES: tuple[Page, ...] = get_args(Page)
SHARED_PAGES: tuple[Page, ...] = ("overview", "explore", "funnels", "retention")  # without users


class _Versioned:
    """The version that views, boards, annotations and alerts have in common."""

    __slots__ = ()
    act: int

    @property
    def version(self) -> str:
        """Return the number of the act that wrote the record, which each change increases."""
        return str(self.act)


class Named(_Versioned):
    """The name that views, boards and alerts have in common."""

    __slots__ = ()
    name: str

    @property
    def is_removed(self) -> bool:
        return not self.name


@dataclass(frozen=True, slots=True)
class View(Named):
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
class Board(Named):
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


@dataclass(frozen=True, slots=True)
class Annotation(_Versioned):
    """A text about a moment, which the charts of the organisation's data show."""

    org_id: str
    annotation_id: str
    at: str
    text: str  # empty if the annotation was deleted; the record is deleted later
    created_by: str  # a user id
    created_at: str
    updated_at: str
    act: int = 0

    @property
    def is_removed(self) -> bool:
        return not self.text

    def removed(self) -> "Annotation":
        """Return the record that remains for a while, without the text."""
        return replace(self, text="")


@dataclass(frozen=True, slots=True)
class Share:
    """A public link as stored, with the hash of its secret instead of the secret.

    The link shows the view as it was when the link was created.
    """

    org_id: str
    share_id: str  # contains the hash
    view_id: str  # empty if the link was revoked; the record is deleted later
    name: str
    page: str  # one of SHARED_PAGES
    state: str  # the query string of the page's address
    queries: tuple[str, ...]  # the fingerprints of the insights that the link may query
    last_four: str  # characters of the secret, so that people can recognise their link
    expires_at: str
    created_by: str  # a user id
    created_at: str
    act: int = 0

    @property
    def is_removed(self) -> bool:
        return not self.view_id

    def is_expired(self, now: datetime) -> bool:
        return parse_timestamp(self.expires_at) <= now

    def removed(self) -> "Share":
        """Return the record that remains for a while, without the view."""
        return replace(self, view_id="", name="", state="", queries=(), last_four="")


def spell_share(org_id: str, random: str) -> str:
    """Return the secret of a new link. `random` must be unguessable and contain no dot."""
    return f"{org_id}.{random}"


def organization_of_share(secret: str) -> str:
    """Return the organisation that the secret names, or "" if the text isn't a secret."""
    return secret.rpartition(".")[0]


def share_id_of(secret: str) -> str:
    """Return the id under which a link is stored, which contains a hash as for API keys."""
    return f"share_{sha256(secret.encode()).hexdigest()}"
