"""Check the condition of a PATCH request, and apply its operations."""

import math

import orjson

from cosmos_emulator.errors import bad_request, precondition_failed
from cosmos_emulator.query import limits
from cosmos_emulator.query.evaluate import compile_expression
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.values import Json, is_array, is_number, is_object

OPERATIONS_MAX = 10
INTEGER_MAX = 1 << 63  # a larger number is stored as a double
INDEX_DIGITS_MAX = 9

type Place = tuple[Json, str | int]  # an object or array, and a name or index in it


def apply_patch(body: bytes, patch: Json) -> tuple[dict[str, Json], int]:
    """Return the patched document and the number of operations.

    Raises 400 for an invalid patch, and 412 if the condition of the patch is false.
    """
    if is_array(patch):  # the SDK for JavaScript omits the object if there is no condition
        patch = {"operations": patch}
    operations = patch.get("operations") if is_object(patch) else None
    if not is_object(patch) or not is_array(operations) or not all(map(is_object, operations)):
        raise bad_request("The patch body must contain a list of operations.")
    if not 1 <= len(operations) <= OPERATIONS_MAX:
        raise bad_request(f"A patch must contain 1 to {OPERATIONS_MAX} operations.")
    document = orjson.loads(body)
    if "condition" in patch and not _is_met(patch["condition"], document):
        raise precondition_failed()
    for operation in operations:
        _apply(document, operation)
    return document, len(operations)


def _is_met(condition: Json, document: Json) -> bool:
    statement = Statement.of(f"SELECT * {condition}", {})
    where = statement.query.where
    if where is None:
        return True
    with limits.bounded():
        return compile_expression(where)(document, statement.parameters) is True


def _apply(document: Json, operation: dict[str, Json]) -> None:
    place, value = _locate(document, operation.get("path")), operation.get("value")
    match operation.get("op"):
        case "add":
            _add(place, value)
        case "set":
            _set(place, value)
        case "replace":
            _existing(place)
            _set(place, value)
        case "remove":
            _remove(place)
        case "incr" | "increment":
            _increment(place, value)
        case "move":
            _move(document, operation)
        case other:
            raise bad_request(f"The patch operation '{other}' is not supported.")


def _locate(document: Json, path: Json) -> Place:
    """Return the object or array that contains a path's target, and the target's name or index."""
    if not isinstance(path, str) or not path.startswith("/"):
        raise bad_request(f"The patch path '{path}' is invalid.")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    parent = document
    for step in steps[:-1]:
        parent = _existing(_place(parent, step))
    return _place(parent, steps[-1])


def _place(parent: Json, step: str) -> Place:
    if is_object(parent):
        return parent, step
    is_index = step == "-" or (step.isdecimal() and len(step) <= INDEX_DIGITS_MAX)
    if is_array(parent) and is_index:
        return parent, len(parent) if step == "-" else int(step)
    raise bad_request(f"The patch path has an invalid step '{step}'.")


def _exists(place: Place) -> bool:
    parent, step = place
    return step in parent if is_object(parent) else int(step) < len(parent)


def _existing(place: Place) -> Json:
    parent, step = place
    if not _exists(place):
        raise bad_request(f"The patch path has a step '{step}' that does not exist.")
    return parent[step]


def _add(place: Place, value: Json) -> None:
    parent, step = place
    if is_object(parent):
        parent[str(step)] = value
    elif int(step) <= len(parent):
        parent.insert(step, value)
    else:
        raise bad_request(f"The index {step} is beyond the end of the array.")


def _set(place: Place, value: Json) -> None:
    parent, step = place
    if is_array(parent) and _exists(place):
        parent[int(step)] = value
    else:
        _add(place, value)


def _remove(place: Place) -> Json:
    value = _existing(place)
    parent, step = place
    del parent[step]
    return value


def _increment(place: Place, by: Json) -> None:
    before = _existing(place) if _exists(place) else 0
    if not is_number(before) or not is_number(by):
        raise bad_request("The patch operation 'incr' requires numbers.")
    total = before + by
    if not math.isfinite(total):
        raise bad_request("The result of the patch operation 'incr' is too large for a number.")
    _set(place, total if -INTEGER_MAX <= total < INTEGER_MAX else float(total))


def _move(document: Json, operation: dict[str, Json]) -> None:
    value = _remove(_locate(document, operation.get("from")))
    _set(_locate(document, operation.get("path")), value)
