"""Requests of one event loop that arrive together share one disk sync.

A sync takes milliseconds, in a thread; meanwhile the loop goes on with other work, and requests
that come then make up the next group. Nobody hears of a write, own or not, before it is on disk.
"""

import asyncio
import sqlite3
from collections.abc import Mapping

from cosmos_emulator.core import Emulator
from cosmos_emulator.errors import CosmosError
from cosmos_emulator.messages import Response


class GroupCommit:
    """`handle` for an event loop. Without a file it answers at once."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._flush: asyncio.Task[None] | None = None  # of the group that is open or being synced
        self._is_syncing = False

    async def handle(
        self, method: str, url: str, headers: Mapping[str, str], body: str | bytes | None
    ) -> Response:
        """As `Emulator.handle`: an answered write is on disk."""
        if not self._emulator.is_durable:
            return self._emulator.handle(method, url, headers, body)
        while self._is_syncing and self._flush:
            await asyncio.wait([self._flush])
        response = self._emulator.handle_in_group(method, url, headers, body)
        if not self._emulator.has_unflushed:
            return response
        if self._flush is None or self._flush.done():
            self._flush = asyncio.create_task(self._sync())
        try:
            await asyncio.shield(self._flush)
        except sqlite3.Error as error:
            refusal = CosmosError(503, f"The store is unavailable: {error}")
            activity = response.headers["x-ms-activity-id"]
            return Response(503, {"content-type": "application/json"}, refusal.body(activity))
        return response

    async def _sync(self) -> None:
        # A task starts in the loop's next round: what else is ready by then joins the group.
        self._is_syncing = True
        try:
            await asyncio.to_thread(self._emulator.flush)
        finally:
            self._is_syncing = False
