"""The rules for faults over HTTP: `GET`, `POST` and `DELETE /_faults`.

A rule must be sent as `application/json`, so that a browser doesn't let other pages add rules.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from cosmos_emulator.faults import Fault, Faults
from cosmos_emulator.messages import Response

PATH = "/_faults"
JSON = "application/json"


def is_meant(path: str) -> bool:
    """Return whether a path belongs to the rules for faults."""
    return path == PATH or path.startswith(PATH + "/")


def handle(
    faults: Faults, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Response:
    """Return 200 with all rules, 201 for an added rule, or 204 after a removal.

    Returns 400 for an invalid rule, 404 for a missing one, and 405 or 415 for other requests.
    """
    name = path[len(PATH) :].strip("/")
    match method, name:
        case "GET", "":
            return _json(200, faults.describe())
        case "POST", "":
            return _add(faults, headers, body)
        case "DELETE", "":
            faults.clear()
            return Response(204)
        case "DELETE", _:
            removed = name.isdecimal() and faults.remove(int(name))
            return Response(204) if removed else _json(404, {"message": "No such fault."})
        case _:
            return _json(405, {"message": "The HTTP method is not supported for faults."})


def _add(faults: Faults, headers: Mapping[str, str], body: bytes) -> Response:
    if headers.get("content-type", "").partition(";")[0].strip() != JSON:
        return _json(415, {"message": f"A fault must be sent as {JSON}."})
    try:
        fault = Fault.of(orjson.loads(body))
    except ValueError as error:  # also for invalid JSON
        return _json(400, {"message": str(error)})
    faults.add(fault)
    return _json(201, {"id": fault.id})


def _json(status: int, content: Any) -> Response:  # noqa: ANN401  any JSON
    return Response(status, {"content-type": JSON}, orjson.dumps(content))
