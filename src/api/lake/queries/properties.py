"""The statement for the names, types and most frequent values of properties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.domain.calendars import utc_days
from api.domain.insight_filters import Property, Scalar
from api.lake.queries.filters import json_key
from api.lake.queries.groups import VALUE, read_group
from api.lake.queries.sql import Arguments, Scan, between

NAMES_MAX = 200  # per event type
VALUES_MAX = 10  # per property
VALUE_LENGTH_MAX = 100  # longer texts are no help in a picker

_TYPES = {
    "VARCHAR": "string",
    "BIGINT": "number",
    "UBIGINT": "number",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "ARRAY": "array",
    "OBJECT": "object",
}


@dataclass(frozen=True, slots=True)
class PropertySummary:
    """A property of the events of one type.

    `events` is the number of events with the property, and `values` has the most frequent scalars
    with the number of events that have them.
    """

    event_type: str
    name: str
    types: Sequence[str]
    events: int
    values: Sequence[tuple[Scalar, int]]


def properties(start: datetime, end: datetime, event_types: Sequence[str] = ()) -> Scan:
    """Return the statement for the properties of the events of these types.

    If no types are given, it is for all types.
    """
    arguments = Arguments()
    where = between(arguments, start, end)
    if event_types:
        where += f" AND event_type IN ({', '.join(map(arguments.add, event_types))})"
    short = f"CASE WHEN length(value) <= {arguments.add(VALUE_LENGTH_MAX)} THEN value END AS value"
    text = json_key("atom::VARCHAR")
    members = f"SELECT event_type, key AS name, type, {text} AS value FROM events"
    counted = f"SELECT event_type, name, type, {short}, count(*) AS n"
    total = "sum(n)::BIGINT AS n"
    types = "list_sort(list(DISTINCT type)) AS types"
    names = f"SELECT event_type, name, {total}, {types} FROM counted GROUP BY event_type, name"
    values = f"SELECT event_type, name, value, {total} FROM counted WHERE value IS NOT NULL"
    values += " GROUP BY event_type, name, value"
    with_ = [
        f"members AS ({members}, json_each(properties) WHERE {where} AND type <> 'NULL')",
        f"counted AS ({counted} FROM members GROUP BY ALL)",
        f"named AS ({_first(names, 'event_type', 'name', arguments.add(NAMES_MAX))})",
        f"valued AS ({_first(values, 'event_type, name', 'value', arguments.add(VALUES_MAX))})",
    ]
    sql = (
        f"WITH {', '.join(with_)} "
        "SELECT named.event_type, named.name, types, named.n, valued.value, valued.n FROM named "
        "LEFT JOIN valued ON named.event_type = valued.event_type AND named.name = valued.name "
        "ORDER BY named.event_type, named.n DESC, named.name, valued.n DESC, valued.value"
    )
    return arguments.scan(sql, utc_days(start, end))


def _first(query: str, partition: str, name: str, limit: str) -> str:
    """Return the query for the most frequent rows of each partition of another query."""
    order = f"PARTITION BY {partition} ORDER BY n DESC, {name}"
    return f"SELECT * FROM ({query}) QUALIFY row_number() OVER ({order}) <= {limit}"


def read_properties(rows: Sequence[tuple[Any, ...]]) -> list[PropertySummary]:
    """Return the properties of the statement's rows, by type, then most frequent first."""
    values: dict[tuple[str, str], list[tuple[Scalar, int]]] = {}
    found: dict[tuple[str, str], tuple[Sequence[str], int]] = {}
    for event_type, name, types, events, value, count in rows:
        found[event_type, name] = ([*dict.fromkeys(_TYPES[each] for each in types)], events)
        known = values.setdefault((event_type, name), [])
        if value is not None:
            group = read_group(Property((name,)), (VALUE, value))
            known.append((group.value, count))
    return [
        PropertySummary(event_type, name, types, events, values[event_type, name])
        for (event_type, name), (types, events) in found.items()
    ]
