"""The timers' functions do each kind of delayed work even if another kind fails."""

from typing import Any

import pytest

from api.hosting import archive_feed, rollup_feed
from api.hosting.archive_feed import ArchiveFeed
from api.hosting.feed import run_all
from api.hosting.rollup_feed import RollupFeed
from api.services.erasure_jobs import Eraser
from api.settings import Settings
from api.stores.protocol import Store

ROLLUPS = ["sweep", "rebuild_outdated", "finish_intents", "expire", "erase"]
ARCHIVE = ["erase", "maintain_lake"]


class Works:
    """Records the works that are done, one of which fails."""

    def __init__(self, failing: str) -> None:
        self.done: list[str] = []
        self._failing = failing

    def __call__(self, name: str) -> Any:
        async def run(*_: object, **__: object) -> None:
            self.done.append(name)
            if name == self._failing:
                raise OSError("as planned")

        return run


@pytest.mark.parametrize("failing", ROLLUPS)
async def test_a_failure_does_not_prevent_the_other_work_on_rollups(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, failing: str
):
    works, feed = Works(failing), RollupFeed(settings)

    async def open_it() -> Store:
        return store

    monkeypatch.setattr(feed, "start", open_it)
    monkeypatch.setattr(Eraser, "work", works("erase"))
    monkeypatch.setattr(feed._expiry, "run", works("expire"))
    for name in ROLLUPS[:3]:
        monkeypatch.setattr(rollup_feed, name, works(name))

    with pytest.raises(OSError, match="as planned"):
        await feed.sweep()
    assert works.done == ROLLUPS


@pytest.mark.parametrize("failing", ARCHIVE)
async def test_a_failure_does_not_prevent_the_other_work_on_the_lake(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, failing: str
):
    works, feed = Works(failing), ArchiveFeed(settings, lambda document: document)

    async def open_it() -> Any:
        return store, None, None

    monkeypatch.setattr(feed, "start", open_it)
    monkeypatch.setattr(Eraser, "work", works("erase"))
    monkeypatch.setattr(archive_feed, "maintain_lake", works("maintain_lake"))

    with pytest.raises(OSError, match="as planned"):
        await feed.sweep()
    assert works.done == ARCHIVE


async def test_the_first_of_several_errors_is_raised():
    async def fail(text: str) -> None:
        raise OSError(text)

    with pytest.raises(OSError, match="first"):
        await run_all(lambda: fail("first"), lambda: fail("second"))
