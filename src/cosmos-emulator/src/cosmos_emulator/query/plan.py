"""Choose the plan that executes one page of a query.

The cheapest plan reads only an index. The second cheapest plans read items in the order of an
index. The most expensive plan computes all results and then splits them into pages.
"""

from cosmos_emulator.query import ast
from cosmos_emulator.query.collect import Collect
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.index_only import ReadIndex, read_index
from cosmos_emulator.query.joins import StreamJoins
from cosmos_emulator.query.keyset import order_terms
from cosmos_emulator.query.nodes import walk
from cosmos_emulator.query.page import Window
from cosmos_emulator.query.rows import Rows
from cosmos_emulator.query.scope import Scope
from cosmos_emulator.query.similarity import is_by_distance
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.stream import StreamRows
from cosmos_emulator.query.table import IndexingPolicy, Table

type Plan = ReadIndex | StreamRows | StreamJoins | Collect


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
    query, order = statement.query, order_terms(statement.query, table, scope)
    if query.distinct or order is None or not query.reads_items:
        return Collect(statement, rows, window, drops_undefined=_drops_undefined(statement, table))
    plan = StreamJoins if query.sources else StreamRows
    return plan(statement, rows, window, tuple(order))


def _drops_undefined(statement: Statement, table: Table) -> bool:
    """Return whether items without the ORDER BY property are not part of the results.

    They are if the indexing policy names the property, or in an ORDER BY of several properties
    (https://learn.microsoft.com/azure/cosmos-db/nosql/query/order-by#remarks).
    """
    return len(statement.order) == 1 and statement.order[0][0] not in table.columns


def check_order(statement: Statement, policy: IndexingPolicy) -> None:
    """Raise QueryError for an ORDER BY that the container's indexing policy doesn't support."""
    order = statement.query.order_by
    if any(isinstance(node, ast.Variable) for term in order for node in walk(term.expression)):
        raise QueryError("SC2106", "Order-by over correlated collections is not supported.")
    if not order or is_by_distance(statement.query):
        return
    paths = [(path, descending) for path, descending in statement.order if path]
    if len(paths) < len(order):
        raise QueryError(
            "2206",
            "Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a"
            " document path.",
        )
    policy.check_order(paths)
