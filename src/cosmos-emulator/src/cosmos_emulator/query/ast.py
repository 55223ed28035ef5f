"""The syntax tree of a query. `str` converts a node back to query text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import orjson

from cosmos_emulator.query.values import UNDEFINED, Value

UDF = "udf."  # the prefix of the names of user-defined functions


@dataclass(frozen=True, slots=True, eq=False)  # 1 == True in Python, but not in Cosmos SQL
class Literal:
    value: Value

    def __str__(self) -> str:
        if self.value is UNDEFINED:
            return "undefined"
        if isinstance(self.value, float) and not math.isfinite(self.value):
            return "NaN" if math.isnan(self.value) else f"{'-' * (self.value < 0)}Infinity"
        return orjson.dumps(self.value).decode()


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
class Variable:
    """A path from an alias that FROM or JOIN binds to a part of an item, for example `t.name`."""

    alias: str
    steps: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return self.alias + "".join(f"[{orjson.dumps(step).decode()}]" for step in self.steps)


@dataclass(frozen=True, slots=True)
class Member:
    """A property or an element of a computed value, for example `c[@name]` or `{"a": 1}.a`."""

    operand: Expression
    key: Expression

    def __str__(self) -> str:
        return f"{self.operand}[{self.key}]"


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str  # NOT, -, + or ~
    operand: Expression

    def __str__(self) -> str:
        return f"({self.operator} {self.operand})"


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str  # = != < <= > >= + - * / % || ?? & | ^ << >> >>>
    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"({self.left} {self.operator} {self.right})"


@dataclass(frozen=True, slots=True)
class Logical:
    """Two or more conditions that AND or OR combines."""

    operator: str  # AND or OR
    operands: tuple[Expression, ...]

    def __str__(self) -> str:
        return f"({f' {self.operator} '.join(map(str, self.operands))})"


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
    escape: str = ""

    def __str__(self) -> str:
        escape = f" ESCAPE {orjson.dumps(self.escape).decode()}" if self.escape else ""
        return f"({self.operand} LIKE {self.pattern}{escape})"


@dataclass(frozen=True, slots=True)
class Call:
    """A function call, including aggregates, for example COUNT."""

    function: str  # in capitals, or with the prefix `udf.`
    arguments: tuple[Expression, ...]

    @property
    def user_function(self) -> str:
        """Return the name of a user-defined function, or an empty string for a built-in one."""
        return self.function.removeprefix(UDF) if self.function.startswith(UDF) else ""

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


class Kind(StrEnum):
    """The value of a subquery: its only result, whether it has results, or all its results."""

    SCALAR = ""
    EXISTS = "EXISTS"
    ARRAY = "ARRAY"


@dataclass(frozen=True, slots=True)
class Subquery:
    kind: Kind
    query: Query

    def __str__(self) -> str:
        return f"{self.kind}({self.query})"


type Expression = (
    Literal
    | Parameter
    | Path
    | Variable
    | Member
    | Unary
    | Binary
    | Logical
    | Conditional
    | In
    | Between
    | Like
    | Call
    | ArrayOf
    | ObjectOf
    | Subquery
)


@dataclass(frozen=True, slots=True)
class Column:
    """One expression of a SELECT list and the name of the resulting property."""

    expression: Expression
    name: str

    def __str__(self) -> str:
        steps = self.expression.steps if isinstance(self.expression, Path | Variable) else ()
        implied = steps[-1:] == (self.name,)
        unnamed = implied or self.name.startswith("$")
        return str(self.expression) if unnamed else f"{self.expression} AS {self.name}"


@dataclass(frozen=True, slots=True)
class Order:
    expression: Expression
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.expression} {'DESC' if self.descending else 'ASC'}"


@dataclass(frozen=True, slots=True)
class Source:
    """A collection of the FROM clause, and the alias that is bound to its values.

    `t IN c.tags` iterates over the elements of the collection's arrays.
    """

    collection: Expression | Query
    alias: str = ""
    iterates: bool = False

    def __str__(self) -> str:
        collection = (
            f"({self.collection})" if isinstance(self.collection, Query) else self.collection
        )
        if self.iterates:
            return f"{self.alias} IN {collection}"
        return f"{collection} AS {self.alias}" if self.alias else str(collection)


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT query with its clauses.

    `value` is the expression of SELECT VALUE. A query with neither `value` nor columns is a SELECT
    *. The alias is that of the whole item. It is empty if no alias stands for the whole item.
    """

    alias: str = ""
    sources: tuple[Source, ...] = ()  # in the order of FROM and JOIN, without the item itself
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

    @property
    def reads_items(self) -> bool:
        """Return whether the query has a FROM clause. A query without one has a single row."""
        return bool(self.alias or self.sources)

    def selection(self) -> str:
        """Return the text of the query between SELECT [DISTINCT] [TOP n] and FROM."""
        if self.columns:
            return ", ".join(map(str, self.columns))
        return f"VALUE {self.value}" if self.value else "*"

    def origin(self) -> str:
        """Return the text of the FROM clause, or an empty text."""
        parts = [self.alias] if self.alias else []
        parts += map(str, self.sources)
        return f"FROM {' JOIN '.join(parts)}" if parts else ""

    def __str__(self) -> str:
        parts = ["SELECT", "DISTINCT" if self.distinct else ""]
        parts += [f"TOP {self.top}" if self.top else "", self.selection(), self.origin()]
        parts.append(f"WHERE {self.where}" if self.where else "")
        parts.append(f"GROUP BY {_join(self.group_by)}" if self.group_by else "")
        order = ", ".join(map(str, self.order_by))
        parts.append(f"ORDER BY {order}" if order else "")
        parts.append(f"OFFSET {self.offset} LIMIT {self.limit}" if self.offset else "")
        return " ".join(part for part in parts if part)


def _join(nodes: tuple[Expression, ...]) -> str:
    return ", ".join(map(str, nodes))
