"""Administrative acts, each of which is decided and audited once, even if the process is killed.

1. The act's audit entry is written as an intent, with the records that the act will write.
2. A conditional write of the organisation's record decides the act. The organisation's
   record then contains the id of the audit entry.
3. The records are written, and the entry is completed.

Before an act is decided, the organisation's previous act is completed. An intent whose id isn't in
the organisation's record was therefore not decided. `api.services.unfinished_acts` completes or
withdraws acts that a crash interrupted.

The time and the id of an audit entry are later than those of the act that was decided before it,
so the entries of an organisation are in the order in which its acts were decided.
"""

import asyncio
import dataclasses
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from api.auth.errors import organization_suspended
from api.auth.exchange import require_membership
from api.domain.reference import (
    INTENDED,
    NUMBERED,
    PURGE,
    REMOVABLE,
    SUSPENDED,
    Actor,
    AuditEntry,
    Effect,
    Organization,
    User,
)
from api.domain.times import format_timestamp, parse_timestamp
from api.services.organization_records import require_organization
from api.stores.protocol import Conflict, Contended, Store, Stored, Unavailable
from api.stores.records import record_key

_STALE_MAX = timedelta(minutes=5)  # a read may miss an entry that was written just now
ATTEMPTS_MAX = 20  # each failed attempt means that another act was decided
_PAUSE_SECONDS_FIRST, _PAUSE_SECONDS_MAX = 0.02, 0.5  # at most 8 s over all attempts


@dataclass(frozen=True, slots=True)
class Context:
    """The actor, the time and the request of an act. `new_id` returns unique text.

    After a failed attempt, the act sleeps for the share `jitter` (from 0 to 1) of its back-off.
    `scope` is the scope that the actor's stored membership must grant when the act is decided.
    """

    actor: Actor
    now: datetime
    new_id: Callable[[], str]
    request_id: str = ""
    scope: str = ""  # empty if no scope is required, as for operators
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random

    @property
    def user_id(self) -> str:
        """Return the id of the user who acts, or "" if an operator acts."""
        return self.actor.id if self.actor.type == "user" else ""


@dataclass(frozen=True, slots=True)
class Change:
    """The changes of an act: the organisation's new record, and the records to write afterwards."""

    organization: Organization
    effects: Sequence[Effect] = ()
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


type Decide = Callable[[Organization], Awaitable[Change | None]]


async def perform(
    store: Store, context: Context, org_id: str, action: str, target: str, decide: Decide
) -> bool:
    """Perform an act and return True, or return False if `decide` finds nothing to change.

    `decide` is called again if another act is decided first. `decide` raises an ApiError to refuse
    the act. Raises ApiError `not_found` if the organisation doesn't exist,
    `organization_suspended` if it is suspended and the actor isn't an operator, and `not_a_member`
    or `insufficient_scope` if the actor's membership doesn't grant the scope of the context.

    If another act is decided first, this act may get a new audit entry with a later time, because
    the entries must be in the order of the decisions. The intents of failed attempts remain. These
    intents must not be deleted here, because a delayed write of the organisation's record could
    still decide the act. `api.services.unfinished_acts` withdraws them.
    """
    entry = _new_entry(context, org_id, action, target)
    intent: Stored[AuditEntry] | None = None
    for failed in range(ATTEMPTS_MAX):
        await _back_off(context, failed)
        known = await complete_last_act(store, org_id, context.now, own_entry=entry.entry_id)
        if intent and await _complete_if_decided(store, known.record, intent):
            return True
        entry, intent = _after(known.record.act_id, entry, intent)
        if known.record.status == SUSPENDED and context.actor.type != "operator":
            raise organization_suspended()
        if context.scope:  # an act that changes the membership now makes the decision below fail
            await require_membership(store, context.actor.id, org_id, context.scope)
        change = await decide(known.record)
        if change is None:
            return False
        number = known.record.acts + 1
        effects = _numbered(change.effects, number)
        entry = dataclasses.replace(entry, details=change.details, effects=effects)
        intent, is_done = await _write_intent(store, entry, intent)
        if is_done:
            return True
        decided = dataclasses.replace(change.organization, acts=number, act_id=entry.entry_id)
        try:
            await store.replace(decided, version=known.version)
        except Conflict:
            continue
        await complete_act(store, intent)
        return True
    raise Contended(f"the organisation {org_id} kept changing")


async def _back_off(context: Context, failed: int) -> None:
    """Sleep after this number of failed attempts."""
    if failed:
        longest = min(_PAUSE_SECONDS_FIRST * 2 ** (failed - 1), _PAUSE_SECONDS_MAX)
        await context.sleep(context.jitter() * longest)


async def found_organization(
    store: Store, context: Context, organization: Organization, effects: Sequence[Effect] = ()
) -> None:
    """Create an organisation, which is its first act. Raises Conflict if the id was ever used."""
    entry = _new_entry(context, organization.org_id, "organization.create", organization.org_id)
    new = dataclasses.replace(organization, acts=1, act_id=entry.entry_id)
    details: dict[str, Any] = {"name": new.name, "plan": new.plan, "owners": list(new.owners or ())}
    if new.events_per_month is not None:
        details["events_per_month"] = new.events_per_month
    effects = (new, *_numbered(effects, 1))
    entry = dataclasses.replace(entry, details=details, effects=effects)
    intent, _ = await _write_intent(store, entry, None)
    try:
        await store.create(new)
    except Conflict:
        known = await store.read(Organization, new.org_id)
        if known is None or not await _complete_if_decided(store, known.record, intent):
            raise
    else:
        await complete_act(store, intent)


async def _complete_if_decided(
    store: Store, known: Organization, intent: Stored[AuditEntry]
) -> bool:
    """Complete the act if its write of the organisation succeeded but raised Conflict.

    The response of that write may have been lost. Another process may since have completed the
    act and decided a later one. Return whether the act was decided.
    """
    entry = intent.record
    if known.act_id == entry.entry_id:
        await complete_act(store, intent)
        return True
    stored = await store.read(AuditEntry, entry.org_id, entry.entry_id)
    if stored is not None and stored.record.pending != INTENDED:
        return True
    if follows(entry, known.act_id):
        return False
    # The act gets a new intent now. The read above may be stale, but a conditional write can't be.
    _, is_done = await _write_intent(store, entry, intent)
    return is_done


async def complete_last_act(
    store: Store, org_id: str, now: datetime, *, own_entry: str = ""
) -> Stored[Organization]:
    """Complete the organisation's last act, unless it is `own_entry`. Return the organisation.

    Raises ApiError `not_found`, and Unavailable if the entry of the act isn't readable yet.
    """
    known = await require_organization(store, org_id)
    last = known.record.act_id
    if last and last != own_entry:
        entry = await store.read(AuditEntry, org_id, last)
        if entry and entry.record.pending == INTENDED:
            await complete_act(store, entry)
        if entry is None and now - _time_of(last) < _STALE_MAX:
            raise Unavailable(f"the audit entry {last} isn't readable yet")
    return known


async def _write_intent(
    store: Store, entry: AuditEntry, earlier: Stored[AuditEntry] | None
) -> tuple[Stored[AuditEntry], bool]:
    """Store the intent, and replace the intent of an earlier attempt.

    Also return whether the act was already completed by another process.
    """
    for _ in range(ATTEMPTS_MAX):
        try:
            if earlier:
                return await store.replace(entry, version=earlier.version), False
            return await store.create(entry), False
        except Conflict:
            earlier = await store.read(AuditEntry, entry.org_id, entry.entry_id)
        if earlier and earlier.record.pending != INTENDED:
            return earlier, True
    raise Contended("an audit entry kept changing")


async def complete_act(store: Store, intent: Stored[AuditEntry]) -> None:
    """Write the records of a decided act, then complete its entry. Safe to repeat."""
    entry = intent.record
    for record in entry.effects:
        await _write(store, record)
    removed = tuple(record for record in entry.effects if is_removed(record))
    done = dataclasses.replace(entry, pending=PURGE if removed else "", effects=removed)
    known: Stored[AuditEntry] | None = intent
    for _ in range(ATTEMPTS_MAX):
        try:
            if known is None:  # a sweep that read too early withdrew the decided act
                await store.create(done)
            else:
                await store.replace(done, version=known.version)
        except Conflict:
            known = await store.read(AuditEntry, entry.org_id, entry.entry_id)
            if known and known.record.pending != INTENDED:
                return
            continue
        return
    raise Contended("an audit entry kept changing")


async def _write(store: Store, record: Effect) -> None:
    """Write a record unless a later act has written it."""
    kind = type(record)
    for _ in range(ATTEMPTS_MAX):
        try:
            await store.create(record)
        except Conflict:
            known = await store.read(kind, *record_key(record))
        else:
            return
        if known is None:
            continue
        if isinstance(record, Organization) or known.record == record:
            return
        if _is_later(known.record, record):
            return
        try:
            await store.replace(record, version=known.version)
        except Conflict:
            continue
        return
    raise Contended("a record kept changing")


def _numbered(effects: Iterable[Effect], number: int) -> tuple[Effect, ...]:
    return tuple(
        dataclasses.replace(record, act=number) if isinstance(record, NUMBERED) else record
        for record in effects
    )


def _is_later(known: Effect, record: Effect) -> bool:
    """Return whether a later act has written the known record.

    Acts of several organisations write the same user, so users are ordered by their time of change
    instead of the number of the act.
    """
    match known, record:
        case (User(), User()):
            return known.updated_at >= record.updated_at
        case _ if isinstance(known, NUMBERED) and isinstance(record, NUMBERED):
            return known.act >= record.act > 0
        case _:
            return False


def is_removed(record: Effect) -> bool:
    return isinstance(record, REMOVABLE) and record.is_removed


def _new_entry(context: Context, org_id: str, action: str, target: str) -> AuditEntry:
    at = format_timestamp(context.now)
    return AuditEntry(
        org_id=org_id,
        entry_id=f"{at}~{context.new_id()}",
        at=at,
        actor_type=context.actor.type,
        actor_id=context.actor.id,
        action=action,
        target=target,
        request_id=context.request_id,
        pending=INTENDED,
        started_at=at,
    )


def follows(entry: AuditEntry, last: str) -> bool:
    """Return whether the entry's time is later than that of the entry id `last`."""
    return not last or entry.at > format_timestamp(_time_of(last))


def _after(
    last: str, entry: AuditEntry, intent: Stored[AuditEntry] | None
) -> tuple[AuditEntry, Stored[AuditEntry] | None]:
    """Return the entry and its intent if the entry follows the entry id `last`.

    Otherwise, return the entry with a later time and id, and None.
    """
    if follows(entry, last):
        return entry, intent
    at = format_timestamp(_time_of(last) + timedelta(microseconds=1))
    unique = entry.entry_id.partition("~")[2]
    return dataclasses.replace(entry, entry_id=f"{at}~{unique}", at=at), None


def _time_of(entry_id: str) -> datetime:
    return parse_timestamp(entry_id.partition("~")[0])
