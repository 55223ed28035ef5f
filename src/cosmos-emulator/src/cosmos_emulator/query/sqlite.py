"""Translate the conditions and the order of a query to SQL, so that SQLite's indexes are used.

A condition of the WHERE clause is translated if it compares one column with constants. The
translation is exact, because encoded values sort byte by byte in the same order as the values
themselves. The module `evaluate` evaluates all conditions that aren't translated. Values are always
bound as SQL parameters, never formatted into the SQL text.
"""
# ruff: noqa: S608  see above

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cosmos_emulator.query import ast
from cosmos_emulator.query.evaluate import Parameters
from cosmos_emulator.query.keyset import Condition, Range, Start, Term, merged
from cosmos_emulator.query.scope import Scope, comparison, conjuncts, constant
from cosmos_emulator.query.table import Table
from cosmos_emulator.query.values import (
    FALSE,
    TRUE,
    UNDEFINED,
    Json,
    Value,
    encode,
    equals,
    is_array,
    type_tag,
)

ARMS_MAX = 16  # with more alternatives, separate index seeks are not worthwhile
BOUND_VALUES_MAX = 30_000  # SQLite rejects more than 32,766


class Choice(NamedTuple):
    """A condition that a column must equal one of several encoded values."""

    column: str
    options: tuple[bytes | None, ...]

    @property
    def condition(self) -> Condition:
        if len(self.options) == 1:
            return Condition(f"{self.column} = ?", self.options)
        return Condition(f"{self.column} IN ({', '.join('?' * len(self.options))})", self.options)


type Pushed = tuple[Condition | Choice | Range, ...]

ALWAYS = Condition("TRUE")
NEVER = Condition("FALSE")


@dataclass(frozen=True)
class Selection:
    """The rows of a query, as a union of one or more SELECTs (arms) that each use one index."""

    table: Table
    index: str | None
    arms: tuple[tuple[Condition, ...], ...]
    ranges: tuple[Range, ...]  # conditions that apply to every arm
    rest: tuple[ast.Expression, ...]  # conditions that SQLite can't evaluate

    def select(
        self,
        columns: str,
        order: Sequence[Term] = (),
        start: Start | None = None,
        limit: int | None = None,
    ) -> Condition:
        """Return a SELECT of these columns that starts with the first row of a page."""
        seek, beyond = start or (None, None)
        shared = merged([*self.ranges, seek] if seek else self.ranges)
        if beyond:
            shared.append(beyond)
        arms = [self._arm(columns, (*arm, *shared)) for arm in self.arms]
        sql = " UNION ALL ".join(arm.sql for arm in arms)
        values = tuple(value for arm in arms for value in arm.values)
        if order:
            sql += " ORDER BY " + ", ".join(term.sql for term in order)
        if limit is not None:
            sql, values = sql + " LIMIT ?", (*values, limit)
        return Condition(sql, values)

    def _arm(self, columns: str, conditions: tuple[Condition, ...]) -> Condition:
        indexed = f" INDEXED BY {self.index}" if self.index else ""
        where = " AND ".join(condition.sql for condition in conditions) or "TRUE"
        values = tuple(value for condition in conditions for value in condition.values)
        return Condition(
            f'SELECT {columns} FROM "{self.table.name}"{indexed} WHERE {where}', values
        )


def select(query: ast.Query, parameters: Parameters, table: Table, scope: Scope) -> Selection:
    """Translate to SQL the conditions that SQLite can evaluate, and choose an index."""
    pushed, rest = list[Condition | Choice | Range](), list[ast.Expression]()
    for node in conjuncts(query.where):
        parts = _push(node, parameters, table, scope)
        if parts is None:
            rest.append(node)
        else:
            pushed += parts
    choices = [part for part in pushed if isinstance(part, Choice)]
    ranges = tuple(part for part in pushed if isinstance(part, Range))
    conditions = [part for part in pushed if isinstance(part, Condition)]
    if scope.empty:
        conditions.append(NEVER)
    leading = _leading(choices, table)
    conditions += [choice.condition for choice in choices if choice is not leading]
    conditions += _within(scope, table, by_path=leading is not None)
    arms = tuple((c, *conditions) for c in _alternatives(leading)) or (tuple(conditions),)
    return Selection(table, _index(leading, scope, table), arms, ranges, tuple(rest))


def _leading(choices: list[Choice], table: Table) -> Choice | None:
    """Return the condition on an indexed column that allows the fewest values, or None.

    Searching the index for fewer values probably reads fewer rows.
    """
    paths = {table.columns[path] for path in table.paths}
    usable = [c for c in choices if c.column in paths and len(c.options) <= ARMS_MAX]
    return min(usable, key=lambda choice: len(choice.options), default=None)


def _alternatives(leading: Choice | None) -> list[Condition]:
    """Return a condition for each SELECT of the union; each compares the column with one value.

    Each SELECT returns its rows in index order, so SQLite can merge the SELECTs without sorting.
    """
    if leading is None:
        return []
    return [Condition(f"{leading.column} = ?", (option,)) for option in leading.options]


def _index(leading: Choice | None, scope: Scope, table: Table) -> str | None:
    if leading is not None:
        return table.index(leading.column)
    if scope.key is not None:
        return table.index("key")
    return table.index("root") if scope.root is not None else None


def _within(scope: Scope, table: Table, *, by_path: bool) -> list[Condition]:
    conditions = list[Condition]()
    if scope.key is not None:
        conditions.append(Condition("key = ?", (scope.key,)))
    if scope.root is not None and table.has_root and (by_path or scope.key is None):
        conditions.append(Condition("root = ?", (scope.root,)))
    if scope.low is not None:
        conditions.append(Condition("epk >= ?", (scope.low,)))
    if scope.high is not None:
        conditions.append(Condition("epk < ?", (scope.high,)))
    if scope.living_at is not None:
        conditions.append(Condition("(expires IS NULL OR expires > ?)", (scope.living_at,)))
    return conditions


# Conditions


def _push(
    node: ast.Expression, parameters: Parameters, table: Table, scope: Scope
) -> Pushed | None:
    """Translate a condition to SQL, or return None if Python must evaluate it for each item."""
    compared = comparison(node, parameters)
    if compared is None:
        return _push_other(node, parameters, table)
    operator, path, value = compared
    if operator == "=" and path in scope.known:
        return (ALWAYS if equals(scope.known[path], value) is True else NEVER,)
    column = table.columns.get(path)
    return _compare(column, operator, value) if column else None


def _push_other(node: ast.Expression, parameters: Parameters, table: Table) -> Pushed | None:
    match node:
        case ast.In(ast.Path(_, path), options) if path in table.columns:
            if not all(isinstance(option, ast.Literal | ast.Parameter) for option in options):
                return None
            return _among(table.columns[path], [constant(o, parameters) for o in options])
        case ast.Between(ast.Path(_, path), low, high) if path in table.columns:
            bounds = constant(low, parameters), constant(high, parameters)
            return _between(table.columns[path], *bounds)
        case ast.Call(function, arguments):
            return _push_call(function, arguments, parameters, table)
        case ast.Literal(value) if value is True:
            return (ALWAYS,)
        case _:
            return None


def _push_call(
    function: str, arguments: tuple[ast.Expression, ...], parameters: Parameters, table: Table
) -> Pushed | None:
    match function, arguments:
        case "ARRAY_CONTAINS", (listed, ast.Path(_, path)) if path in table.columns:
            options = constant(listed, parameters)
            return _among(table.columns[path], options) if is_array(options) else None
        case "STARTSWITH", (ast.Path(_, path), prefix) if path in table.columns:
            return _starts_with(table.columns[path], constant(prefix, parameters))
        case "IS_DEFINED", (ast.Path(_, path),) if path in table.columns:
            return (Condition(f"{table.columns[path]} IS NOT NULL"),)
        case _:
            return None


def _compare(column: str, operator: str, value: Json) -> Pushed | None:
    if isinstance(value, list | dict):
        return None
    encoded = encode(value)
    if operator == "=":
        return (Choice(column, (encoded,)),)
    floor, ceiling = _type_bounds(value)
    low, high = (floor, False), (ceiling, False)
    if operator == "!=":
        return Range(column, low, high), Condition(f"{column} != ?", (encoded,))
    if operator in ("<", "<="):
        return (Range(column, low, (encoded, operator == "<=")),)
    return (Range(column, (encoded, operator == ">"), high),)


def _type_bounds(value: Json) -> tuple[bytes, bytes]:
    """Return the bounds of the encoded values that have the same type as this value.

    The values false and true have the same type.
    """
    if isinstance(value, bool):
        return FALSE, _next(TRUE)
    tag = type_tag(value)
    return tag, _next(tag)


def _next(tag: bytes) -> bytes:
    return bytes([tag[0] + 1])


def _among(column: str, options: list[Value]) -> Pushed | None:
    if len(options) > BOUND_VALUES_MAX or any(isinstance(o, list | dict) for o in options):
        return None
    encoded = dict.fromkeys(encode(option) for option in options if option is not UNDEFINED)
    return (Choice(column, tuple(encoded)) if encoded else NEVER,)


def _between(column: str, low: Value, high: Value) -> Pushed | None:
    if UNDEFINED in (low, high):
        return None
    first, second = _compare(column, ">=", low), _compare(column, "<=", high)
    return None if first is None or second is None else first + second


def _starts_with(column: str, prefix: Value) -> Pushed | None:
    if not isinstance(prefix, str):
        return None
    start = encode(prefix) or b""
    # The upper bound is above all strings with this prefix, because UTF-8 never contains FF.
    return (Range(column, (start, False), (start + b"\xff", False)),)
