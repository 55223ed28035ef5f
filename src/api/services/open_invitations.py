"""The invitations of an organisation that persons with known e-mail addresses could accept."""

from collections.abc import Sequence

from api.domain.reference import Invitation
from api.stores.protocol import Store


async def invitations_to(store: Store, org_id: str, *emails: str) -> Sequence[Invitation]:
    """Return the invitations of these addresses that were neither accepted nor revoked.

    Invitations that were created just now may be missing.
    """
    addresses = [email for email in emails if email]
    if not addresses:
        return []
    return [
        one
        for one in await store.find(Invitation, org_id)
        if not one.is_removed and any(is_same_email(one.email, email) for email in addresses)
    ]


def is_same_email(one: str, other: str) -> bool:
    """Compare the addresses without case, but only in ASCII, where case is unambiguous."""
    return one == other or (one.isascii() and other.isascii() and one.lower() == other.lower())
