"""Conversion of values to DynamoDB's notation, such as `{"S": "text"}`, and back.

Only integers are stored as numbers, because DynamoDB, unlike JSON, limits numbers to 38 digits and
1e125. The properties of events are stored as JSON text.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from api.stores.records import Document

type Attributes = dict[str, Any]  # {"name": {"S": "text"}, …}


def to_attributes(values: Mapping[str, Any]) -> Attributes:
    """Convert text, integers, lists and objects to DynamoDB's notation.

    Omit fields whose value is None.
    """
    return {name: _attribute(value) for name, value in values.items() if value is not None}


def from_attributes(item: Attributes) -> Document:
    return {name: _value(attribute) for name, attribute in item.items()}


def operands(expressions: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names (`#name`) and values (`:value`) that the expressions use."""
    text = " ".join(expressions.values())
    names = {name: name[1:] for name in re.findall(r"#\w+", text)}
    mentioned = {name: values[name[1:]] for name in re.findall(r":\w+", text)}
    found: dict[str, Any] = {}
    if names:
        found["ExpressionAttributeNames"] = names
    if mentioned:
        found["ExpressionAttributeValues"] = to_attributes(mentioned)
    return found


def _attribute(value: Any) -> Attributes:
    match value:
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case list():
            return {"L": [_attribute(member) for member in cast("list[Any]", value)]}
        case _:
            return {"M": to_attributes(value)}


def _value(attribute: Attributes) -> Any:
    [(kind, content)] = attribute.items()
    match kind:
        case "N":
            return int(content) if content.lstrip("-").isdigit() else float(content)
        case "M":
            return from_attributes(content)
        case "L":
            return [_value(member) for member in content]
        case "NULL":
            return None
        case _:
            return content
