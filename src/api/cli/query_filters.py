"""Parse the filters, event types and durations that a person writes in a terminal."""

import re
from datetime import timedelta
from typing import Any, get_args

import orjson

from api.domain.insight_filters import OPERATORS, FieldName, Scalar

ANY_TYPE = "*"
_FIELDS = get_args(FieldName.__value__)
_SIGNS = {"=": "is", "!=": "is_not", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_QUOTED = r'"(?:[^"\\]|\\.)*"'
# An operator may have spaces instead of underscores. The longest operator that fits is meant.
_WRITTEN = sorted([*_SIGNS, *(name.replace("_", "[_ ]") for name in OPERATORS)], key=len)
_FILTER = re.compile(
    rf"\s*(?P<name>{_QUOTED}|\S+)\s+(?P<operator>{'|'.join(_WRITTEN[::-1])})(?:\s+(?P<values>.*))?"
)
_VALUES = re.compile(rf"(?:{_QUOTED}|[^,])+")


def attribute(name: str) -> dict[str, str]:
    """Return the field of events that has this name, or else the property."""
    return {"field" if name in _FIELDS else "property": name}


def step(event_type: str) -> dict[str, str]:
    """Return the events of a type, or all events if the type is `*`."""
    return {} if event_type == ANY_TYPE else {"event_type": event_type}


def parse_filter(text: str) -> dict[str, Any]:
    """Return the filter that a text such as `plan is pro, team` describes.

    A number, a boolean or a quoted string is parsed as JSON. Any other value is a string. Raises
    ValueError for a text that isn't a filter.
    """
    found = _FILTER.fullmatch(text)
    if not found:
        names = ", ".join(name.replace("_", " ") for name in OPERATORS)
        raise ValueError(
            f"{text!r} is not a filter. Write it as 'plan is pro', with one of {names}"
        )
    name, operator = found["name"], found["operator"].replace(" ", "_")
    values = [_value(value.strip()) for value in _VALUES.findall(found["values"] or "")]
    return {
        **attribute(str(_value(name)) if name.startswith('"') else name),
        "operator": _SIGNS.get(operator, operator),
        **({"values": values} if values else {}),
    }


def _value(text: str) -> Scalar:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value if isinstance(value, str | int | float) else text


def parse_duration(text: str) -> int:
    """Return the seconds of a duration such as `14d`. Raises ValueError for any other text."""
    found = re.fullmatch(r"(\d{1,9})\s*([smhdw])", text.strip(), re.ASCII)
    if not found:
        raise ValueError(f"{text!r} is not a duration. Write it as 14d, 12h, 30m or 45s")
    return int(timedelta(**{_UNITS[found[2]]: int(found[1])}).total_seconds())
