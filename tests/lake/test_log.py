"""The log is read as deltalake reads it, whatever the writers of the lake did to the table."""

from pathlib import Path
from urllib.parse import unquote

import orjson
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.lake import tables as tables_module
from api.lake.log import TableState, read_state
from api.lake.objects import Objects, StoredLog
from api.lake.protocol import LakeUnavailable
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from tests.lake.samples import ORG, events

STEPS = st.lists(
    st.sampled_from(["append", "late", "compact", "empty", "erase", "vacuum", "read"]), max_size=45
)


async def no_events() -> list[object]:
    return []


async def log_of(storage: LakeStorage) -> StoredLog:
    return StoredLog(storage, await Objects(storage).open(), ORG)


def known_to_deltalake(storage: LakeStorage) -> tuple[int, dict[str, tuple[str, int]]]:
    table = DeltaTable(storage.table(ORG))
    actions = table.get_add_actions(flatten=True)
    rows = (actions[name].to_pylist() for name in ("path", "partition.day", "num_records"))
    files = {unquote(path): (str(day), count) for path, day, count in zip(*rows, strict=True)}
    return table.version(), files


def known_to_us(state: TableState) -> tuple[int, dict[str, tuple[str, int]]]:
    return state.version, {path: (file.day, file.count) for path, file in state.files.items()}


@given(steps=STEPS)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_any_history_is_read_as_deltalake_reads_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tables_module, "SMALL_FILES_MAX", 2)
    storage = LakeStorage.in_folder(tmp_path_factory.mktemp("lake"))
    tables, followed = DeltaTables(storage), TableState()
    log = await log_of(storage)
    await tables.append(ORG, events(1, first=999))
    for number, step in enumerate(steps):
        day = f"2026-03-1{number % 3}"
        if step == "append":
            await tables.append(ORG, events(2, first=2 * number, day=day))
        elif step == "late":
            await tables.append(ORG, events(1, first=number, day="2026-01-01"))
        elif step == "compact":
            await tables.compact(ORG)
        elif step == "erase":
            await tables.erase_user(ORG, "user-3")
        elif step == "vacuum":
            await tables.vacuum(ORG, older_than_hours=0, untracked=True)
        elif step == "empty":
            await tables.replace_day(ORG, day, no_events)
        else:
            followed = await read_state(log, followed if followed.version >= 0 else None)

    expected = known_to_deltalake(storage)
    assert known_to_us(await read_state(log)) == expected
    assert known_to_us(await read_state(log, followed)) == expected


async def test_a_table_with_a_checkpoint_is_read_from_it(tmp_path: Path):
    storage = LakeStorage.in_folder(tmp_path)
    tables = DeltaTables(storage)
    for number in range(25):
        await tables.append(ORG, events(1, first=number))
    log = await log_of(storage)
    earliest = await read_state(log)
    for file in tmp_path.rglob("_delta_log/*.json"):  # noqa: ASYNC240 - nothing else runs
        if int(file.stem) < 20:
            file.unlink()  # as the clean-up of the log does
    await tables.append(ORG, events(1, first=99))

    state = await read_state(log)
    assert known_to_us(state) == known_to_deltalake(storage)
    assert known_to_us(await read_state(log, earliest)) == known_to_us(state)
    assert await read_state(log, TableState(3)) == state


async def test_a_gap_in_the_log_is_an_error(tmp_path: Path):
    storage = LakeStorage.in_folder(tmp_path)
    for number in range(3):
        await DeltaTables(storage).append(ORG, events(1, first=number))
    next(tmp_path.rglob("*1.json")).unlink()  # noqa: ASYNC240 - nothing else runs

    with pytest.raises(LakeUnavailable, match="unavailable"):
        await read_state(await log_of(storage))


async def test_a_table_that_needs_a_newer_reader_is_refused(tmp_path: Path):
    storage = LakeStorage.in_folder(tmp_path)
    await DeltaTables(storage).append(ORG, events(1))
    newer = {"protocol": {"minReaderVersion": 3, "readerFeatures": ["deletionVectors"]}}
    log = next(tmp_path.rglob("_delta_log"))  # noqa: ASYNC240 - nothing else runs
    (log / "00000000000000000002.json").write_bytes(orjson.dumps(newer))

    with pytest.raises(LakeUnavailable) as caught:
        await read_state(await log_of(storage))
    assert "version 3 of the reader" in caught.value.reason


async def test_a_missing_table_has_no_version(tmp_path: Path):
    log = await log_of(LakeStorage.in_folder(tmp_path))

    assert await read_state(log) == TableState()


async def test_a_state_that_is_far_behind_is_read_from_the_checkpoint(tmp_path: Path):
    storage = LakeStorage.in_folder(tmp_path)
    await DeltaTables(storage).append(ORG, events(1))
    log, reads = await log_of(storage), list[str]()
    known = await read_state(log)
    for number in range(1, 45):
        await DeltaTables(storage).append(ORG, events(1, first=number))
    read = log.read

    async def count(name: str) -> bytes | None:
        reads.append(name)
        return await read(name)

    log.read = count
    state = await read_state(log, known)

    assert len(reads) <= 21  # the pointer to the checkpoint, and the commits after it
    assert known_to_us(state) == known_to_deltalake(storage)


@pytest.mark.parametrize("content", [b"{}", b"[]", b"{damaged", b'{"version": "1"}'])
async def test_a_damaged_pointer_to_the_checkpoint_is_an_error(tmp_path: Path, content: bytes):
    storage = LakeStorage.in_folder(tmp_path)
    await DeltaTables(storage).append(ORG, events(1))
    folder = next(tmp_path.rglob("_delta_log"))  # noqa: ASYNC240 - nothing else runs
    (folder / "_last_checkpoint").write_bytes(content)

    with pytest.raises(LakeUnavailable):
        await read_state(await log_of(storage))


async def test_a_file_without_statistics_is_an_error(tmp_path: Path):
    storage = LakeStorage.in_folder(tmp_path)
    await DeltaTables(storage).append(ORG, events(1))
    log = next(tmp_path.rglob("_delta_log"))  # noqa: ASYNC240 - nothing else runs
    foreign = {
        "add": {"path": "day=2026-03-10/x.parquet", "partitionValues": {"day": "2026-03-10"}}
    }
    (log / "00000000000000000002.json").write_bytes(orjson.dumps(foreign))

    with pytest.raises(LakeUnavailable) as caught:
        await read_state(await log_of(storage))
    assert "no statistics" in caught.value.reason
