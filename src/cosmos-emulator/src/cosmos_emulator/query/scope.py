"""Where a query looks, and which part of its condition that already answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cosmos_emulator.query import ast
from cosmos_emulator.query.evaluate import Parameters, compile_expression
from cosmos_emulator.query.values import UNDEFINED, PropertyPath, Value


@dataclass(frozen=True)
class Scope:
    """The rows a query may see: all conditions that are given hold together."""

    key: bytes | None = None  # one logical partition, as canonical JSON
    root: bytes | None = None  # one first component of the key, encoded
    low: bytes | None = None  # effective partition keys from here …
    high: bytes | None = None  # … to below here
    living_at: int | None = None  # only items that have not expired at this second
    known: Mapping[PropertyPath, Value] = field(
        default_factory=dict[PropertyPath, Value]
    )  # true of all rows
    empty: bool = False


def conjuncts(node: ast.Expression | None) -> list[ast.Expression]:
    """The conditions that must all hold for a WHERE to hold."""
    if node is None:
        return []
    if isinstance(node, ast.Binary) and node.operator == "AND":
        return [*conjuncts(node.left), *conjuncts(node.right)]
    return [node]


def constant(node: ast.Expression, parameters: Parameters) -> Value:
    """The value of a literal or parameter; undefined for anything that depends on the item."""
    if isinstance(node, ast.Literal | ast.Parameter):
        return compile_expression(node)(None, parameters)
    return UNDEFINED


FLIPPED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def comparison(
    node: ast.Expression, parameters: Parameters
) -> tuple[str, PropertyPath, Value] | None:
    """`path operator constant` (either way round) as its three parts."""
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
    """The paths that a WHERE fixes to one value: what routes a query to its partitions."""
    pins: dict[PropertyPath, Value] = {}
    for node in conjuncts(query.where):
        match comparison(node, parameters):
            case ("=", path, value) if not isinstance(value, list | dict):
                pins.setdefault(path, value)
            case _:
                pass
    return pins
