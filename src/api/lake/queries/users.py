"""The statements for the list of users and for the profile of one user.

These statements read all days, because a user's first event can be on any day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.lake.queries.sql import Arguments, Scan, format_micros

_ALL_DAYS = ("0001-01-01", "9999-12-31")

type Position = tuple[str, str]  # the time of the last event, and the user's id


@dataclass(frozen=True, slots=True)
class UserSummary:
    """A user, with the times of their first and their last event, and the number of events."""

    user_id: str
    first_seen: str
    last_seen: str
    events: int

    @property
    def position(self) -> Position:
        return self.last_seen, self.user_id


@dataclass(frozen=True, slots=True)
class TypeSummary:
    """The events of one type of one user."""

    event_type: str
    first_seen: str
    last_seen: str
    events: int


def users(*, search: str | None, after: Position | None, limit: int) -> Scan:
    """Return the statement for users, by their last event, latest first.

    `search` is a substring of the user id; case is ignored. `after` is the position of the last
    user of the previous page.
    """
    arguments = Arguments()
    where = (
        "TRUE" if search is None else f"contains(lower(user_id), lower({arguments.add(search)}))"
    )
    having = ""
    if after:
        last, user_id = (arguments.add(part) for part in after)
        moment = f"epoch_us({last}::TIMESTAMPTZ)"
        having = f" HAVING (last, user_id) < ({moment}, {user_id})"
    sql = (
        'SELECT user_id, epoch_us(min("timestamp")) AS first, epoch_us(max("timestamp")) AS last, '
        f"count(*) FROM events WHERE {where} GROUP BY user_id{having} "
        f"ORDER BY last DESC, user_id DESC LIMIT {arguments.add(limit)}"
    )
    return arguments.scan(sql, _ALL_DAYS)


def read_users(rows: Sequence[tuple[Any, ...]]) -> list[UserSummary]:
    return [
        UserSummary(user_id, format_micros(first), format_micros(last), events)
        for user_id, first, last, events in rows
    ]


def last_properties(found: Sequence[UserSummary]) -> Scan:
    """Return the statement for the properties of the last event of each of these users.

    The statement reads only the days of these events.
    """
    arguments = Arguments()
    ids, moments = [user.user_id for user in found], [user.last_seen for user in found]
    wanted = (
        f"SELECT unnest({arguments.add(ids)}::VARCHAR[]) AS user_id, "
        f"unnest({arguments.add(moments)}::TIMESTAMPTZ[]) AS last"
    )
    sql = (
        "SELECT events.user_id, max({'id': event_id, 'p': properties}).p FROM events "
        f"JOIN ({wanted}) w ON events.user_id = w.user_id AND events.timestamp = w.last "
        "GROUP BY ALL"
    )
    days = sorted(moment[:10] for moment in moments)
    return arguments.scan(sql, (days[0], days[-1]))


def profile(user_id: str) -> Scan:
    """Return the statement for the events of one user per type, most frequent first."""
    arguments = Arguments()
    sql = (
        'SELECT event_type, epoch_us(min("timestamp")), epoch_us(max("timestamp")), count(*) AS n '
        f"FROM events WHERE user_id = {arguments.add(user_id)} "
        "GROUP BY event_type ORDER BY n DESC, event_type"
    )
    return arguments.scan(sql, _ALL_DAYS)


def read_profile(rows: Sequence[tuple[Any, ...]]) -> list[TypeSummary]:
    return [
        TypeSummary(event_type, format_micros(first), format_micros(last), events)
        for event_type, first, last, events in rows
    ]
