"""VectorDistance: https://learn.microsoft.com/azure/cosmos-db/nosql/query/vectordistance.

The result is always exact, as with a flat index.
"""

import math

from cosmos_emulator.query.functions.function import Function, any_values
from cosmos_emulator.query.values import UNDEFINED, Value, is_array, is_number, is_object, tidy

NAME = "VECTORDISTANCE"
OPTION = "distanceFunction"
DEFAULT = "cosine"
EUCLIDEAN = "euclidean"  # the only function with which smaller results are more similar


def distance_function(options: Value) -> str:
    """Return the distance function of a call, in lower case."""
    named = options.get(OPTION) if is_object(options) else None
    return named.lower() if isinstance(named, str) else DEFAULT


def _distance(left: Value, right: Value, _exact: Value = None, options: Value = None) -> Value:
    if not (_is_vector(left) and _is_vector(right)) or len(left) != len(right):
        return UNDEFINED
    match distance_function(options):
        case "cosine":
            lengths = math.hypot(*left) * math.hypot(*right)
            return tidy(math.sumprod(left, right) / lengths) if lengths else 0
        case "dotproduct":
            return tidy(math.sumprod(left, right))
        case "euclidean":
            return tidy(math.dist(left, right))
        case _:
            return UNDEFINED


def _is_vector(value: Value) -> bool:
    return is_array(value) and len(value) > 0 and all(map(is_number, value))


FUNCTIONS: dict[str, Function] = {NAME: any_values(_distance, 2, 4)}
