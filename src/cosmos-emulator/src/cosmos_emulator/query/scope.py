"""The rows that a query may read, based on the request's target and the query's WHERE clause."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from cosmos_emulator.query import ast
from cosmos_emulator.query.evaluate import Parameters, compile_expression
from cosmos_emulator.query.values import UNDEFINED, PropertyPath, Value


@dataclass(frozen=True)
class Scope:
    """Conditions that restrict which rows a query may read.

    A query may read a row only if the row meets all conditions of the scope.
    """

    key: bytes | None = None  # the logical partition, as canonical JSON
    root: bytes | None = None  # the first component of the key, encoded
    low: bytes | None = None  # the inclusive lower bound of effective partition keys
    high: bytes | None = None  # the exclusive upper bound of effective partition keys
    living_at: int | None = None  # the time in seconds at which items must not have expired
    known: Mapping[PropertyPath, Value] = field(
        default_factory=dict[PropertyPath, Value]
    )  # properties with the same value in all rows
    empty: bool = False


def conjuncts(node: ast.Expression | None) -> list[ast.Expression]:
    """Return the conditions that a WHERE clause combines with AND."""
    if node is None:
        return []
    return list(node.operands) if _is_and(node) else [node]


def _is_and(node: ast.Expression) -> TypeGuard[ast.Logical]:
    return isinstance(node, ast.Logical) and node.operator == "AND"


def constant(node: ast.Expression, parameters: Parameters) -> Value:
    """Return the value of a literal or parameter, or undefined for any other expression."""
    if isinstance(node, ast.Literal | ast.Parameter):
        return compile_expression(node)(None, parameters)
    return UNDEFINED


FLIPPED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def comparison(
    node: ast.Expression, parameters: Parameters
) -> tuple[str, PropertyPath, Value] | None:
    """Return the operator, path and value of a comparison of a path with a constant, or None."""
    if not isinstance(node, ast.Binary) or node.operator not in FLIPPED:
        return None
    operator, left, right = node.operator, node.left, node.right
    if not isinstance(left, ast.Path):
        operator, left, right = FLIPPED[operator], right, left
    value = constant(right, parameters)
    if not isinstance(left, ast.Path) or value is UNDEFINED:
        return None
    return operator, left.steps, value


def pinned(query: ast.Query, parameters: Parameters) -> dict[PropertyPath, Value]:
    """Return the properties that a WHERE clause limits to one value, with their values."""
    pins: dict[PropertyPath, Value] = {}
    for node in conjuncts(query.where):
        match comparison(node, parameters):
            case ("=", path, value) if not isinstance(value, list | dict):
                pins.setdefault(path, value)
            case _:
                pass
    return pins
