"""The timer's function does each kind of delayed work even if another kind fails."""

import pytest

from api.hosting import rollup_feed as feed
from api.hosting.rollup_feed import RollupFeed
from api.settings import Settings
from api.stores.protocol import Store

WORK = ["sweep", "rebuild_outdated", "finish_intents", "expire"]


@pytest.mark.parametrize("failing", WORK)
async def test_a_failure_does_not_prevent_the_other_work(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, failing: str
):
    done: list[str] = []
    rollup_feed = RollupFeed(settings)

    async def open_it() -> Store:
        return store

    def work(name: str):
        async def run(*_: object, **__: object) -> None:
            done.append(name)
            if name == failing:
                raise OSError("as planned")

        return run

    monkeypatch.setattr(rollup_feed, "start", open_it)
    monkeypatch.setattr(rollup_feed._expiry, "run", work("expire"))
    for name in WORK[:-1]:
        monkeypatch.setattr(feed, name, work(name))

    with pytest.raises(OSError, match="as planned"):
        await rollup_feed.sweep()
    assert done == WORK
