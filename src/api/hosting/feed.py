"""The readers of the change feed, which work in the same way on Azure and on Lambda.

If a reader raises an exception, the host delivers the documents again.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from api import telemetry
from api.domain.events import Event

type Document = Mapping[str, Any]
type EventOf = Callable[[Any], Event]

log = logging.getLogger(__name__)


class Feed(Protocol):
    """A reader of the change feed."""

    @property
    def start(self) -> Callable[[], Awaitable[object]]:
        """Return the function that opens the reader's resources, once."""
        ...

    async def apply(self, documents: Iterable[Document]) -> None:
        """Process these changed documents. Safe to repeat."""
        ...

    async def sweep(self) -> None:
        """Do the work that no change triggers. A timer calls this function."""
        ...


@dataclass(frozen=True, slots=True)
class Triggers:
    """The name of a reader's timer, and how its host polls the change feed."""

    timer: str
    documents_max: int
    poll_ms: int  # after the feed was read to its end


TRIGGERS: Mapping[str, Triggers] = {
    "rollup_metrics": Triggers("sweep_rollups", documents_max=500, poll_ms=5_000),
    # Every call writes to the tables, so a call should contain many events.
    "archive_events": Triggers("compact_lake", documents_max=5_000, poll_ms=45_000),
}


TIMERS = frozenset({"check_alerts"})  # functions that only a schedule invokes


async def run_all(*work: Callable[[], Awaitable[object]]) -> None:
    """Do all of the work, even if a part of it fails. Raises the first error at the end."""
    failed: Exception | None = None
    for one in work:
        try:
            await one()
        except Exception as error:
            if failed:  # the host logs the error that is raised
                log.exception("another part of the sweep failed")
            failed = failed or error
    if failed:
        raise failed


@asynccontextmanager
async def measured() -> AsyncGenerator[None]:
    """Send telemetry before the invocation ends, because the host may then freeze the process."""
    try:
        with telemetry.quiet():
            yield
    finally:
        await telemetry.flush()
