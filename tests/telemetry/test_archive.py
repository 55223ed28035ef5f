"""The lag of the event lake."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from api.domain.events import DayBatch
from api.domain.rollups import Checkpoint
from api.domain.times import format_timestamp
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services.archive import ARCHIVER, catch_up
from api.stores.protocol import Store
from tests.contract.samples import ORG, event
from tests.telemetry.test_folds import DAY, ago


async def test_the_lag_is_measured_once_from_the_oldest_event(
    any_store: Store, tmp_path: Path, measured, caplog
):
    caplog.set_level(logging.INFO, "api.services.archive")
    lake = DeltaTables(LakeStorage.in_folder(tmp_path / "lake"))
    received = [
        replace(event(number), received_at=format_timestamp(ago(seconds)))
        for number, seconds in enumerate((10, 90, 30))
    ]
    old = event(3)  # of a version that stored no time of receipt
    await any_store.append(DayBatch(ORG, DAY, [*received, old], None))
    await catch_up(any_store, lake)
    lag = measured.points("analytics.archive.lag")[()]
    await any_store.delete(Checkpoint, ARCHIVER)
    await catch_up(any_store, lake)  # reads all events again

    [line] = [r.fields for r in caplog.records if r.message == "events archived"]
    assert measured.points("analytics.archive.lag") == {(): lag}
    assert 90 <= lag < 120
    assert line == {"org_id": ORG, "lag_seconds": pytest.approx(lag, abs=0.001)}
