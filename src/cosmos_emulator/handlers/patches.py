"""Patches: the operations of a PATCH and the condition under which they apply."""

from typing import Any

import orjson

from cosmos_emulator.errors import CosmosError, bad_request, precondition_failed
from cosmos_emulator.query.evaluate import compile_expression
from cosmos_emulator.query.parser import parse
from cosmos_emulator.query.values import Json

OPERATIONS_MAX = 10


def apply_patch(body: bytes, patch: Json) -> tuple[dict[str, Json], int]:
    """The patched document and the number of operations; 400, or 412 if the condition fails."""
    if not isinstance(patch, dict) or not isinstance(patch.get("operations"), list):
        raise bad_request("The patch body must hold a list of operations.")
    operations: list[dict[str, Any]] = patch["operations"]
    if not 1 <= len(operations) <= OPERATIONS_MAX:
        raise bad_request(f"A patch must hold 1 to {OPERATIONS_MAX} operations.")
    document = orjson.loads(body)
    if "condition" in patch and not _holds(patch["condition"], document):
        raise precondition_failed()
    for operation in operations:
        _apply(document, operation)
    return document, len(operations)


def _holds(condition: str, document: Json) -> bool:
    query = parse(f"SELECT * {condition}")
    return query.where is None or compile_expression(query.where)(document, {}) is True


def _apply(document: Json, operation: dict[str, Any]) -> None:
    name, path, value = operation.get("op"), operation.get("path"), operation.get("value")
    if not isinstance(path, str) or not path.startswith("/"):
        raise bad_request(f"The patch path '{path}' is invalid.")
    parent, step = _locate(document, path)
    match name:
        case "add":
            _add(parent, step, value)
        case "set":
            _set(parent, step, value)
        case "replace":
            _require(parent, step)
            _set(parent, step, value)
        case "remove":
            _require(parent, step)
            del parent[step]
        case "incr" | "increment":
            _increment(parent, step, value)
        case "move":
            _move(document, operation, parent, step)
        case _:
            raise bad_request(f"The patch operation '{name}' is not supported.")


def _locate(document: Json, path: str) -> tuple[Any, Any]:
    """The object or array that holds a path's last step, and that step."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in path[1:].split("/")]
    parent: Any = document
    for step in steps[:-1]:
        _require(parent, _position(parent, step))
        parent = parent[_position(parent, step)]
    if not isinstance(parent, dict | list):
        raise bad_request(f"The patch path '{path}' does not exist.")
    return parent, _position(parent, steps[-1])


def _position(parent: Any, step: str) -> str | int:  # noqa: ANN401  JSON
    if not isinstance(parent, list):
        return step
    if step == "-":
        return len(parent)  # pyright: ignore[reportUnknownArgumentType]
    if not step.isdecimal():
        raise bad_request(f"'{step}' is not an index of an array.")
    return int(step)


def _require(parent: Any, step: Any) -> None:  # noqa: ANN401  JSON
    there = step in parent if isinstance(parent, dict) else False
    if isinstance(parent, list):
        there = step < len(parent)  # pyright: ignore[reportUnknownArgumentType]
    if not there:
        raise bad_request(f"The patch path ends at '{step}', which does not exist.")


def _add(parent: Any, step: Any, value: Json) -> None:  # noqa: ANN401  JSON
    if isinstance(parent, dict):
        parent[step] = value
    elif step <= len(parent):
        parent.insert(step, value)
    else:
        raise bad_request(f"The index {step} is beyond the end of the array.")


def _set(parent: Any, step: Any, value: Json) -> None:  # noqa: ANN401  JSON
    if isinstance(parent, list) and step == len(parent):  # pyright: ignore[reportUnknownArgumentType]
        _add(parent, step, value)
    else:
        if isinstance(parent, list):
            _require(parent, step)
        parent[step] = value


def _increment(parent: Any, step: Any, by: Json) -> None:  # noqa: ANN401  JSON
    present = step in parent if isinstance(parent, dict) else step < len(parent)
    before = parent[step] if present else 0
    if type(before) not in (int, float) or type(by) not in (int, float):
        raise bad_request("The patch operation 'incr' needs numbers.")
    _set(parent, step, before + by)


def _move(document: Json, operation: dict[str, Any], parent: Any, step: Any) -> None:  # noqa: ANN401  JSON
    source: Any = operation.get("from")
    if not isinstance(source, str) or not source.startswith("/"):
        raise CosmosError(400, "The patch operation 'move' needs a path to move from.")
    holder, name = _locate(document, source)
    _require(holder, name)
    value = holder[name]
    del holder[name]
    _set(parent, step, value)
