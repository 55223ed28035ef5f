"""Group commit: requests handled in the same iteration of an event loop share one disk sync.

A response never includes a write that isn't on disk yet. The disk sync runs on the event loop. A
disk sync in a separate thread would be slower (7,400 instead of 8,000 events per second, measured
on two cores).
"""

import asyncio
import sqlite3
from collections.abc import Mapping

from cosmos_emulator.commits import Group
from cosmos_emulator.core import Emulator
from cosmos_emulator.messages import Response


class GroupCommit:
    """A version of `Emulator.handle` for an event loop.

    Group commits are used only if the emulator stores its data in a file.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._waiting = list[tuple[Group, asyncio.Future[None]]]()  # for the sync of a group

    async def handle(
        self, method: str, url: str, headers: Mapping[str, str], body: str | bytes | None
    ) -> Response:
        """Handle a request as `Emulator.handle` does, but as part of a group commit.

        When the method returns, all writes that the response acknowledges are on disk.
        """
        emulator = self._emulator
        handle = emulator.handle_in_group if emulator.is_durable else emulator.handle
        response = handle(method, url, headers, body)
        if response.group is None:
            await asyncio.sleep(0)  # so that many requests in a row don't block the loop
            return response
        try:
            await self._next_sync(response.group)
        except sqlite3.Error as error:
            refusal = self._emulator.refusal(error)
            activity = response.headers["x-ms-activity-id"]
            headers = {"content-type": "application/json"}
            return Response(refusal.status, headers, refusal.body(activity))
        return response

    def _next_sync(self, group: Group) -> asyncio.Future[None]:
        """Return a future that is done after the sync of a group.

        The sync runs in the event loop's next iteration, so the group contains all requests that
        were handled before. If the sync of another client comes first, it ends the group too.
        """
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._end_groups)
        future = loop.create_future()
        self._waiting.append((group, future))
        return future

    def _end_groups(self) -> None:
        waiting, self._waiting = self._waiting, []
        failure: Exception | None = None
        if not all(group.is_ended for group, _ in waiting):
            try:
                self._emulator.flush()
            except Exception as error:  # noqa: BLE001 - every request that waits gets it
                failure = error
        for group, future in waiting:
            error = group.error if group.is_ended else failure
            if future.cancelled():
                continue
            if error:
                future.set_exception(error)
            else:
                future.set_result(None)
