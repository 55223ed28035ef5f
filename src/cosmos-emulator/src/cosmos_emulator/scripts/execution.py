"""Run the function of a stored procedure or of a trigger, and execute what it requests."""

import re
from typing import Any, NamedTuple
from urllib.parse import quote

from cosmos_emulator.containers import Container
from cosmos_emulator.query.values import Json
from cosmos_emulator.scripts.collection import Collection
from cosmos_emulator.scripts.engine import SECONDS_MAX, Deadline, Engine

ACCEPTING_SHARE = 0.8  # of the time, after which operations aren't accepted
LOG_LENGTH_MAX = 8_192  # characters of the header, since a longer one breaks clients


class Call(NamedTuple):
    """The source of a script, its parameters, and the request and response that it can read.

    A body is a dictionary with the member `body`, or an empty one if there is no body.
    """

    source: str
    parameters: list[Json]
    operation: str = ""
    request: dict[str, Json] = {}  # noqa: RUF012  not changed
    response: dict[str, Json] = {}  # noqa: RUF012  not changed


class Outcome(NamedTuple):
    """What a script has left: its log, and the bodies that it has set or kept."""

    log: list[str]
    request: dict[str, Json]
    response: dict[str, Json]

    def log_header(self) -> str:
        """Return the lines of the log as the value of a header."""
        text = quote("\n".join(self.log), safe="")
        return re.sub(r"%.?\Z", "", text[:LOG_LENGTH_MAX])


def run(engine: Engine, container: Container, collection: Collection, call: Call) -> Outcome:
    """Run a script until it requests no more operations.

    Raises 400 for an exception, and 408 for a script that takes too long.
    """
    deadline = Deadline(SECONDS_MAX)
    with engine.session() as session:
        session.call("start", _start(container, call), deadline)
        while (state := session.call("take", None, deadline))["operations"]:
            results = [collection.execute(operation) for operation in state["operations"]]
            session.call("deliver", results, deadline)
    return Outcome(state["logs"], state["request"], state["response"])


def _start(container: Container, call: Call) -> dict[str, Any]:
    start: dict[str, Any] = {
        "source": call.source,
        "parameters": call.parameters,
        "milliseconds": SECONDS_MAX * ACCEPTING_SHARE * 1_000,
        "selfLink": container.link,
        "altLink": container.path,
        "operation": call.operation,
    }
    if "body" in call.request:
        start["sent"] = call.request["body"]
    if "body" in call.response:
        start["answer"] = call.response["body"]
    return start
