"""Compute the aggregates over rows, and form the groups of a GROUP BY."""

from collections.abc import Iterable
from dataclasses import dataclass

from cosmos_emulator.query import ast, limits
from cosmos_emulator.query.check import aggregates_of
from cosmos_emulator.query.evaluate import Evaluator, Parameters, compile_expression
from cosmos_emulator.query.values import UNDEFINED, Json, Value, encode, is_number, whole_if_exact

type Row = tuple[Json, Parameters]  # an item, and the values bound to parameters and aliases


class Accumulator:
    """An aggregate, such as COUNT or SUM, over the rows of one group.

    An aggregate ignores undefined values. A value of an invalid type makes the aggregate undefined.
    """

    def __init__(self, call: ast.Call) -> None:
        self._function = call.function
        self._argument: Evaluator = compile_expression(call.arguments[0])
        self._count = 0
        self._total = 0.0
        self._extreme: tuple[bytes, Value] | None = None
        self._has_invalid = False
        self._values = list[Value]()
        self._seen = set[bytes | None]()

    def add(self, item: Json, parameters: Parameters) -> None:
        """Add one row."""
        value = self._argument(item, parameters)
        if value is UNDEFINED or (self._function == "COUNTIF" and value is not True):
            return
        self._count += 1
        if self._function in ("SUM", "AVG"):
            self._add_number(value)
        elif self._function in ("MIN", "MAX"):
            self._add_candidate(value)
        elif self._function in ("MAKELIST", "MAKESET"):
            self._add_element(value)

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

    def _add_element(self, value: Value) -> None:
        key = encode(value) if self._function == "MAKESET" else None
        if key is None or key not in self._seen:
            self._seen.add(key)
            self._values.append(value)
        if len(self._values) > limits.NODES_MAX:
            raise limits.exceeded("values in a computed value", limits.NODES_MAX)

    def result(self) -> Value:
        """Return the aggregate of the rows added so far."""
        if self._has_invalid:
            return UNDEFINED
        match self._function:
            case "COUNT" | "COUNTIF":
                return self._count
            case "MAKELIST" | "MAKESET":
                return self._values
            case "SUM":
                return whole_if_exact(self._total)
            case "AVG":
                return whole_if_exact(self._total / self._count) if self._count else UNDEFINED
            case _:
                return self._extreme[1] if self._extreme else UNDEFINED


@dataclass
class Group:
    """The rows with the same GROUP BY values: one of the rows, and the aggregates of all rows."""

    key: bytes  # the encoded values of the GROUP BY, each preceded by its length
    item: Json
    parameters: Parameters
    accumulators: dict[str, Accumulator]

    def row(self) -> Row:
        """Return a row whose parameters contain each aggregate, by the aggregate's query text."""
        results = {name: accumulator.result() for name, accumulator in self.accumulators.items()}
        return self.item, {**self.parameters, **results}


def group(rows: Iterable[Row], query: ast.Query, parameters: Parameters) -> list[Group]:
    """Return the groups of a query's rows.

    A query without GROUP BY always has exactly one group.
    """
    keys = [compile_expression(expression) for expression in query.group_by]
    calls = aggregates_of(query)
    groups = {} if keys else {b"": Group(b"", {}, parameters, _accumulators(calls))}
    for item, bound in rows:
        key = _group_key([evaluator(item, bound) for evaluator in keys])
        if key not in groups:
            groups[key] = Group(key, item, bound, _accumulators(calls))
        for accumulator in groups[key].accumulators.values():
            accumulator.add(item, bound)
    return list(groups.values())


def _group_key(values: list[Value]) -> bytes:
    encodings = (encode(value) or b"" for value in values)
    return b"".join(len(encoding).to_bytes(4, "big") + encoding for encoding in encodings)


def _accumulators(calls: Iterable[ast.Call]) -> dict[str, Accumulator]:
    return {str(call): Accumulator(call) for call in calls}
