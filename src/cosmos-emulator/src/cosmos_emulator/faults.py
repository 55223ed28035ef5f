"""Faults on demand: errors, latency and lost responses, by rules that tests add."""

import threading
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, Self

from cosmos_emulator.errors import CosmosError
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query.values import Json, is_object

STATUS_MIN, STATUS_MAX = 400, 599
LOST = ("", "request", "response")
MESSAGES = {
    408: "Request timed out.",
    410: "The requested resource is no longer available at the server.",
    429: "Request rate is large. More Request Units may be needed, so no changes were made.",
    449: "Conflicting request to resource has been attempted. Retry to avoid conflicts.",
    503: "Service is currently unavailable.",
}


@dataclass
class Fault:
    """A rule that changes the responses to some requests.

    `operation` and `container` are patterns such as `read_*`, and every request matches `*`. A rule
    lets its first `skip` requests pass and then applies to `times` requests, or to all if `times`
    is 0. A response may have an error's `status`, `substatus` and `retry_after_ms`, and may arrive
    `latency_ms` later. If `lost` is `request`, the request is not executed and has no response. If
    `lost` is `response`, the request is executed, but its response is lost. `seen` counts the
    requests that matched.
    """

    operation: str = "*"
    container: str = "*"
    status: int = 0
    substatus: int = 0
    retry_after_ms: int = 0
    latency_ms: int = 0
    lost: str = ""
    skip: int = 0
    times: int = 0
    id: int = 0  # assigned when the rule is added
    seen: int = field(default=0)

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if type(value) is not one.type or (isinstance(value, int) and value < 0):
                raise ValueError(f"The property '{one.name}' of a fault is invalid: {value!r}.")
        if self.status and not STATUS_MIN <= self.status <= STATUS_MAX:
            raise ValueError(f"The status of a fault must be 400 to 599, not {self.status}.")
        if self.lost not in LOST:
            raise ValueError("The property 'lost' of a fault must be 'request' or 'response'.")

    @classmethod
    def of(cls, rule: Json) -> Self:
        """Return the fault in a JSON object. Raises ValueError if it is invalid."""
        if not is_object(rule):
            raise ValueError("A fault must be a JSON object.")
        given: dict[str, Any] = dict(rule)
        if unknown := given.keys() - {one.name for one in fields(cls)} | given.keys() & _OWN:
            raise ValueError(f"A fault has no property '{min(unknown)}'.")
        return cls(**given)

    def matches(self, request: Request) -> bool:
        """Return whether the patterns of the rule match a request."""
        return fnmatchcase(request.operation, self.operation) and fnmatchcase(
            request.container, self.container
        )

    @property
    def is_due(self) -> bool:
        """Return whether the rule applies to the last request that it has seen."""
        return self.skip < self.seen and (not self.times or self.seen <= self.skip + self.times)

    def response(self, request: Request) -> Response | None:
        """Return the response of the rule, or None if the request must be executed."""
        if self.lost == "request":
            return self.changed(Response(503))
        if not self.status or self.lost == "response":
            return None
        error = CosmosError(self.status, MESSAGES.get(self.status, "A fault on demand."))
        headers = {"x-ms-request-charge": "0"}
        if self.substatus:
            headers["x-ms-substatus"] = str(self.substatus)
        if self.retry_after_ms:
            headers["x-ms-retry-after-ms"] = str(self.retry_after_ms)
        body = error.body(request.header("x-ms-activity-id"))
        return self.changed(Response(self.status, headers, body))

    def changed(self, response: Response) -> Response:
        """Return a response that is late or lost as the rule says."""
        response.latency_ms, response.is_lost = self.latency_ms, bool(self.lost)
        return response


_OWN = frozenset(("id", "seen"))


class Faults:
    """The rules of one emulator. The first rule that is due applies."""

    def __init__(self) -> None:
        self._rules = list[Fault]()
        self._last_id = 0
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, fault: Fault) -> int:
        """Add a rule after the others, and return its id."""
        with self._lock:
            self._last_id += 1
            fault.id = self._last_id
            self._rules.append(fault)
            return fault.id

    def remove(self, number: int) -> bool:
        """Remove the rule with this id, and return whether it existed."""
        with self._lock:
            kept = [fault for fault in self._rules if fault.id != number]
            found = len(kept) < len(self._rules)
            self._rules = kept
            return found

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._rules.clear()

    def describe(self) -> list[dict[str, Any]]:
        """Return the rules as JSON, with the number of requests that each has seen."""
        with self._lock:
            return [asdict(fault) for fault in self._rules]

    def due(self, request: Request) -> Fault | None:
        """Return the rule that applies to a request, and count the request in all that match."""
        with self._lock:
            matching = [fault for fault in self._rules if fault.matches(request)]
            for fault in matching:
                fault.seen += 1
            return next((fault for fault in matching if fault.is_due), None)
