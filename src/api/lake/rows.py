"""The columns of the lake's tables, and the conversion of events to Arrow."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import orjson
from arro3.core import Array, DataType, Field, Schema, Table

from api.domain.events import Event
from api.domain.times import parse_timestamp

_DATE, _TIME, _TEXT = DataType.date32(), DataType.timestamp("us", tz="UTC"), DataType.utf8()
_EPOCH_DAY = date(1970, 1, 1).toordinal()

SCHEMA = Schema(
    [
        Field("day", _DATE, nullable=False),
        Field("timestamp", _TIME, nullable=False),
        Field("event_id", _TEXT, nullable=False),
        Field("event_type", _TEXT, nullable=False),
        Field("user_id", _TEXT, nullable=False),
        Field("source", _TEXT, nullable=False),
        Field("properties", _TEXT, nullable=False),
        Field("received_at", _TIME, nullable=True),
        Field("schema_version", _TEXT, nullable=True),
    ]
)


def to_arrow(events: Collection[Event]) -> Table:
    """Return the events as a table, ordered by key.

    If events have the same key, keep one of them.
    """
    ordered = [event for _, event in sorted({event.key: event for event in events}.items())]
    columns: dict[str, Any] = {
        "day": Array([_day_number(e.day) for e in ordered], DataType.int32()).cast(_DATE),
        "timestamp": _times([e.timestamp for e in ordered]),
        "event_id": _texts([e.event_id for e in ordered]),
        "event_type": _texts([e.event_type for e in ordered]),
        "user_id": _texts([e.user_id for e in ordered]),
        "source": _texts([e.source for e in ordered]),
        "properties": _texts([orjson.dumps(e.properties).decode() for e in ordered]),
        "received_at": _times([e.received_at for e in ordered]),
        "schema_version": _texts([None for _ in ordered]),
    }
    return Table.from_pydict(columns, schema=SCHEMA)


def _texts(values: list[str | None] | list[str]) -> Array:
    return Array(values, _TEXT)


def _times(values: list[str | None] | list[str]) -> Array:
    microseconds = [None if one is None else _microseconds(parse_timestamp(one)) for one in values]
    return Array(microseconds, DataType.int64()).cast(_TIME)


def _microseconds(moment: datetime) -> int:
    since = moment - datetime.fromtimestamp(0, moment.tzinfo)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _day_number(day: str) -> int:
    return date.fromisoformat(day).toordinal() - _EPOCH_DAY
