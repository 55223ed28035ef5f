"""The exchange of the secret of a share link for an access token."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from api.auth.caller import SHARED_VIEW_READ
from api.auth.issuer import Grant
from api.domain.reference import ACTIVE, Organization
from api.domain.times import parse_timestamp
from api.domain.views import Share, organization_of_share, share_id_of
from api.errors import ApiError
from api.stores.protocol import Store

TOKEN_LIFETIME = timedelta(minutes=2)  # the longest time that a revoked link's token remains valid


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A share link that works, and its organisation."""

    share: Share
    organization: Organization

    @property
    def grant(self) -> Grant:
        """Return the permissions that the link gives."""
        return Grant(
            f"share:{self.share.share_id.removeprefix('share_')[:16]}",
            self.share.org_id,
            frozenset({SHARED_VIEW_READ}),
            shared_queries=self.share.queries,
            expires_at=parse_timestamp(self.share.expires_at),
            lifetime=TOKEN_LIFETIME,
        )


async def open_share(store: Store, secret: str, now: datetime) -> OpenedLink:
    """Return the link with this secret and its organisation.

    Raises ApiError `not_found`, with the same message for every link that doesn't work.
    """
    org_id = organization_of_share(secret)
    # The link is looked up by its hash, so the duration reveals nothing about existing links.
    stored = await store.read(Share, org_id, share_id_of(secret)) if org_id else None
    if stored is None or stored.record.is_removed or stored.record.is_expired(now):
        raise _no_share()
    share = stored.record
    organization = await store.read(Organization, org_id)
    if organization is None or organization.record.status != ACTIVE:
        raise _no_share()
    return OpenedLink(share, organization.record)


def _no_share() -> ApiError:
    return ApiError("not_found", "The share link doesn't exist, has expired or was revoked.")
