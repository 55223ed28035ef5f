"""The syntax tree of a query. `str` converts a node back to query text."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from cosmos_emulator.query.values import UNDEFINED, Value


@dataclass(frozen=True, slots=True, eq=False)  # 1 == True in Python, but not in Cosmos SQL
class Literal:
    value: Value

    def __str__(self) -> str:
        return "undefined" if self.value is UNDEFINED else orjson.dumps(self.value).decode()


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str  # including the @

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Path:
    """A path from an alias to a property of an item. A path without steps is the item itself."""

    alias: str
    steps: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return self.alias + "".join(f"[{orjson.dumps(step).decode()}]" for step in self.steps)


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str  # NOT, - or +
    operand: Expression

    def __str__(self) -> str:
        return f"({self.operator} {self.operand})"


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str  # AND OR = != < <= > >= + - * / % || ??
    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"({self.left} {self.operator} {self.right})"


@dataclass(frozen=True, slots=True)
class Conditional:
    condition: Expression
    then: Expression
    otherwise: Expression

    def __str__(self) -> str:
        return f"({self.condition} ? {self.then} : {self.otherwise})"


@dataclass(frozen=True, slots=True)
class In:
    operand: Expression
    options: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"({self.operand} IN ({_join(self.options)}))"


@dataclass(frozen=True, slots=True)
class Between:
    operand: Expression
    low: Expression
    high: Expression

    def __str__(self) -> str:
        return f"({self.operand} BETWEEN {self.low} AND {self.high})"


@dataclass(frozen=True, slots=True)
class Like:
    operand: Expression
    pattern: Expression

    def __str__(self) -> str:
        return f"({self.operand} LIKE {self.pattern})"


@dataclass(frozen=True, slots=True)
class Call:
    """A function call, including aggregates (COUNT, SUM, MIN, MAX, AVG)."""

    function: str  # in capitals
    arguments: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"{self.function}({_join(self.arguments)})"


@dataclass(frozen=True, slots=True)
class ArrayOf:
    items: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"[{_join(self.items)}]"


@dataclass(frozen=True, slots=True)
class ObjectOf:
    members: tuple[tuple[str, Expression], ...]

    def __str__(self) -> str:
        pairs = (f"{orjson.dumps(name).decode()}: {value}" for name, value in self.members)
        return "{" + ", ".join(pairs) + "}"


type Expression = (
    Literal
    | Parameter
    | Path
    | Unary
    | Binary
    | Conditional
    | In
    | Between
    | Like
    | Call
    | ArrayOf
    | ObjectOf
)


@dataclass(frozen=True, slots=True)
class Column:
    """One expression of a SELECT list and the name of the resulting property."""

    expression: Expression
    name: str

    def __str__(self) -> str:
        implied = isinstance(self.expression, Path) and self.expression.steps[-1:] == (self.name,)
        unnamed = implied or self.name.startswith("$")
        return str(self.expression) if unnamed else f"{self.expression} AS {self.name}"


@dataclass(frozen=True, slots=True)
class Order:
    expression: Expression
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.expression} {'DESC' if self.descending else 'ASC'}"


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT query with its clauses.

    `value` is the expression of SELECT VALUE. A query with neither `value` nor columns is a SELECT
    *.
    """

    alias: str
    value: Expression | None = None
    columns: tuple[Column, ...] = ()
    distinct: bool = False
    top: Expression | None = None
    where: Expression | None = None
    group_by: tuple[Expression, ...] = ()
    order_by: tuple[Order, ...] = ()
    offset: Expression | None = None
    limit: Expression | None = None

    @property
    def selects_item(self) -> bool:
        """Return whether the results are the stored items themselves."""
        return not self.columns and self.value in (None, Path(self.alias))

    def selection(self) -> str:
        """Return the text of the query between SELECT [DISTINCT] [TOP n] and FROM."""
        if self.columns:
            return ", ".join(map(str, self.columns))
        return f"VALUE {self.value}" if self.value else "*"


def _join(nodes: tuple[Expression, ...]) -> str:
    return ", ".join(map(str, nodes))
