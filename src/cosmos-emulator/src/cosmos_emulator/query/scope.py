"""The rows that a query may read, and the conditions that hold for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cosmos_emulator.query import ast
from cosmos_emulator.query.evaluate import Parameters, compile_expression
from cosmos_emulator.query.values import UNDEFINED, PropertyPath, Value


@dataclass(frozen=True)
class Scope:
    """The rows that a query may read. They meet every condition given."""

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
    """Return the conditions that must all hold for a WHERE to hold."""
    if node is None:
        return []
    if isinstance(node, ast.Binary) and node.operator == "AND":
        return [*conjuncts(node.left), *conjuncts(node.right)]
    return [node]


def constant(node: ast.Expression, parameters: Parameters) -> Value:
    """Return the value of a literal or parameter, or undefined if it depends on the item."""
    if isinstance(node, ast.Literal | ast.Parameter):
        return compile_expression(node)(None, parameters)
    return UNDEFINED


FLIPPED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def comparison(
    node: ast.Expression, parameters: Parameters
) -> tuple[str, PropertyPath, Value] | None:
    """Return the parts of `path operator constant`, in either order."""
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
    """Return the paths that a WHERE pins to one value. They route a query to partitions."""
    pins: dict[PropertyPath, Value] = {}
    for node in conjuncts(query.where):
        match comparison(node, parameters):
            case ("=", path, value) if not isinstance(value, list | dict):
                pins.setdefault(path, value)
            case _:
                pass
    return pins
