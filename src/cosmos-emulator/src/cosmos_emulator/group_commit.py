"""Group commit: requests handled in the same iteration of an event loop share one disk sync.

A response never includes a write that isn't on disk yet. The disk sync runs on the event loop. A
disk sync in a separate thread would be slower (7,400 instead of 8,000 events per second, measured
on two cores).
"""

import asyncio
import sqlite3
from collections.abc import Mapping

from cosmos_emulator.core import Emulator
from cosmos_emulator.messages import Response


class GroupCommit:
    """A version of `Emulator.handle` for an event loop.

    Group commits are used only if the emulator stores its data in a file.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._sync: asyncio.Task[None] | None = None  # pending sync of the open group

    async def handle(
        self, method: str, url: str, headers: Mapping[str, str], body: str | bytes | None
    ) -> Response:
        """Handle a request as `Emulator.handle` does, but as part of a group commit.

        When the method returns, all writes that the response acknowledges are on disk.
        """
        if not self._emulator.is_durable:
            return self._emulator.handle(method, url, headers, body)
        response = self._emulator.handle_in_group(method, url, headers, body)
        if not self._emulator.has_unflushed:
            return response
        if self._sync is None:
            self._sync = asyncio.create_task(self._end_group())
        try:
            await asyncio.shield(self._sync)
        except sqlite3.Error as error:
            refusal = self._emulator.refusal(error)
            activity = response.headers["x-ms-activity-id"]
            headers = {"content-type": "application/json"}
            return Response(refusal.status, headers, refusal.body(activity))
        return response

    async def _end_group(self) -> None:
        # The event loop starts this task in its next iteration, so the group contains all requests
        # that were handled before.
        self._sync = None
        self._emulator.flush()
