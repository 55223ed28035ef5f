"""The queries of share links: their schema, and the fingerprints by which they are recognised."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from api.domain.insight_filters import names_users
from api.errors import ApiError, FieldError
from api.routers.bodies import as_object, invalid_payload
from api.routers.filter_payloads import TAGS as FILTER_TAGS
from api.routers.filter_payloads import StrictPayload
from api.routers.insight_payloads import (
    FunnelPayload,
    InsightPayload,
    RetentionPayload,
    TrendsPayload,
)

QUERIES_MAX = 4
_CHARACTERS = 32  # of a fingerprint: 128 bits
# The members that differ from day to day for the same view
_DATES = {"start_date", "end_date", "timezone"}
_VARIABLE = {
    "trends": _DATES | {"interval", "week_start", "compare"},
    "funnels": _DATES,
    "retention": _DATES,
}
_TAGS = {insight: f"<{insight}>" for insight in _VARIABLE}
TAGS = frozenset(_TAGS.values()) | FILTER_TAGS


class SharedTrends(StrictPayload):
    """A query of `query_trends`."""

    insight: Literal["trends"]
    query: TrendsPayload


class SharedFunnel(StrictPayload):
    """A query of `query_funnel`."""

    insight: Literal["funnels"]
    query: FunnelPayload


class SharedRetention(StrictPayload):
    """A query of `query_retention`."""

    insight: Literal["retention"]
    query: RetentionPayload


def _tag(value: object) -> str | None:
    insight = (as_object(value) or {}).get("insight")
    return _TAGS.get(insight) if isinstance(insight, str) else None


type SharedQuery = Annotated[
    Annotated[SharedTrends, Tag(_TAGS["trends"])]
    | Annotated[SharedFunnel, Tag(_TAGS["funnels"])]
    | Annotated[SharedRetention, Tag(_TAGS["retention"])],
    Discriminator(
        _tag,
        custom_error_type="insight_kind",
        custom_error_message=f"must be an object whose insight is {', '.join(_TAGS)}",
    ),
]
SharedQueries = Annotated[
    list[SharedQuery],
    Field(
        min_length=1,
        max_length=QUERIES_MAX,
        description="The queries that the link may make, for any dates. They must not filter or "
        "group by user",
        examples=[[{"insight": "trends", "query": {"series": [{"event_type": "signed_up"}]}}]],
    ),
]


def fingerprint(insight: str, payload: InsightPayload) -> str:
    """Return a hash of the query without its dates. Members with default values don't change it."""
    query = payload.model_dump(
        mode="json", by_alias=True, exclude=_VARIABLE[insight], exclude_defaults=True
    )
    text = json.dumps([insight, query], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:_CHARACTERS]


def fingerprints(queries: Sequence[SharedQuery], now: datetime) -> tuple[str, ...]:
    """Return the fingerprints of the queries.

    Raises ApiError `invalid_payload` for invalid queries and those that filter or group by user.
    """
    faults = [
        fault for i, one in enumerate(queries) for fault in _faults(one, f"/queries/{i}/query", now)
    ]
    if faults:
        raise invalid_payload(*faults)
    return tuple(fingerprint(one.insight, one.query) for one in queries)


def _faults(shared: SharedQuery, pointer: str, now: datetime) -> Sequence[FieldError]:
    try:
        query = shared.query.parse(now)
    except ApiError as error:
        return [replace(fault, pointer=pointer + fault.pointer) for fault in error.errors]
    detail = "must not filter or group by user_id, because everyone can open the link"
    return [FieldError(pointer, "names_users", detail)] if names_users(query) else []
