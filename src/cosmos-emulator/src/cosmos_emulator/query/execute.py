"""Runs a query over one container's table, one page at a time, in the cheapest way it allows."""

from cosmos_emulator.query import ast
from cosmos_emulator.query.check import aggregates_of
from cosmos_emulator.query.collect import collect, collect_groups
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.index_only import answer_from_index
from cosmos_emulator.query.keyset import order_terms
from cosmos_emulator.query.run import Page, Run
from cosmos_emulator.query.stream import stream
from cosmos_emulator.query.table import IndexingPolicy


def execute(run: Run) -> Page:
    """One page of a checked query; QueryError if it cannot run."""
    query = run.query
    if aggregates_of(query) or query.group_by:
        return answer_from_index(run) or collect_groups(run)
    order = order_terms(query, run.table, run.scope)
    return collect(run) if query.distinct or order is None else stream(run, order)


def check_order(query: ast.Query, policy: IndexingPolicy) -> None:
    """QueryError for an ORDER BY that the container's indexing policy does not serve."""
    order = [(term.expression, term.descending) for term in query.order_by]
    paths = [(path.steps, down) for path, down in order if isinstance(path, ast.Path)]
    if len(paths) < len(order) or ((), False) in paths or ((), True) in paths:
        raise QueryError("SC2107", "Unsupported ORDER BY clause: it must name properties.")
    if paths:
        policy.check_order(paths)
