"""On AWS, the writer and the readers of the lake make only requests that their roles permit."""

import pytest

from api.lake import tables
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from tests.lake.samples import ORG, events, stored_keys
from tests.stores.s3 import RecordingS3, s3

__all__ = ["s3"]

READ = {"s3:GetObject", "s3:ListBucket"}
# Terraform also permits s3:AbortMultipartUpload, which only a failing upload needs.
WRITE = READ | {"s3:PutObject", "s3:DeleteObject"}


@pytest.fixture
def permissions(s3: tuple[RecordingS3, LakeStorage]):
    """Return a function for the permissions that were used since its last call."""
    recorder, _ = s3

    def used() -> set[str]:
        found = {action for action, _ in recorder.requests}
        keys = [key for _, key in recorder.requests if key]
        assert [key for key in keys if not key.startswith("events/")] == []
        recorder.requests.clear()
        return found

    return used


async def test_the_lake_needs_exactly_the_permissions_of_its_roles(
    s3: tuple[RecordingS3, LakeStorage], permissions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tables, "SMALL_FILES_MAX", 1)
    _, storage = s3
    lake, reader = DeltaTables(storage), DuckDBReader(storage)

    async def read() -> list:
        return events(3)

    for number in range(21):  # the log has a checkpoint after 20 writes
        await lake.append(ORG, events(2, first=2 * number))
    assert await lake.compact(ORG) == 21
    assert await lake.vacuum(ORG, older_than_hours=0) == 21
    await lake.replace_day(ORG, events(1)[0].day, read)
    assert permissions() == WRITE

    assert len(await stored_keys(reader)) == 3
    assert permissions() == READ
