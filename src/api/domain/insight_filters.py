"""Filters of insights: conditions on an event's properties, its user and its type.

Conditions compare values of the same JSON type: the number 1 is not the string "1", but equals 1.0.
An event without the property doesn't meet `is` and `contains`, and meets `is_not` and
`not_contains`. A property whose value is null is not set.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Literal, cast, get_args

from api.domain.events import JSON_DEPTH_MAX
from api.domain.json_limits import POINTER_LENGTH_MAX, escape
from api.errors import FieldError

FILTERS_MAX = 100  # of one query, counting groups and conditions
FILTER_DEPTH_MAX = 10
VALUES_MAX = 100
VALUE_LENGTH_MAX = 1024

type Scalar = str | int | float | bool
type FieldName = Literal["user_id", "event_type"]
type Operator = Literal[
    "is",
    "is_not",
    "contains",
    "not_contains",
    "gt",
    "gte",
    "lt",
    "lte",
    "between",
    "is_set",
    "is_not_set",
]

_TEXT_OPERATORS = ("contains", "not_contains")
_ORDER_OPERATORS = ("gt", "gte", "lt", "lte", "between")
# operator -> the least and the greatest number of values
_VALUES: dict[str, tuple[int, int]] = {
    "gt": (1, 1),
    "gte": (1, 1),
    "lt": (1, 1),
    "lte": (1, 1),
    "between": (2, 2),
    "is_set": (0, 0),
    "is_not_set": (0, 0),
}
OPERATORS: tuple[Operator, ...] = get_args(Operator.__value__)


@dataclass(frozen=True, slots=True)
class Property:
    """A value inside an event's properties, by the names on the path to it."""

    path: tuple[str, ...]

    @property
    def pointer(self) -> str:
        """Return the path as a JSON Pointer (RFC 6901)."""
        return "".join(f"/{escape(name)}" for name in self.path)


@dataclass(frozen=True, slots=True)
class Field:
    """A string field that every event has."""

    name: FieldName


type Attribute = Property | Field


@dataclass(frozen=True, slots=True)
class Condition:
    attribute: Attribute
    operator: Operator
    values: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class AllOf:
    filters: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    filters: "tuple[Filter, ...]"


type Filter = Condition | AllOf | AnyOf


def names_users(part: object) -> bool:
    """Return whether a part of a query compares or groups events by their user."""
    if isinstance(part, Field):
        return part.name == "user_id"
    if isinstance(part, tuple):
        return any(map(names_users, cast("tuple[object, ...]", part)))
    if is_dataclass(part):
        return any(names_users(getattr(part, each.name)) for each in fields(part))
    return False


def parse_property(text: str) -> Property:
    """Parse the key of a property, or a JSON Pointer to a nested value, which begins with /.

    Raises ValueError with a message for the client.
    """
    if len(text) > POINTER_LENGTH_MAX:
        raise ValueError(f"must have at most {POINTER_LENGTH_MAX} characters")
    if not text.startswith("/"):
        return Property((text,))
    names = text[1:].split("/")
    if len(names) > JSON_DEPTH_MAX:
        raise ValueError(f"must have at most {JSON_DEPTH_MAX} levels")
    return Property(tuple(map(_unescape, names)))


def _unescape(name: str) -> str:
    if "~" in name.replace("~0", "").replace("~1", ""):
        raise ValueError("must be a JSON Pointer, in which ~0 stands for ~ and ~1 for /")
    return name.replace("~1", "/").replace("~0", "~")


def count_filters(filters: Sequence[Filter]) -> int:
    """Return the number of groups and conditions in these filters."""
    inner = (each.filters for each in filters if not isinstance(each, Condition))
    return len(filters) + sum(map(count_filters, inner))


def condition_fault(condition: Condition, pointer: str) -> FieldError | None:
    """Return the first fault in the values of a condition, with a pointer to it."""
    operator, values = condition.operator, condition.values
    least, most = _VALUES.get(operator, (1, VALUES_MAX))
    if not least <= len(values) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        number = f"must have {wanted} value{'' if wanted == '1' else 's'} for {operator}"
        return FieldError(f"{pointer}/values", "values_count", number)
    for index, value in enumerate(values):
        if detail := _value_fault(condition, value):
            return FieldError(f"{pointer}/values/{index}", "value_type", detail)
    if operator == "between" and isinstance(values[0], str) != isinstance(values[1], str):
        return FieldError(f"{pointer}/values", "value_type", "must be two numbers or two strings")
    if operator == "between" and values[0] > values[1]:  # pyright: ignore[reportOperatorIssue]
        return FieldError(f"{pointer}/values", "values_order", "must have the smaller value first")
    return None


def _value_fault(condition: Condition, value: Scalar) -> str | None:
    operator = condition.operator
    if isinstance(value, str) and len(value) > VALUE_LENGTH_MAX:
        return f"must have at most {VALUE_LENGTH_MAX} characters"
    if isinstance(condition.attribute, Field) and not isinstance(value, str):
        return f"must be a string, because {condition.attribute.name} is a string"
    if operator in _TEXT_OPERATORS and not isinstance(value, str):
        return f"must be a string for {operator}"
    if operator in _ORDER_OPERATORS and isinstance(value, bool):
        return f"must be a number or a string for {operator}"
    return None
