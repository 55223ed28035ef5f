"""The audit log of an organisation: the decided administrative acts, newest first."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
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
    found, scanned = list[AuditEntry](), 0
    async with aclosing(_pages(store, query, before)) as pages:
        async for acts, following in pages:
            found += acts
            scanned += PAGE_LIMIT
            if len(found) > limit:
                return found[:limit], found[limit - 1].entry_id
            if scanned >= SCANNED_MAX:
                return found, following
    return found, None


async def read_audit_log(
    store: Store, query: AuditQuery, *, before: str = END
) -> AsyncGenerator[AuditEntry]:
    """Yield the query's acts whose entry id is less than `before`, newest first.

    To continue a listing, pass the entry id of its last act as `before`. At most PAGE_LIMIT entries
    are in memory at a time.
    """
    async with aclosing(_pages(store, query, before)) as pages:
        async for acts, _ in pages:
            for act in acts:
                yield act


async def _pages(
    store: Store, query: AuditQuery, before: str
) -> AsyncGenerator[tuple[Sequence[AuditEntry], str | None]]:
    """Yield the matching acts of each page of entries, and the value of `before` for the next."""
    following: str | None = min(before, query.until)
    while following is not None:
        page = await store.find_last(
            AuditEntry, query.org_id, first=query.since, before=following, limit=PAGE_LIMIT
        )
        following = page[-1].entry_id if len(page) == PAGE_LIMIT else None
        yield [entry for entry in page if query.matches(entry)], following
