"""Administrative acts in tests: who performs them, and what they leave in the store."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import count

from api.domain.alerts import Alert
from api.domain.reference import Actor, ApiKey, AuditEntry, Invitation, Membership, Organization
from api.domain.views import Annotation, Board, Share, View
from api.services.acts import Context
from api.services.administration import create_organization
from api.services.alerts import NewAlert, create_alert
from api.services.members import Person, add_member
from api.services.shares import Terms, create_share
from api.services.views import NewView, create_annotation, create_board, create_view, list_saved
from api.stores.protocol import Store
from tests.support import ManualClock

ORG = "org_new"
OPERATOR = Actor("operator", "alice")


class Acting:
    """Contexts of one actor; each act gets its own id and a time of its own."""

    def __init__(self, clock: ManualClock, actor: Actor = OPERATOR) -> None:
        self._clock, self._actor, self._numbers = clock, actor, count(1)

    def __call__(self) -> Context:
        self._clock.forward(seconds=1)
        number = next(self._numbers)
        return Context(self._actor, self._clock(), lambda: f"act{number:04}", f"request-{number}")


async def organization_with(store: Store, acting: Acting, members: Iterable[tuple[str, str]]):
    """Create the organisation with these (user_id, role)."""
    assert await create_organization(store, acting(), org_id=ORG, name="New", plan="growth")
    for user_id, role in members:
        assert await add_member(store, acting(), ORG, person=Person(user_id), role=role)


async def roles(store: Store) -> dict[str, str]:
    found = await store.find_indexed(Membership, ORG)
    return {member.user_id: member.role for member in found if not member.is_removed}


async def save_one_of_each(store: Store, acting: Acting) -> None:
    """Save a view, a board, an annotation, a share link and an alert."""
    view = await create_view(store, acting(), ORG, NewView("V", "explore", ""), random="old")
    await create_board(store, acting(), ORG, "B", [view.view_id], random="old")
    await create_annotation(store, acting(), ORG, "2026-03-01T00:00:00Z", "A", random="old")
    context = acting()
    terms = Terms(context.now + timedelta(days=7), ["f" * 32])
    await create_share(store, context, ORG, view.view_id, terms, random="1old")
    alert = NewAlert("A", view.view_id, "above", 1, "https://hooks.example/")
    await create_alert(store, acting(), ORG, alert, random="old", secret="whsec_")


async def state(store: Store) -> dict[str, object]:
    """Return everything that administration keeps of the organisation, but the audit log."""
    stored = await store.read(Organization, ORG)
    keys = await store.find(ApiKey, ORG)
    invitations = await store.find(Invitation, ORG)
    return {
        "organization": stored and (stored.record.name, stored.record.status, stored.record.owners),
        "roles": await roles(store),
        "keys": {key.name for key in keys if not key.is_removed},
        "invitations": {one.email for one in invitations if not one.is_removed},
        "views": {one.name for one in await list_saved(store, View, ORG)},
        "alerts": {one.name for one in await list_saved(store, Alert, ORG)},
        "boards": {one.name: one.view_ids for one in await list_saved(store, Board, ORG)},
        "annotations": {one.text for one in await list_saved(store, Annotation, ORG)},
        "shares": {one.last_four for one in await list_saved(store, Share, ORG)},
    }


async def log(store: Store) -> list[tuple[str, str]]:
    """Return the acts in the audit container, oldest first, including intents."""
    entries = await store.find(AuditEntry, ORG)
    return [(entry.action, entry.pending) for entry in entries]
