"""The parts of a container's definition that queries need: computed properties and vectors.

See https://learn.microsoft.com/azure/cosmos-db/nosql/query/computed-properties.
"""

from collections.abc import Mapping
from typing import Any

from cosmos_emulator.query import ast
from cosmos_emulator.query.check import check, is_aggregate
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.functions import FUNCTIONS
from cosmos_emulator.query.nodes import walk
from cosmos_emulator.query.parser import parse
from cosmos_emulator.query.resolve import Schema, resolve
from cosmos_emulator.query.statement import PLAIN
from cosmos_emulator.query.values import Json, is_array, is_object

COMPUTED_MAX = 20
RESERVED = frozenset({"id", "_rid", "_self", "_etag", "_ts", "_attachments"})


def schema_of(definition: Mapping[str, Any]) -> Schema:
    """Read the computed properties and the vector policy of a container's JSON.

    Raises QueryError if a computed property is invalid.
    """
    computed = _computed(definition.get("computedProperties") or [])
    distances = _distances(definition.get("vectorEmbeddingPolicy"))
    return Schema(computed, distances) if computed or distances else PLAIN


def _computed(given: Json) -> dict[str, ast.Expression]:
    if not is_array(given):
        raise _invalid("One of the specified inputs is invalid: the list of computed properties.")
    if len(given) > COMPUTED_MAX:
        raise _invalid(f"A container can have at most {COMPUTED_MAX} computed properties.")
    found = dict[str, ast.Expression]()
    for entry in given:
        name, text = (entry.get("name"), entry.get("query")) if is_object(entry) else (None, None)
        if not isinstance(name, str) or not isinstance(text, str) or not name:
            raise _invalid("A computed property must have a name and a query.")
        if name in RESERVED or name in found or "/" in name:
            raise _invalid(f"The name '{name}' of a computed property is reserved or not unique.")
        found[name] = _definition(name, text)
    return found


def _definition(name: str, text: str) -> ast.Expression:
    query = resolve(parse(text), PLAIN)
    check(query)
    value = query.value
    plain = ast.Query(alias=query.alias, value=value)
    if value is None or not query.alias or query != plain or not all(map(_is_allowed, walk(value))):
        raise _invalid(
            f"The query of the computed property '{name}' must select the VALUE of a deterministic"
            " expression over one item, without any other clause and without subqueries."
        )
    return value


def _is_allowed(node: ast.Expression) -> bool:
    if isinstance(node, ast.Subquery | ast.Parameter) or is_aggregate(node):
        return False
    if not isinstance(node, ast.Call):
        return True
    return (
        not node.user_function and node.function != "RAND" and not FUNCTIONS[node.function].context
    )


def _invalid(message: str) -> QueryError:
    return QueryError("SC2001", message)


def _distances(policy: Json) -> dict[tuple[str | int, ...], str]:
    """Return the distance function of each vector, by the vector's path."""
    entries = policy.get("vectorEmbeddings") if is_object(policy) else None
    found = dict[tuple[str | int, ...], str]()
    for entry in entries if is_array(entries) else ():
        path, function = entry.get("path"), entry.get("distanceFunction")
        if isinstance(path, str) and isinstance(function, str):
            found[tuple(path.strip("/").split("/"))] = function
    return found
