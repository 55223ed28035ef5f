"""Choose the plan that executes one page of a query.

There are three kinds of plans. The cheapest plan reads only an index. The second cheapest plan
reads rows in the order of an index. The most expensive plan computes all results and then splits
them into pages.
"""

from cosmos_emulator.query import ast
from cosmos_emulator.query.collect import Collect
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.index_only import ReadIndex, read_index
from cosmos_emulator.query.keyset import order_terms
from cosmos_emulator.query.page import Window
from cosmos_emulator.query.rows import Rows
from cosmos_emulator.query.scope import Scope
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.stream import StreamRows
from cosmos_emulator.query.table import IndexingPolicy, Table

type Plan = ReadIndex | StreamRows | Collect


def compile_plan(
    statement: Statement, table: Table, scope: Scope, page_size: int, token: str = ""
) -> Plan:
    """Return the cheapest plan for one page of a query.

    Raises QueryError if no plan can execute the query. `token` is the continuation token of the
    previous page.
    """
    rows = Rows.of(statement, table, scope)
    window = Window.of(statement, page_size, token)
    if statement.is_aggregated:
        return read_index(statement, rows, window) or Collect(statement, rows, window)
    order = order_terms(statement.query, table, scope)
    if statement.query.distinct or order is None:
        return Collect(statement, rows, window)
    return StreamRows(statement, rows, window, tuple(order))


def check_order(query: ast.Query, policy: IndexingPolicy) -> None:
    """Raise QueryError for an ORDER BY that the container's indexing policy doesn't support."""
    order = [(term.expression, term.descending) for term in query.order_by]
    paths = [(path.steps, down) for path, down in order if isinstance(path, ast.Path)]
    if len(paths) < len(order) or ((), False) in paths or ((), True) in paths:
        raise QueryError("SC2107", "Unsupported ORDER BY clause: it must name properties.")
    if paths:
        policy.check_order(paths)
