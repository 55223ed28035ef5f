"""The built-in functions of Cosmos SQL by name, and those that the emulator doesn't support."""

from cosmos_emulator.query.functions import (
    arrays,
    dates,
    items,
    mathematics,
    spatial,
    strings,
    types,
    vectors,
)
from cosmos_emulator.query.functions.function import Function

GROUPS = {
    "mathematics": mathematics.FUNCTIONS,
    "strings": strings.FUNCTIONS,
    "arrays and objects": arrays.FUNCTIONS,
    "types and conditions": types.FUNCTIONS,
    "date and time": dates.FUNCTIONS,
    "items": items.FUNCTIONS,
    "spatial": spatial.FUNCTIONS,
    "vectors": vectors.FUNCTIONS,
}
FUNCTIONS: dict[str, Function] = {
    name: function for group in GROUPS.values() for name, function in group.items()
}
AGGREGATES = frozenset({"AVG", "COUNT", "COUNTIF", "MAKELIST", "MAKESET", "MAX", "MIN", "SUM"})
UNSUPPORTED = frozenset({
    "DATETIMEFORMAT",
    "FULLTEXTCONTAINS",
    "FULLTEXTCONTAINSALL",
    "FULLTEXTCONTAINSANY",
    "FULLTEXTSCORE",
    "RRF",
})  # fmt: skip
