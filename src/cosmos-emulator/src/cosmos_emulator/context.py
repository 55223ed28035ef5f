"""The state and the response headers that all request handlers of the emulator share."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from cosmos_emulator.containers import Container
from cosmos_emulator.errors import (
    CosmosError,
    bad_request,
    owner_not_found,
    precondition_failed,
)
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.partitions import Key
from cosmos_emulator.query.values import Json
from cosmos_emulator.scripts.engine import SHARED, Engine
from cosmos_emulator.scripts.functions import Functions
from cosmos_emulator.storage import Storage
from cosmos_emulator.throughput import METADATA


@dataclass
class Context:
    """The parts of the emulator that request handlers use."""

    storage: Storage
    endpoint: str
    clock: Callable[[], float]
    sign: Callable[[bytes], bytes]
    is_serverless: bool = False
    engine: Engine = SHARED  # executes scripts

    @property
    def now(self) -> int:
        """Return the current time in seconds, used for `_ts` and for expiry."""
        return int(self.clock())

    def container(self, request: Request) -> Container:
        """Return the container that a request accesses.

        Raises 404 for a missing container, and 400 with substatus 1024 for an outdated resource id.
        """
        try:
            container = self.storage.container(request.database, request.container)
        except CosmosError:
            raise owner_not_found() from None
        known = request.header("x-ms-cosmos-intended-collection-rid")
        if known and known != container.rid:
            raise bad_request("Collection rid in the request does not match.", substatus=1024)
        return container

    def key(self, request: Request, container: Container) -> Key:
        """Return the partition key in a request's headers.

        Raises 400 if the partition key is missing or incomplete.
        """
        header = request.header("x-ms-documentdb-partitionkey")
        if not header:
            raise bad_request("PartitionKey value must be supplied for this operation.")
        key = container.partition_key.key_from_header(header)
        if len(key.values) != len(container.partition_key.paths):
            raise bad_request(
                "Partition key provided either doesn't correspond to definition in the collection"
                " or doesn't match partition key field values specified in the document.",
                substatus=1001,
            )
        return key

    def functions(self, container: Container) -> Functions:
        """Return the user-defined functions of a container."""
        return Functions(self.engine, self.storage.resources, container)

    def headers(self, container: Container, partition: int, charge: float) -> dict[str, str]:
        """Return the headers of a response from one physical partition."""
        lsn = self.storage.lsn[container.number, partition]
        return {
            "x-ms-request-charge": str(charge),
            "x-ms-session-token": f"{partition}:0#{lsn}",
            "lsn": str(lsn),
            "x-ms-documentdb-partitionkeyrangeid": str(partition),
            "x-ms-alt-content-path": container.path,
            "x-ms-content-path": container.rid,
        }


def check_if_match(etag: str, if_match: str) -> None:
    """Raise 412 unless the header If-Match permits a change of the version with this ETag."""
    if if_match not in ("", "*", etag):
        raise precondition_failed()


def metadata(status: int, body: Json, etag: str | None = None) -> Response:
    """Return a response about a database, a container or the account, but not about an item."""
    headers = {"x-ms-request-charge": str(METADATA)}
    if etag:
        headers["etag"] = etag
    return Response(status, headers, orjson.dumps(body) if body is not None else b"")
