"""Public links to saved views, which show a view's result to people who aren't members.

Only the hash of a link's secret is stored. The secret is returned only when the link is created.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.domain.reference import Organization
from api.domain.times import format_timestamp
from api.domain.views import SHARED_PAGES, Share, View, share_id_of, spell_share
from api.errors import ApiError
from api.services.acts import Change, Context, perform
from api.services.members import require_not_deleted
from api.services.views import find_saved, list_saved, require_version
from api.stores.protocol import Store

LIFETIME = timedelta(days=7)
LIFETIME_MAX = timedelta(days=90)
SHARES_MAX = 100  # unexpired links of an organisation
SECRET_BYTES = 24  # random bytes of a new secret, of which the last two are stored
_REMOVED_MAX = 10  # expired links that the creation of a link removes


@dataclass(frozen=True, slots=True)
class Terms:
    """When a link expires, and the fingerprints of the queries that it may make.

    `version` is that of the view which the queries belong to. None: any version.
    """

    expires_at: datetime
    queries: Sequence[str]
    version: str | None = None


async def list_shares(store: Store, org_id: str, view_id: str, now: datetime) -> Sequence[Share]:
    """Return the view's links that still work, newest first. Raises ApiError `not_found`."""
    await find_saved(store, View, org_id, view_id)
    shares = await list_saved(store, Share, org_id)
    return [one for one in shares if one.view_id == view_id and not one.is_expired(now)]


async def create_share(
    store: Store,
    context: Context,
    org_id: str,
    view_id: str,
    terms: Terms,
    *,
    random: str,
) -> tuple[Share, str]:
    """Create a link that shows the view as it is now.

    Return the link and its secret, which contains the text `random`. Raises ApiError `not_found`,
    `precondition_failed` if the view has another version than the one in `terms`,
    `view_not_shareable` if its page shows users, and `share_limit_reached`.
    """
    secret = spell_share(org_id, random)
    share_id = share_id_of(secret)

    async def decide(known: Organization) -> Change:
        require_not_deleted(known)
        view = await find_saved(store, View, org_id, view_id)
        require_version(view, terms.version)
        if view.page not in SHARED_PAGES:
            raise ApiError(
                "view_not_shareable",
                f"The page {view.page} shows data of persons, so its views can't be shared. "
                f"Views of the pages {', '.join(SHARED_PAGES)} can.",
            )
        shares = await list_saved(store, Share, org_id)
        expired = [one for one in shares if one.is_expired(context.now)]
        if len(shares) - len(expired) >= SHARES_MAX:
            raise ApiError(
                "share_limit_reached",
                f"The organisation has {SHARES_MAX} share links. Revoke links that nobody uses.",
            )
        share = Share(
            org_id,
            share_id,
            view_id,
            view.name,
            view.page,
            view.state,
            tuple(terms.queries),
            secret[-4:],
            format_timestamp(terms.expires_at),
            context.user_id,
            format_timestamp(context.now),
        )
        removed = [one.removed() for one in expired[:_REMOVED_MAX]]
        return Change(known, [share, *removed], _details_of(share))

    await perform(store, context, org_id, "share.create", share_id, decide)
    return await find_saved(store, Share, org_id, share_id), secret


async def revoke_share(
    store: Store, context: Context, org_id: str, view_id: str, share_id: str
) -> None:
    """Revoke a link to the view. Raises ApiError `not_found`."""

    async def decide(known: Organization) -> Change:
        await find_saved(store, View, org_id, view_id)
        share = await find_saved(store, Share, org_id, share_id)
        if share.view_id != view_id:
            raise ApiError("not_found", "The view has no share link with this id.")
        return Change(known, [share.removed()], _details_of(share))

    await perform(store, context, org_id, "share.revoke", share_id, decide)


def _details_of(share: Share) -> dict[str, str]:
    return {
        "name": share.name,
        "view_id": share.view_id,
        "last_four": share.last_four,
        "expires_at": share.expires_at,
    }
