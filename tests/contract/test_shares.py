"""Share links of saved views on every store."""

from datetime import timedelta

import pytest

from api.auth.shares import open_share
from api.domain.reference import AuditEntry
from api.domain.views import Share, View
from api.errors import ApiError
from api.services import shares, views
from api.services.unfinished_acts import PURGE_AFTER, finish_intents
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting, organization_with
from tests.support import ManualClock

DAY = timedelta(days=1)


@pytest.fixture
def acting(clock: ManualClock) -> Acting:
    return Acting(clock)


def refused(code: str):
    return pytest.raises(ApiError, check=lambda error: error.code == code)


async def save(store: Store, acting: Acting, random: str) -> View:
    new = views.NewView("Sign-ups", "explore", "range=7d")
    return await views.create_view(store, acting(), ORG, new, random=random)


async def share(
    store: Store, acting: Acting, view: View, random: str, lifetime: timedelta = DAY
) -> tuple[Share, str]:
    context = acting()
    terms = shares.Terms(context.now + lifetime, ["f" * 32, "e" * 32], view.version)
    return await shares.create_share(store, context, ORG, view.view_id, terms, random=random * 48)


async def test_the_links_of_a_view_are_listed_newest_first_until_they_expire(
    any_store: Store, acting: Acting
):
    await organization_with(any_store, acting, [])
    view, other = [await save(any_store, acting, random) for random in ("a", "b")]
    brief, _ = await share(any_store, acting, view, "1")
    longer, secret = await share(any_store, acting, view, "2", 2 * DAY)
    await share(any_store, acting, other, "3")
    now = acting().now

    listed = await shares.list_shares(any_store, ORG, view.view_id, now)
    assert [one.share_id for one in listed] == [longer.share_id, brief.share_id]
    later = await shares.list_shares(any_store, ORG, view.view_id, now + DAY)
    assert [one.share_id for one in later] == [longer.share_id]
    assert (await open_share(any_store, secret, now + DAY)).share == longer
    assert (longer.name, longer.page, longer.state) == (view.name, view.page, view.state)
    assert longer.queries == ("f" * 32, "e" * 32)
    assert await views.list_saved(any_store, View, ORG) == [other, view]


async def test_a_link_shows_the_view_as_it_was_when_the_link_was_created(
    any_store: Store, acting: Acting
):
    await organization_with(any_store, acting, [])
    view = await save(any_store, acting, "a")
    shared, secret = await share(any_store, acting, view, "1")
    changes = views.Edit({"name": "Paid", "state": "range=30d"})
    changed = await views.update_saved(any_store, acting(), View, ORG, view.view_id, changes)

    assert (await open_share(any_store, secret, acting().now)).share == shared
    with refused("precondition_failed"):
        await share(any_store, acting, view, "2")
    later, _ = await share(any_store, acting, changed, "2")
    assert (later.name, later.state, shared.state) == ("Paid", "range=30d", view.state)


async def test_a_revoked_link_and_those_of_a_deleted_view_are_purged(
    any_store: Store, acting: Acting
):
    await organization_with(any_store, acting, [])
    kept, deleted = [await save(any_store, acting, random) for random in ("a", "b")]
    revoked, secret = await share(any_store, acting, kept, "1")
    left, secret_left = await share(any_store, acting, kept, "2")
    of_deleted, secret_of_deleted = await share(any_store, acting, deleted, "3")
    with refused("not_found"):
        await shares.revoke_share(any_store, acting(), ORG, deleted.view_id, revoked.share_id)
    await shares.revoke_share(any_store, acting(), ORG, kept.view_id, revoked.share_id)
    await views.delete_view(any_store, acting(), ORG, deleted.view_id)

    for gone in (secret, secret_of_deleted):
        with refused("not_found"):
            await open_share(any_store, gone, acting().now)
    await open_share(any_store, secret_left, acting().now)
    await finish_intents(any_store, acting().now + PURGE_AFTER, grace=timedelta())
    for one in (revoked, of_deleted):
        assert await any_store.read(Share, ORG, one.share_id) is None
    assert await any_store.read(Share, ORG, left.share_id)


async def test_acts_are_audited_without_the_secret(any_store: Store, acting: Acting):
    await organization_with(any_store, acting, [])
    view = await save(any_store, acting, "a")
    shared, secret = await share(any_store, acting, view, "1")
    await shares.revoke_share(any_store, acting(), ORG, view.view_id, shared.share_id)

    [_, _, created, revoked] = await any_store.find(AuditEntry, ORG)
    details = {
        "name": "Sign-ups",
        "view_id": view.view_id,
        "last_four": "1111",
        "expires_at": shared.expires_at,
    }
    assert (created.action, created.target, created.details) == (
        "share.create",
        shared.share_id,
        details,
    )
    assert (revoked.action, revoked.target, revoked.details) == (
        "share.revoke",
        shared.share_id,
        details,
    )
    assert secret not in repr((created, revoked))


async def test_an_organisation_has_a_limited_number_of_links_that_work(
    store: Store, acting: Acting, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shares, "SHARES_MAX", 1)
    await organization_with(store, acting, [])
    view = await save(store, acting, "a")
    expired, _ = await share(store, acting, view, "1", timedelta(seconds=1))
    kept, _ = await share(store, acting, view, "2")
    with refused("share_limit_reached"):
        await share(store, acting, view, "3")

    stored = await views.list_saved(store, Share, ORG)
    assert [one.share_id for one in stored] == [kept.share_id]
    assert expired.share_id != kept.share_id
