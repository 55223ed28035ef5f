"""The question of a saved view that shows one number over time.

This module reads the parameters of the dashboard's Overview and Explore pages as the dashboard
does. Both are tested with the same examples, in `tests/unit/view_questions.json`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeIs, cast, get_args
from urllib.parse import parse_qs

from api.domain.calendars import HOURLY_DAYS_MAX, RANGE_DAYS_MAX, Interval
from api.domain.insight_filters import (
    OPERATORS,
    Attribute,
    Condition,
    Field,
    FieldName,
    Operator,
    Property,
    Scalar,
    condition_fault,
    parse_property,
)
from api.domain.insights import WITHOUT_PROPERTY, Aggregate, Series, Step
from api.domain.times import parse_date
from api.errors import ApiError

_MEASURES: Mapping[str, Aggregate] = {
    "events": "total",
    "users": "unique_users",
    "per_user": "per_user",
}
_AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate.__value__)
_INTERVALS: Mapping[str, Interval] = {one: one for one in get_args(Interval.__value__)}
_OPERATORS: Mapping[str, Operator] = {one: one for one in OPERATORS}
_FIELDS: tuple[FieldName, ...] = get_args(FieldName.__value__)
# The interval of each range, if the view names none. "month" remains "day" on the first of a month.
_USUAL: Mapping[str, Interval] = {
    "today": "hour",
    "yesterday": "hour",
    "12m": "month",
    "3y": "month",
}
_DAILY_DAYS_MAX, _WEEKLY_DAYS_MAX = 120, 300

type _Parameters = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Question:
    """A measure over time. The range of the view isn't part of it."""

    series: Series
    filters: tuple[Condition, ...]
    interval: Interval


def question_of(page: str, state: str, today: date) -> Question:
    """Return the question of a view.

    Raises ApiError `alert_unsupported` if the view doesn't show exactly one number over time.
    """
    search = parse_qs(state)
    match page:
        case "overview":
            series = _measure(search)
        case "explore":
            series = _only_series(search)
        case _:
            raise unsupported("Choose a view of the Overview or the Explore page.")
    filters = tuple(one for text in search.get("filter", ()) for one in _complete(_json(text)))
    return Question(series, filters, _interval(search, today))


def unsupported(detail: str) -> ApiError:
    return ApiError("alert_unsupported", f"The view doesn't show one number over time. {detail}")


def _measure(search: _Parameters) -> Series:
    name = _first(search, "measure") or "events"
    if name not in _MEASURES:
        raise unsupported("Metrics that were loaded can't have alerts.")
    return Series(Step(None), _MEASURES[name])


def _only_series(search: _Parameters) -> Series:
    if "by" in search:
        raise unsupported("Remove its breakdown.")
    read = [_series(text) for text in search.get("series", ("{}",))]
    shown = [one for one in read if one]
    if len(shown) != 1:
        raise unsupported("It must have one series.")
    return shown[0]


def _series(text: str) -> Series | None:
    """Return a series, or None if its property isn't chosen yet."""
    if not text.startswith("{"):
        return Series(Step(text), "total")
    given = _json(text)
    event_type, aggregate = given.get("event_type"), given.get("aggregate", "total")
    filters, name = given.get("filters", []), given.get("property")
    is_valid = aggregate in _AGGREGATES and isinstance(filters, list)
    if not is_valid or not _is_text(event_type) or not _is_text(name):
        raise unsupported("It has an invalid series.")
    conditions = tuple(one for each in cast("list[Any]", filters) for one in _complete(each))
    step = Step(event_type or None, conditions)
    if aggregate in WITHOUT_PROPERTY:
        return Series(step, aggregate)
    return Series(step, aggregate, _property(name)) if name is not None else None


def _complete(document: object) -> tuple[Condition, ...]:
    """Return the condition, or nothing if it doesn't have the values that its operator needs."""
    if not isinstance(document, dict):
        raise unsupported("It has an invalid filter.")
    given = cast("dict[str, Any]", document)
    operator = _OPERATORS.get(str(given.get("operator")))
    values = cast("object", given.get("values", []))
    if operator is None or not _are_scalars(values):
        raise unsupported("It has an invalid filter.")
    condition = Condition(_attribute(given), operator, tuple(values))
    fault = condition_fault(condition, "")
    if fault and fault.code != "values_count":
        raise unsupported(f"A value of a filter {fault.detail}.")
    return () if fault else (condition,)


def _are_scalars(values: object) -> TypeIs[list[Scalar]]:
    if not isinstance(values, list):
        return False
    return all(isinstance(one, str | int | float) for one in cast("list[object]", values))


def _attribute(given: Mapping[str, Any]) -> Attribute:
    match given:
        case {"property": str(name)} if name:
            return _property(name)
        case {"field": name} if name in _FIELDS:
            return Field(name)
        case _:
            raise unsupported("It has an invalid filter.")


def _property(name: str) -> Property:
    try:
        return parse_property(name)
    except ValueError as error:
        raise unsupported(f"The name of a property {error}.") from error


def _interval(search: _Parameters, today: date) -> Interval:
    usual, days = _usual(search, today)
    named = _first(search, "interval")
    interval = _INTERVALS.get(named, usual)
    return "day" if interval == "hour" and days > HOURLY_DAYS_MAX else interval


def _usual(search: _Parameters, today: date) -> tuple[Interval, int]:
    """Return the interval of the view's range, and the length of the range in days."""
    first, last = (_first(search, name) for name in ("start_date", "end_date"))
    name = _first(search, "range")
    if not first and not last:
        lengths = {"90d": 90, "12m": 365, "3y": RANGE_DAYS_MAX}
        return _USUAL.get(name, "day"), lengths.get(name, 1)
    try:
        end = parse_date(last) if last else max(today, parse_date(first))
        days = (end - parse_date(first)).days + 1 if first else 30
    except ValueError:
        return "day", 30
    if not 1 <= days <= RANGE_DAYS_MAX:
        return "day", 30
    if days == 1:
        return "hour", days
    if days <= _DAILY_DAYS_MAX:
        return "day", days
    return "week" if days <= _WEEKLY_DAYS_MAX else "month", days


def _first(search: _Parameters, name: str) -> str:
    return next(iter(search.get(name, ())), "")


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise unsupported("It has an invalid parameter.")
    return cast("dict[str, Any]", found)
