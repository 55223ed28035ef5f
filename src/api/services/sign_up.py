"""Self-service creation of organisations by signed-in persons.

The id of a person's first, second or third organisation is derived from the person's id, so the
conditional write that creates an organisation also enforces the limit. The id of a deleted
organisation is never used again, so deleted organisations count too.
"""

from hashlib import sha256

from api.domain.reference import ACTIVE, Organization
from api.domain.times import format_timestamp
from api.errors import ApiError
from api.services.acts import Context, complete_last_act
from api.services.administration import create_or_find
from api.services.input_checks import check_name
from api.services.invitations import SignedIn
from api.services.members import Person
from api.stores.protocol import Store

ORGANIZATIONS_MAX = 3  # per person
PLAN = "starter"
EVENTS_PER_MONTH = 100_000  # until an operator changes the quota
_ID_LENGTH = 20  # hexadecimal characters


async def sign_up(store: Store, context: Context, person: SignedIn, name: str) -> Organization:
    """Create an organisation with the person as its owner, and return it.

    If the person has already created an organisation with this name that is active and that the
    person still owns, return that organisation, and complete its last act in case its process was
    killed. Raises ApiError `email_not_verified`, `organization_limit_reached` or
    `invalid_parameter`.
    """
    if not person.verified_email:
        raise ApiError(
            "email_not_verified",
            "The ID token contains no verified e-mail address. Verify the address at the identity "
            "provider, and sign in again.",
        )
    check_name("name", name)
    owner = Person(person.user_id, person.verified_email, person.name)
    for number in range(1, ORGANIZATIONS_MAX + 1):
        org_id = nth_org_id(person.user_id, number)
        now = format_timestamp(context.now)
        new = Organization(org_id, name, PLAN, now, events_per_month=EVENTS_PER_MONTH)
        found, is_new = await create_or_find(store, context, new, owner)
        if is_new:
            return found
        if _is_same(found, name, person.user_id):
            await complete_last_act(store, org_id, context.now)
            return found
    raise ApiError(
        "organization_limit_reached",
        f"You have created {ORGANIZATIONS_MAX} organisations. Ask the operator of this service for "
        "more.",
    )


def nth_org_id(user_id: str, number: int) -> str:
    """Return the id of the person's n-th organisation, including deleted ones."""
    return f"org_{sha256(f'{user_id}~{number}'.encode()).hexdigest()[:_ID_LENGTH]}"


def _is_same(known: Organization, name: str, user_id: str) -> bool:
    return known.status == ACTIVE and known.name == name and user_id in (known.owners or ())
