"""The statement for the events of one user."""

from collections.abc import Sequence
from typing import Any

import orjson

from api.domain.events import Event, split_key
from api.domain.times import MAX_DAY, MIN_DAY, parse_timestamp
from api.lake.queries.sql import Arguments, Scan, format_micros


def user_events(user_id: str, *, after: str | None, limit: int) -> Scan:
    """Return the statement for the next page of the user's events after this key, in key order."""
    arguments = Arguments()
    where, first_day = f"user_id = {arguments.add(user_id)}", MIN_DAY
    if after:
        timestamp, event_id, source = split_key(after)
        moment, item = arguments.add(parse_timestamp(timestamp)), arguments.add(event_id)
        # Of two events with the same time and id, the trusted one is before the public one.
        where += (
            f' AND "timestamp" >= {moment} AND ("timestamp" > {moment} OR event_id > {item} '
            f"OR (event_id = {item} AND source < {arguments.add(source)}))"
        )
        first_day = timestamp[:10]
    sql = (
        'SELECT epoch_us("timestamp"), event_id, event_type, source, properties, '
        f"epoch_us(received_at) FROM events WHERE {where} "
        f'ORDER BY "timestamp", event_id, source DESC LIMIT {arguments.add(limit)}'
    )
    return arguments.scan(sql, (first_day, MAX_DAY))


def read_user_events(rows: Sequence[tuple[Any, ...]], org_id: str, user_id: str) -> Sequence[Event]:
    return [
        Event(
            org_id,
            event_id,
            event_type,
            user_id,
            format_micros(time),
            orjson.loads(properties),
            source,
            received_at=None if received is None else format_micros(received),
        )
        for time, event_id, event_type, source, properties, received in rows
    ]
