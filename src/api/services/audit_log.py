"""The audit log of an organisation: the decided administrative acts, newest first."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from api.domain.reference import INTENDED, AuditEntry
from api.stores.protocol import Store

END = "\uffff"  # sorts after every entry id
PAGE_LIMIT = 100
SCANNED_MAX = 1_000  # entries that one page may read


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """A query for an organisation's acts with since <= time < until.

    The time bounds have the format of stored timestamps. `actor` is the id of an actor. An empty
    `actor` matches every actor, and an empty `action` every action.
    """

    org_id: str
    since: str = ""
    until: str = END
    actor: str = ""
    action: str = ""

    def matches(self, entry: AuditEntry) -> bool:
        return (
            entry.pending != INTENDED
            and self.actor in ("", entry.actor_id)
            and self.action in ("", entry.action)
        )


async def read_audit_page(
    store: Store, query: AuditQuery, *, before: str = END, limit: int
) -> tuple[Sequence[AuditEntry], str | None]:
    """Return up to `limit` acts before the entry id `before`, newest first.

    Also return the value of `before` for the next page, or None if there are no more acts. A page
    ends after SCANNED_MAX entries were read, so it can be short or even empty if few acts match.
    """
    found, before = list[AuditEntry](), min(before, query.until)
    for _ in range(SCANNED_MAX // PAGE_LIMIT):
        page = await store.find_last(
            AuditEntry, query.org_id, first=query.since, before=before, limit=PAGE_LIMIT
        )
        for entry in page:
            if query.matches(entry):
                if len(found) == limit:
                    return found, found[-1].entry_id
                found.append(entry)
        if len(page) < PAGE_LIMIT:
            return found, None
        before = page[-1].entry_id
    return found, before


async def read_audit_log(
    store: Store, query: AuditQuery, *, before: str = END
) -> AsyncGenerator[AuditEntry]:
    """Yield the query's acts whose entry id is less than `before`, newest first.

    To continue a listing, pass the entry id of its last act as `before`. At most PAGE_LIMIT entries
    are in memory at a time.
    """
    before = min(before, query.until)
    while True:
        page = await store.find_last(
            AuditEntry, query.org_id, first=query.since, before=before, limit=PAGE_LIMIT
        )
        for entry in page:
            if query.matches(entry):
                yield entry
        if len(page) < PAGE_LIMIT:
            return
        before = page[-1].entry_id
