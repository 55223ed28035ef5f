"""The exchange of the secret of a share link for an access token."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.auth.caller import SHARED_VIEW_READ
from api.auth.issuer import Grant
from api.domain.reference import ACTIVE, Organization
from api.domain.times import parse_timestamp
from api.domain.views import SHARED_PAGES, Share, View, organization_of_share, share_id_of
from api.errors import ApiError
from api.stores.protocol import Store

TOKEN_LIFETIME = timedelta(minutes=2)  # the longest time that a revoked link's token remains valid


@dataclass(frozen=True, slots=True)
class SharedView:
    """A share link that works, its view and the organisation of both."""

    share: Share
    view: View
    organization: Organization

    @property
    def grant(self) -> Grant:
        """Return the permissions that the link gives."""
        return Grant(
            f"share:{self.share.share_id.removeprefix('share_')[:16]}",
            self.share.org_id,
            frozenset({SHARED_VIEW_READ}),
            shared_page=self.view.page,
            expires_at=parse_timestamp(self.share.expires_at),
            lifetime=TOKEN_LIFETIME,
        )


async def open_share(store: Store, secret: str, now: datetime) -> SharedView:
    """Return the view of the link with this secret.

    Raises ApiError `not_found`, with the same message for every link that doesn't work.
    """
    org_id = organization_of_share(secret)
    # The link is looked up by its hash, so the duration reveals nothing about existing links.
    stored = await store.read(Share, org_id, share_id_of(secret)) if org_id else None
    if stored is None or stored.record.is_removed or stored.record.is_expired(now):
        raise _no_share()
    share = stored.record
    view, organization = await asyncio.gather(
        store.read(View, org_id, share.view_id), store.read(Organization, org_id)
    )
    if view is None or view.record.is_removed or view.record.page not in SHARED_PAGES:
        raise _no_share()
    if organization is None or organization.record.status != ACTIVE:
        raise _no_share()
    return SharedView(share, view.record, organization.record)


def _no_share() -> ApiError:
    return ApiError("not_found", "The share link doesn't exist, has expired or was revoked.")
