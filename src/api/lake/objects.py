"""Access to the lake's files with obstore, for the log and for DuckDB."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import duckdb
import obstore
from obstore.exceptions import BaseError
from obstore.fsspec import FsspecStore
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from api.lake.databases import Limits, open_database
from api.lake.protocol import LakeUnavailable
from api.lake.storage import LakeStorage, Options

_RETRIES: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=10)}
_CHECKPOINT = """
    SELECT "add".path, "add".partitionValues['day'], "add".stats, protocol.minReaderVersion
    FROM read_parquet($file) WHERE "add" IS NOT NULL OR protocol IS NOT NULL
"""


class Objects:
    """The folder, container or bucket of the lake, opened again when its credentials change."""

    def __init__(self, storage: LakeStorage) -> None:
        self._storage = storage
        self._opened: tuple[Options, ObjectStore] | None = None

    async def open(self) -> ObjectStore:
        """Open the lake's location. A missing folder counts as an empty lake."""
        storage, credentials = self._storage, await self._storage.credentials()
        if self._opened and self._opened[0] == credentials:
            return self._opened[1]
        if await asyncio.to_thread(storage.is_missing_folder):
            return MemoryStore()
        self._opened = credentials, _open(storage, credentials)
        return self._opened[1]


def _open(storage: LakeStorage, credentials: Options) -> ObjectStore:
    if not storage.scheme:
        return LocalStore(storage.root)
    config: Any = credentials
    client: Any = {"allow_http": storage.allows_http}
    return from_url(storage.root, config=config, client_options=client, retry_config=_RETRIES)


async def open_filesystem(storage: LakeStorage) -> FsspecStore | None:
    """Return the file system through which DuckDB reads object storage, or None for a folder."""
    if not storage.scheme:
        return None
    scheme: Any = storage.scheme
    config: Any = await storage.credentials()
    client: Any = {"allow_http": storage.allows_http}
    return FsspecStore(scheme, config=config, client_options=client, retry_config=_RETRIES)


class StoredLog:
    """The log of one table (see `api.lake.log.LogFiles`)."""

    def __init__(self, storage: LakeStorage, objects: ObjectStore, table: str) -> None:
        self._storage = storage
        self._objects = objects
        self._place = f"{storage.table(table)}/_delta_log"
        self._path = f"{storage.table_path(table)}/_delta_log"

    async def names(self, *, after: str) -> Sequence[str]:
        offset = f"{self._path}/{after}" if after else None
        try:
            stream = obstore.list(self._objects, self._path, offset=offset)
            found = [item["path"] async for batch in stream for item in batch]
        except FileNotFoundError:
            return []
        except (BaseError, OSError) as error:
            raise LakeUnavailable(repr(error)) from error
        names = [path.rpartition("/")[2] for path in found]
        return [name for name in names if name > after]  # some services ignore the offset

    async def read(self, name: str) -> bytes | None:
        try:
            response = await obstore.get_async(self._objects, f"{self._path}/{name}")
            return bytes(await response.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise LakeUnavailable(repr(error)) from error

    async def read_checkpoint(self, name: str) -> Sequence[Mapping[str, Any]]:
        files = await open_filesystem(self._storage)
        try:
            rows = await asyncio.to_thread(_read_checkpoint, f"{self._place}/{name}", files)
        except duckdb.Error as error:
            raise LakeUnavailable(repr(error)) from error
        return [_action(*row) for row in rows]


def _read_checkpoint(place: str, files: FsspecStore | None) -> Sequence[tuple[Any, ...]]:
    with open_database(Limits(), files) as database:
        return database.execute(_CHECKPOINT, {"file": place}).fetchall()


def _action(
    path: str | None, day: str | None, stats: str | None, reader: int | None
) -> Mapping[str, Any]:
    if path is None:
        return {"protocol": {"minReaderVersion": reader}}
    return {"add": {"path": path, "partitionValues": {"day": day}, "stats": stats}}
