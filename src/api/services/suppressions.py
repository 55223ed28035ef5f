"""The erased users of an organisation, whose events are refused."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.domain.erasures import KEY_ID, PrivacyKey, Suppression, suppression_id
from api.domain.events import Draft, EventResult
from api.domain.reference import Organization
from api.errors import FieldError
from api.services.organization_records import read_organization
from api.stores.protocol import Store

_LAST = "\uffff"
_ORGANIZATIONS_MAX = 1000  # with erased users, in one cache


@dataclass(frozen=True, slots=True)
class SuppressedUsers:
    """The hashes of the erased users' ids, and the key with which they were made.

    `erasures` is the number of erasures that the organisation's record contained just before the
    hashes were read.
    """

    key: PrivacyKey
    hashes: frozenset[str] = frozenset()
    erasures: int = 0

    def __len__(self) -> int:
        return len(self.hashes)

    def __contains__(self, user_id: str) -> bool:
        return bool(self.hashes) and self.key.hash(user_id) in self.hashes

    def reject(self, entries: Sequence[Draft | EventResult]) -> Sequence[Draft | EventResult]:
        """Return the entries of a request, with the events of these users rejected."""
        if not self.hashes:
            return entries
        return [
            _rejected(entry, index) if isinstance(entry, Draft) and entry.user_id in self else entry
            for index, entry in enumerate(entries)
        ]


NOBODY = SuppressedUsers(PrivacyKey("", ""))


async def read_suppressions(
    store: Store, organization: Organization, known: SuppressedUsers
) -> SuppressedUsers:
    """Return the organisation's erased users, from `known` if no other user was erased since.

    An administrative act counts an erased user before it stores the user's suppression. A list that
    is still too short is therefore read again at the next call.
    """
    erasures = organization.erasures
    if known.erasures == erasures <= len(known):
        return known
    return replace(await _read_all(store, organization.org_id), erasures=erasures)


class SuppressionCache:
    """A cache of erased users, which is refreshed only when more users were erased."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, SuppressedUsers] = OrderedDict()

    async def read(self, store: Store, org_id: str) -> SuppressedUsers:
        """Return the erased users. Every call reads the organisation's record."""
        organization = await read_organization(store, org_id)
        known = await read_suppressions(store, organization, self._known.pop(org_id, NOBODY))
        if known.hashes:
            self._known[org_id] = known
            if len(self._known) > _ORGANIZATIONS_MAX:
                self._known.popitem(last=False)
        return known


async def _read_all(store: Store, org_id: str) -> SuppressedUsers:
    key = await store.read(PrivacyKey, org_id, KEY_ID)
    if key is None:
        return NOBODY
    first, last = suppression_id(""), suppression_id(_LAST)
    found = await store.find(Suppression, org_id, first=first, last=last)
    return SuppressedUsers(key.record, frozenset(one.user_id_hash for one in found))


def _rejected(draft: Draft, index: int) -> EventResult:
    error = FieldError(
        f"/events/{index}/user_id",
        "user_suppressed",
        "is the id of a user whose data was erased; events of this user are no longer accepted",
    )
    return EventResult(index, draft.event_id, "rejected", error)
