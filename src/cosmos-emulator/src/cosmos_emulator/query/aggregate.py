"""Compute COUNT, SUM, MIN, MAX and AVG over items, and form the groups of a GROUP BY."""

from collections.abc import Iterable
from dataclasses import dataclass

from cosmos_emulator.query import ast
from cosmos_emulator.query.evaluate import Evaluator, Parameters, compile_expression
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.values import UNDEFINED, Json, Value, encode, is_number, whole_if_exact


class Accumulator:
    """An aggregate, such as COUNT or SUM, over the items of one group.

    An aggregate ignores undefined values. A value of an invalid type makes the aggregate undefined.
    """

    def __init__(self, call: ast.Call) -> None:
        self._function = call.function
        self._argument: Evaluator = compile_expression(call.arguments[0])
        self._count = 0
        self._total = 0.0
        self._extreme: tuple[bytes, Value] | None = None
        self._has_invalid = False

    def add(self, item: Json, parameters: Parameters) -> None:
        """Add one item."""
        value = self._argument(item, parameters)
        if value is UNDEFINED:
            return
        self._count += 1
        if self._function in ("SUM", "AVG"):
            self._add_number(value)
        elif self._function in ("MIN", "MAX"):
            self._add_candidate(value)

    def _add_number(self, value: Value) -> None:
        if is_number(value):
            self._total += value
        else:
            self._has_invalid = True

    def _add_candidate(self, value: Value) -> None:
        if isinstance(value, list | dict):
            self._has_invalid = True
            return
        candidate = (encode(value) or b"", value)
        if self._extreme is None or (candidate[0] > self._extreme[0]) is (self._function == "MAX"):
            self._extreme = candidate

    def result(self) -> Value:
        """Return the aggregate of the items added so far."""
        if self._has_invalid:
            return UNDEFINED
        match self._function:
            case "COUNT":
                return self._count
            case "SUM":
                return whole_if_exact(self._total)
            case "AVG":
                return whole_if_exact(self._total / self._count) if self._count else UNDEFINED
            case _:
                return self._extreme[1] if self._extreme else UNDEFINED


@dataclass
class Group:
    """A group of items with the same GROUP BY value: one item, and the aggregates of all items."""

    key: bytes  # the encoded values of the GROUP BY, each preceded by its length
    item: Json
    accumulators: dict[str, Accumulator]

    def results(self) -> dict[str, Value]:
        """Return the value of each aggregate, with the aggregate's query text as the key."""
        return {name: accumulator.result() for name, accumulator in self.accumulators.items()}


def group(items: Iterable[Json], statement: Statement) -> list[Group]:
    """Return the groups of a query's items.

    A query without GROUP BY always has exactly one group.
    """
    keys = [compile_expression(expression) for expression in statement.query.group_by]
    calls, parameters = statement.aggregates, statement.parameters
    groups = {} if keys else {b"": Group(b"", {}, _accumulators(calls))}
    for item in items:
        key = _group_key([evaluator(item, parameters) for evaluator in keys])
        if key not in groups:
            groups[key] = Group(key, item, _accumulators(calls))
        for accumulator in groups[key].accumulators.values():
            accumulator.add(item, parameters)
    return list(groups.values())


def _group_key(values: list[Value]) -> bytes:
    encodings = (encode(value) or b"" for value in values)
    return b"".join(len(encoding).to_bytes(4, "big") + encoding for encoding in encodings)


def _accumulators(calls: Iterable[ast.Call]) -> dict[str, Accumulator]:
    return {str(call): Accumulator(call) for call in calls}
