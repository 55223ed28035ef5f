"""Conditions on events and values of properties, as SQL expressions that are never NULL.

DuckDB's text form of a JSON value shows its type: the string "1" has quotes, and the number 1 has
none.
"""

from collections.abc import Sequence

from api.domain.insight_filters import AllOf, AnyOf, Attribute, Condition, Field, Filter, Scalar
from api.domain.insights import Step
from api.lake.queries.sql import Arguments

_COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_NEGATIONS = {"is_not": "is", "not_contains": "contains", "is_not_set": "is_set"}


def matches(arguments: Arguments, step: Step) -> str:
    """Return the condition that an event belongs to a step."""
    filters = [meets(arguments, each) for each in step.filters]
    if step.event_type is None:
        return conjunction(filters)
    return conjunction([f"event_type = {arguments.add(step.event_type)}", *filters])


def meets_all(arguments: Arguments, filters: Sequence[Filter]) -> str:
    """Return the condition that an event meets all filters."""
    return conjunction([meets(arguments, each) for each in filters])


def meets(arguments: Arguments, wanted: Filter) -> str:
    """Return the condition that an event meets a filter."""
    match wanted:
        case AllOf(filters):
            return meets_all(arguments, filters)
        case AnyOf(filters):
            parts = [meets(arguments, each) for each in filters]
            return f"({' OR '.join(parts)})" if parts else "FALSE"
        case Condition(attribute, operator, values) if operator in _NEGATIONS:
            opposite = _condition(arguments, attribute, _NEGATIONS[operator], values)
            return f"(NOT {opposite})"
        case Condition(attribute, operator, values):
            return _condition(arguments, attribute, operator, values)


def conjunction(parts: Sequence[str]) -> str:
    return f"({' AND '.join(parts)})" if parts else "TRUE"


def json_text(arguments: Arguments, attribute: Attribute) -> str:
    """Return the JSON of a property as text, or NULL if it is missing. Fields are not JSON."""
    if isinstance(attribute, Field):
        return attribute.name
    return f"json_extract(properties, {arguments.add(attribute.pointer)})::VARCHAR"


def number(arguments: Arguments, attribute: Attribute) -> str:
    """Return a property as a number, or NULL if it is something else."""
    return f"TRY_CAST({json_text(arguments, attribute)} AS DOUBLE)"


def text(arguments: Arguments, attribute: Attribute) -> str:
    """Return a field or a property as text, or NULL if the property is something else."""
    if isinstance(attribute, Field):
        return attribute.name
    value = f"json_extract_string(properties, {arguments.add(attribute.pointer)})"
    return f"(CASE WHEN starts_with({json_text(arguments, attribute)}, '\"') THEN {value} END)"


def group_key(arguments: Arguments, attribute: Attribute) -> str:
    """Return the text by which equal values of an attribute are grouped, or NULL if it is missing.

    The key of a property is JSON, in which 1 and 1.0 have the same text.
    """
    if isinstance(attribute, Field):
        return attribute.name
    value = json_text(arguments, attribute)
    return f"(CASE WHEN {value} <> 'null' THEN {json_key(value)} END)"


def json_key(value: str) -> str:
    """Return JSON as text in which equal numbers are equal: 1 and 1.0 have the same key."""
    plain = f"coalesce((TRY_CAST({value} AS DOUBLE) + 0.0)::VARCHAR, {value})"
    return f"CASE WHEN starts_with({value}, '\"') THEN {value} ELSE {plain} END"


def _condition(
    arguments: Arguments, attribute: Attribute, operator: str, values: Sequence[Scalar]
) -> str:
    match operator:
        case "is_set":
            is_field = isinstance(attribute, Field)
            parts = ["TRUE" if is_field else f"{json_text(arguments, attribute)} <> 'null'"]
        case "is":
            parts = _equalities(arguments, attribute, values)
        case "contains":
            # One expression for all values, because DuckDB plans 1,000 of them for seconds.
            texts = f"{arguments.add(list(values))}::VARCHAR[]"
            test = f"lambda x: contains({text(arguments, attribute)}, x)"
            parts = [f"len(list_filter({texts}, {test})) > 0"]
        case "between":
            low, high = (_operand(arguments, attribute, value) for value in values)
            parts = [f"({low[0]} BETWEEN {low[1]} AND {high[1]})"]
        case _:
            subject, operand = _operand(arguments, attribute, values[0])
            parts = [f"{subject} {_COMPARISONS[operator]} {operand}"]
    return f"coalesce({' OR '.join(parts)}, FALSE)"


def _operand(arguments: Arguments, attribute: Attribute, value: Scalar) -> tuple[str, str]:
    """Return the attribute and the value as SQL of the same type."""
    if isinstance(value, str):
        return text(arguments, attribute), f"{arguments.add(value)}::VARCHAR"
    return number(arguments, attribute), f"{arguments.add(float(value))}::DOUBLE"


def _equalities(arguments: Arguments, attribute: Attribute, values: Sequence[Scalar]) -> list[str]:
    """Return conditions of which one is true if the attribute has one of the values."""
    booleans = [value for value in values if isinstance(value, bool)]
    texts = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if not isinstance(value, bool | str)]
    subject = json_text(arguments, attribute)
    literals = ["'true'" if value else "'false'" for value in booleans]
    for value in texts:
        parameter = f"{arguments.add(value)}::VARCHAR"
        is_field = isinstance(attribute, Field)
        literals.append(parameter if is_field else f"to_json({parameter})::VARCHAR")
    parts = [f"{subject} IN ({', '.join(literals)})"] if literals else []
    if numbers:
        doubles = [f"{arguments.add(float(value))}::DOUBLE" for value in numbers]
        parts.append(f"{number(arguments, attribute)} IN ({', '.join(doubles)})")
    return parts
