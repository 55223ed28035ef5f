"""COUNT, SUM, MIN, MAX and AVG over items, and the groups of a GROUP BY."""

from collections.abc import Iterable
from dataclasses import dataclass

from . import ast
from .evaluate import Evaluator, Parameters, compile_expression, nodes_of
from .functions import AGGREGATES, is_number
from .values import UNDEFINED, Json, Value, encode


def aggregates_of(query: ast.Query) -> list[ast.Call]:
    """The different aggregates that a query computes."""
    calls = [n for n in nodes_of(query) if isinstance(n, ast.Call) and n.function in AGGREGATES]
    return list({str(call): call for call in calls}.values())


class Accumulator:
    """One aggregate of one group. Undefined values do not count; unfit ones make it undefined."""

    def __init__(self, call: ast.Call) -> None:
        self._function = call.function
        self._argument: Evaluator = compile_expression(call.arguments[0])
        self._count = 0
        self._total = 0.0
        self._extreme: tuple[bytes, Value] | None = None
        self._unfit = False

    def add(self, item: Json, parameters: Parameters) -> None:
        """Takes one item in."""
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
            self._unfit = True

    def _add_candidate(self, value: Value) -> None:
        if isinstance(value, list | dict):
            self._unfit = True
            return
        candidate = (encode(value) or b"", value)
        if self._extreme is None or (candidate[0] > self._extreme[0]) is (self._function == "MAX"):
            self._extreme = candidate

    def result(self) -> Value:
        """The aggregate of what was taken in."""
        if self._unfit:
            return UNDEFINED
        match self._function:
            case "COUNT":
                return self._count
            case "SUM":
                return _whole(self._total)
            case "AVG":
                return _whole(self._total / self._count) if self._count else UNDEFINED
            case _:
                return self._extreme[1] if self._extreme else UNDEFINED


def _whole(number: float) -> float:
    return int(number) if number.is_integer() and abs(number) < 1 << 53 else number


@dataclass
class Group:
    """The items with one value of the GROUP BY: one of them, and the aggregates of all."""

    item: Json
    accumulators: dict[str, Accumulator]

    def results(self) -> dict[str, Value]:
        """Each aggregate under its own text."""
        return {name: accumulator.result() for name, accumulator in self.accumulators.items()}


def group(items: Iterable[Json], query: ast.Query, parameters: Parameters) -> list[Group]:
    """The groups of a query's items; without GROUP BY there is always exactly one."""
    keys = [compile_expression(expression) for expression in query.group_by]
    calls = aggregates_of(query)
    groups: dict[tuple[bytes | None, ...], Group] = {}
    if not keys:
        groups[()] = Group({}, _accumulators(calls))
    for item in items:
        key = tuple(encode(evaluator(item, parameters)) for evaluator in keys)
        found = groups.get(key)
        if found is None:
            found = groups[key] = Group(item, _accumulators(calls))
        for accumulator in found.accumulators.values():
            accumulator.add(item, parameters)
    return list(groups.values())


def _accumulators(calls: list[ast.Call]) -> dict[str, Accumulator]:
    return {str(call): Accumulator(call) for call in calls}
