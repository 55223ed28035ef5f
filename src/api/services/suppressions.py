"""The erased users of an organisation, whose events are refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.domain.erasures import KEY_ID, PrivacyKey, Suppression, suppression_id
from api.domain.events import Draft, EventResult
from api.errors import FieldError
from api.stores.protocol import Store

_LAST = "\uffff"


@dataclass(frozen=True, slots=True)
class SuppressedUsers:
    """The hashes of the erased users' ids, and the key with which they were made."""

    key: PrivacyKey
    hashes: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.hashes)

    def __contains__(self, user_id: str) -> bool:
        return bool(self.hashes) and self.key.hash(user_id) in self.hashes

    def reject(self, entries: Sequence[Draft | EventResult]) -> Sequence[Draft | EventResult]:
        """Return the entries of a request, in which events of these users are rejected."""
        if not self.hashes:
            return entries
        return [
            _rejected(entry, index) if isinstance(entry, Draft) and entry.user_id in self else entry
            for index, entry in enumerate(entries)
        ]


NOBODY = SuppressedUsers(PrivacyKey("", ""))


async def read_suppressions(store: Store, org_id: str) -> SuppressedUsers:
    """Return the organisation's erased users."""
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
