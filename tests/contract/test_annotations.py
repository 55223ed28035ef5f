"""Annotations on every store."""

from datetime import timedelta

import pytest

from api.domain.reference import AuditEntry
from api.domain.views import Annotation, View
from api.errors import ApiError
from api.services import views
from api.services.unfinished_acts import PURGE_AFTER, finish_intents
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting, organization_with
from tests.support import ManualClock

FIRST, SECOND, THIRD = (f"2026-03-0{day}T10:00:00.000000Z" for day in (1, 2, 3))


@pytest.fixture
def acting(clock: ManualClock) -> Acting:
    return Acting(clock)


def refused(code: str):
    return pytest.raises(ApiError, check=lambda error: error.code == code)


async def annotate(store: Store, acting: Acting, at: str, random: str) -> Annotation:
    return await views.create_annotation(store, acting(), ORG, at, f"at {at}", random=random)


async def test_annotations_are_listed_by_their_time(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [])
    second = await annotate(any_store, acting, SECOND, "b")
    first = await annotate(any_store, acting, FIRST, "c")
    third = await annotate(any_store, acting, THIRD, "a")

    assert await views.list_annotations(any_store, ORG, "", "~") == [third, second, first]
    assert await views.list_annotations(any_store, ORG, FIRST, THIRD) == [second, first]
    assert not await views.list_annotations(any_store, "org_other", "", "~")
    assert not await views.list_saved(any_store, View, ORG)
    with refused("not_found"):
        await views.find_saved(any_store, Annotation, "org_other", first.annotation_id)


async def test_a_change_of_an_earlier_version_is_refused(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [])
    made = await annotate(any_store, acting, FIRST, "a")
    edit = views.Edit({"at": SECOND}, made.version)
    key = (Annotation, ORG, made.annotation_id)
    moved = await views.update_saved(any_store, acting(), *key, edit)

    assert (moved.at, moved.text) == (SECOND, made.text)
    with refused("precondition_failed"):
        await views.update_saved(any_store, acting(), *key, edit)
    with refused("precondition_failed"):
        await views.delete_saved(any_store, acting(), *key, version=made.version)


async def test_a_deleted_text_is_nowhere_after_an_hour(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [])
    made = await annotate(any_store, acting, FIRST, "a")
    key = (Annotation, ORG, made.annotation_id)
    await views.update_saved(any_store, acting(), *key, views.Edit({"text": "B", "at": SECOND}))
    await views.update_saved(any_store, acting(), *key, views.Edit({"text": "C"}))
    await views.delete_saved(any_store, acting(), *key)

    with refused("not_found"):
        await views.find_saved(any_store, *key)
    await finish_intents(any_store, acting().now + PURGE_AFTER, grace=timedelta())
    assert await any_store.read(*key) is None
    entries = await any_store.find(AuditEntry, ORG)
    assert [(one.action, one.details, one.effects) for one in entries[1:]] == [
        ("annotation.create", {"at": FIRST}, ()),
        ("annotation.update", {"at": [FIRST, SECOND]}, ()),
        ("annotation.update", {"at": SECOND}, ()),
        ("annotation.delete", {"at": SECOND}, ()),
    ]


async def test_an_organisation_has_a_limited_number_of_annotations(
    store: Store, acting: Acting, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(views, "_LIMITS", {Annotation: 1})
    await organization_with(store, acting, [])
    made = await annotate(store, acting, FIRST, "a")

    with refused("annotation_limit_reached"):
        await annotate(store, acting, FIRST, "b")
    await views.delete_saved(store, acting(), Annotation, ORG, made.annotation_id)
    await annotate(store, acting, FIRST, "b")
