"""The emulator's entry point, which handles a request and returns a response."""

import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson

from cosmos_emulator import consistency, routes, splits
from cosmos_emulator.access import Access, Credential, Role
from cosmos_emulator.context import Context
from cosmos_emulator.errors import CosmosError, bad_request
from cosmos_emulator.faults import Faults
from cosmos_emulator.keys import KEY, read_only_key
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.routes import Route
from cosmos_emulator.storage import Storage
from cosmos_emulator.throttling import Throttle
from cosmos_emulator.throughput import RequestCharges

type Interceptor = Callable[[Request], Response | None]

PARTITIONS_MAX = 1_000


class Emulator:
    """One emulated account with its databases, in a SQLite file or, without a path, in memory.

    Any thread may call `handle`. The emulator handles one request at a time. If a path is given,
    every acknowledged write is on disk, and no other process can open the file until `close` is
    called.

    The emulator calls its `interceptors` before each operation on items. An interceptor can return
    a response, or raise an exception to simulate a broken connection. `request_charges` counts
    request units per container and operation. If `checks_keys` is set, the emulator rejects
    requests without a valid token or a valid signature made with the account's key. By default,
    signatures aren't checked, because the SDK signs the system time, which may differ from `clock`.
    A request's token is checked even if `checks_keys` is not set.

    A new container has at least `partitions` physical partitions, and more if its throughput
    requires more. A `serverless` account refuses provisioned throughput. If `throttles` is set, an
    account enforces provisioned throughput by the time of `clock`.
    """

    def __init__(  # noqa: PLR0913  the options of an account, each with a default
        self,
        path: Path | str | None = None,
        *,
        endpoint: str | None = None,
        key: str = KEY,
        partitions: int = 2,
        clock: Callable[[], float] = time.time,
        checks_keys: bool = False,
        serverless: bool = False,
        throttles: bool = False,
    ) -> None:
        if not 1 <= partitions <= PARTITIONS_MAX:
            raise ValueError(f"partitions must be from 1 to {PARTITIONS_MAX}.")
        # The SDK caches partition ranges per endpoint, so each emulator needs a unique endpoint.
        self.endpoint = endpoint or f"https://{uuid.uuid4().hex}.emulator.local/"
        self.key = key
        self.read_only_key = read_only_key(key)
        self.interceptors: list[Interceptor] = []
        self.faults = Faults()
        self.request_charges = RequestCharges()
        self.is_durable = path is not None
        self._lock = threading.RLock()
        self._throttle = Throttle() if throttles else None
        self._access = Access(
            key, self.endpoint, clock, checks_keys=checks_keys, canonical=self._canonical
        )
        storage = Storage(Path(path) if path else None, partitions, clock)
        self._context = Context(
            storage, self.endpoint, clock, self._access.sign, is_serverless=serverless
        )

    def assign(self, principal: str, role: Role) -> None:
        """Assign an additional role to a principal. A principal without roles has no access."""
        self._access.assign(principal, role)

    def credential(self, principal: str) -> Credential:
        """Return a credential with which the async SDK acts as a principal."""
        return Credential(lambda: self._access.issue_token(principal))

    def handle(
        self, method: str, url: str, headers: Mapping[str, str], body: str | bytes | None = None
    ) -> Response:
        """Handle one request to Cosmos DB's REST interface. Errors are returned as responses."""
        return self._handle(method, url, headers, body, is_grouped=False)

    def handle_in_group(
        self, method: str, url: str, headers: Mapping[str, str], body: str | bytes | None = None
    ) -> Response:
        """Handle a request, and return a response that may be sent only after `flush`."""
        return self._handle(method, url, headers, body, is_grouped=True)

    @property
    def has_unflushed(self) -> bool:
        """Return whether any writes of the open commit group are not on disk yet."""
        return self._context.storage.commits.has_unflushed

    def refusal(self, error: sqlite3.Error) -> CosmosError:
        """Return the 507 or 503 error for a failure of SQLite."""
        return self._context.storage.refusal(error)

    def write_fault(self) -> CosmosError | None:
        """Return the error with which writes fail or will soon fail, or None if writes succeed."""
        with self._lock:
            return self._context.storage.write_fault()

    def scrub(self) -> bool:
        """Remove what remains of deleted items from the files, and return whether this succeeded.

        While a group of writes isn't on disk yet, or if the disk is full, nothing is removed. Call
        the method again later. `write_fault` returns the error, if any.
        """
        with self._lock:
            try:
                return self._context.storage.scrub()
            except sqlite3.Error as error:
                self.refusal(error)  # which remembers the error
                return False

    def split(self, database: str, container: str, partition: int | None = None) -> None:
        """Split a physical partition in two, by default the first one.

        Clients may read and write at the same time. Cosmos DB splits a physical partition whose
        data or throughput exceeds its limit.
        """
        with self._writes(is_grouped=False) as storage:
            found = storage.container(database, container)
            chosen = found.partitions[0] if partition is None else found.partition(str(partition))
            if chosen is None:
                raise ValueError(f"not a physical partition of {container}: {partition}")
            splits.split(storage, found, chosen)

    def merge(self, database: str, container: str) -> None:
        """Merge the first two physical partitions of a container, if it has at least two."""
        with self._writes(is_grouped=False) as storage:
            found = storage.container(database, container)
            if len(found.partitions) > 1:
                splits.merge(storage, found, *found.partitions[:2])

    def flush(self) -> None:
        """Flush the writes of the open commit group to disk.

        If the flush raises sqlite3.Error, nothing was written.
        """
        with self._lock:
            self._context.storage.flush()

    def _handle(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: str | bytes | None,
        *,
        is_grouped: bool,
    ) -> Response:
        lowered = {name.lower(): str(value) for name, value in headers.items()}
        raw = body.encode() if isinstance(body, str) else body or b""
        request = Request(method, url, lowered, raw)
        try:
            response = self._respond(request, routes.find(request), is_grouped=is_grouped)
        except CosmosError as error:
            response = _refusal(error, request)
        response.group = request.group or self._context.storage.commits.open_group
        response.headers.setdefault("content-type", "application/json")
        response.headers["x-ms-activity-id"] = request.header("x-ms-activity-id")
        charge = float(response.headers.get("x-ms-request-charge", 0))
        self.request_charges.add(request.container, request.operation, charge)
        return response

    def close(self) -> None:
        """Close the database file so that other processes can open it."""
        with self._lock:
            self._context.storage.close()

    def _respond(self, request: Request, route: Route, *, is_grouped: bool) -> Response:
        request.operation = route.operation
        self._access.check(request)
        if request.operation in routes.DATA_OPERATIONS:
            consistency.check(request)
        fault = self.faults.due(request) if self.faults else None
        answered = fault.response(request) if fault else None
        if answered is None:
            answered = self._intercepted(request)
        if answered is None:
            answered = self._execute(request, route, is_grouped=is_grouped)
        return fault.changed(answered) if fault else answered

    def _execute(self, request: Request, route: Route, *, is_grouped: bool) -> Response:
        try:
            with self._writes(is_grouped=is_grouped) as storage:
                if damage := storage.damage:
                    raise CosmosError(503, f"The store is unavailable: {damage}")
                try:
                    return self._run(request, route)
                finally:
                    request.group = storage.commits.open_group
        except QueryError as error:
            raise CosmosError(400, error.details()) from None
        except (RecursionError, orjson.JSONEncodeError):  # the encoder has a limit of 254 levels
            raise bad_request("The request is nested too deeply.") from None
        except sqlite3.Error as error:
            raise self.refusal(error) from error

    @contextmanager
    def _writes(self, *, is_grouped: bool) -> Generator[Storage]:
        """Lock the storage for the `with` block, whose writes join a group or are flushed at once.

        In the second case, first flush the open group, whose own requests report any error.
        """
        with self._lock:
            storage = self._context.storage
            storage.commits.is_grouped = is_grouped
            if not is_grouped:
                with suppress(sqlite3.Error):
                    storage.flush()
            yield storage

    def _run(self, request: Request, route: Route) -> Response:
        if self._throttle and route.operation in routes.CHARGED_OPERATIONS:
            return self._throttle.run(route.handler, self._context, request)
        return route.handler(self._context, request)

    def _canonical(self, segments: tuple[str, ...]) -> tuple[str, ...]:
        """Return a path with names instead of the resource ids of its database and container."""
        if len(segments) < 4 or segments[2] != "colls":  # noqa: PLR2004  a database and a container
            return segments
        try:
            with self._lock:
                container = self._context.storage.container(segments[1], segments[3])
        except CosmosError:
            return segments
        return (*container.path.split("/"), *segments[4:])

    def _intercepted(self, request: Request) -> Response | None:
        if request.operation not in routes.DATA_OPERATIONS:
            return None
        responses = (interceptor(request) for interceptor in self.interceptors)
        return next((response for response in responses if response is not None), None)


def _refusal(error: CosmosError, request: Request) -> Response:
    headers = {"x-ms-request-charge": str(error.charge)}
    if error.substatus:
        headers["x-ms-substatus"] = str(error.substatus)
    return Response(error.status, headers, error.body(request.header("x-ms-activity-id")))
