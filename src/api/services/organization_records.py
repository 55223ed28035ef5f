"""Read the record of an organisation."""

from api.domain.reference import Organization
from api.errors import ApiError
from api.stores.protocol import Store, Stored


async def require_organization(store: Store, org_id: str) -> Stored[Organization]:
    """Return the stored record, even if it was deleted. Raises ApiError `not_found`."""
    stored = await store.read(Organization, org_id)
    if stored is None:
        raise ApiError("not_found", f"There is no organisation {org_id}.")
    return stored


async def find_organization(store: Store, org_id: str) -> Organization:
    """Return the organisation, even if it was deleted. Raises ApiError `not_found`."""
    return (await require_organization(store, org_id)).record


async def read_organization(store: Store, org_id: str) -> Organization:
    """Return the organisation, or one without plan and quota if its record doesn't exist."""
    stored = await store.read(Organization, org_id)
    return stored.record if stored else Organization(org_id, "", "", "")
