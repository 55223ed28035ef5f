"""Saved views and boards on every store."""

import asyncio
from datetime import timedelta

import pytest

from api.domain.reference import AuditEntry
from api.domain.views import Board, View
from api.errors import ApiError
from api.services import views
from api.services.unfinished_acts import PURGE_AFTER, finish_intents
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting, organization_with
from tests.support import ManualClock

OTHER_ORG = "org_other"


@pytest.fixture
def acting(clock: ManualClock) -> Acting:
    return Acting(clock)


def refused(code: str):
    return pytest.raises(ApiError, check=lambda error: error.code == code)


async def save(store: Store, acting: Acting, random: str, name: str = "Sign-ups") -> View:
    return await views.create_view(
        store, acting(), ORG, views.NewView(name, "explore", "range=7d"), random=random
    )


async def test_views_and_boards_are_listed_separately_newest_first(
    any_store: Store, acting: Acting
):
    await organization_with(any_store, acting, [])
    first, second = [await save(any_store, acting, random) for random in ("b", "a")]
    ids = (first.view_id, second.view_id)
    board = await views.create_board(any_store, acting(), ORG, "Growth", ids, random="c")

    assert await views.list_saved(any_store, View, ORG) == [second, first]
    assert await views.list_saved(any_store, Board, ORG) == [board]
    assert board.view_ids == ids
    assert not await views.list_saved(any_store, View, OTHER_ORG)
    with refused("not_found"):
        await views.find_saved(any_store, View, OTHER_ORG, first.view_id)


async def test_a_change_of_an_earlier_version_is_refused(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [])
    view = await save(any_store, acting, "a")
    version = view.version

    async def rename(name: str) -> View:
        return await views.update_saved(
            any_store, acting(), View, ORG, view.view_id, views.Edit({"name": name}, version)
        )

    outcomes = await asyncio.gather(rename("A"), rename("B"), return_exceptions=True)

    [renamed] = [one for one in outcomes if isinstance(one, View)]
    [refusal] = [one for one in outcomes if isinstance(one, ApiError)]
    assert refusal.code == "precondition_failed"
    assert await views.find_saved(any_store, View, ORG, view.view_id) == renamed
    with refused("precondition_failed"):
        await views.delete_view(any_store, acting(), ORG, view.view_id, version=version)


async def test_a_deleted_view_leaves_all_boards_and_is_purged(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [])
    kept, deleted = [await save(any_store, acting, random) for random in ("a", "b")]
    ids = (deleted.view_id, kept.view_id)
    board = await views.create_board(any_store, acting(), ORG, "B", ids, random="c")
    await views.delete_view(any_store, acting(), ORG, deleted.view_id)
    [left] = await views.list_saved(any_store, Board, ORG)

    assert left.view_ids == (kept.view_id,)
    assert left.version != board.version
    with refused("not_found"):
        await views.find_saved(any_store, View, ORG, deleted.view_id)
    await finish_intents(any_store, acting().now + PURGE_AFTER, grace=timedelta())
    assert await any_store.read(View, ORG, deleted.view_id) is None
    assert await any_store.read(View, ORG, kept.view_id)


async def test_acts_are_audited_without_the_states_of_views(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [])
    view = await save(any_store, acting, "a")
    renamed = views.Edit({"name": "Weekly", "state": "range=90d"})
    await views.update_saved(any_store, acting(), View, ORG, view.view_id, renamed)
    board = await views.create_board(any_store, acting(), ORG, "Growth", random="b")
    added = views.Edit({"view_ids": (view.view_id,)})
    await views.update_saved(any_store, acting(), Board, ORG, board.board_id, added)
    await views.update_saved(any_store, acting(), Board, ORG, board.board_id, added)  # no change
    await views.delete_saved(any_store, acting(), Board, ORG, board.board_id)

    entries = await any_store.find(AuditEntry, ORG)
    assert [(one.action, one.target, one.details) for one in entries[1:]] == [
        ("view.create", view.view_id, {"name": "Sign-ups", "page": "explore"}),
        ("view.update", view.view_id, {"name": "Sign-ups", "new_name": "Weekly"}),
        ("board.create", board.board_id, {"name": "Growth", "views": 0}),
        ("board.update", board.board_id, {"name": "Growth", "views": [0, 1]}),
        ("board.delete", board.board_id, {"name": "Growth"}),
    ]


async def test_an_organisation_has_a_limited_number_of_views(
    store: Store, acting: Acting, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(views, "_LIMITS", {View: 1, Board: 1})
    await organization_with(store, acting, [])
    view = await save(store, acting, "a")
    await views.create_board(store, acting(), ORG, "B", random="a")

    with refused("view_limit_reached"):
        await save(store, acting, "b")
    with refused("board_limit_reached"):
        await views.create_board(store, acting(), ORG, "B", random="b")
    await views.delete_view(store, acting(), ORG, view.view_id)
    await save(store, acting, "b")
