"""Records of organisations, users, memberships, API keys and audit entries.

Each kind of record has its own container.

Administrative acts write these records; `api.services.acts` describes how. `act` is the number of
the act that wrote a record, so that a delayed write never overwrites a record of a later act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from api.domain.alerts import Alert
from api.domain.erasures import Erasure, Suppression
from api.domain.times import format_timestamp
from api.domain.views import Annotation, Board, Share, View

ACTIVE, SUSPENDED, DELETED = "active", "suspended", "deleted"
INVITATION_LIFETIME_MAX = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Organization:
    """An organisation. A conditional write of its record decides each administrative act.

    The record of a deleted organisation remains, so that the organisation's id is never used again.
    """

    org_id: str
    name: str
    plan: str
    created_at: str
    status: str = ACTIVE
    owners: tuple[str, ...] | None = None  # user ids; None if unknown, before the first act
    acts: int = 0  # the number of administrative acts
    act_id: str = ""  # the audit entry of the last act
    events_per_month: int | None = None  # the quota; None: unlimited
    warn_at: int = 80  # percent of the quota from which ingest responses contain a warning
    erasures: int = 0  # the number of users whose events are refused
    events_retention_days: int | None = None  # None: as the deployment; 0: forever
    events_from: str = ""  # events of earlier UTC days have expired; empty if none have
    timezone: str = "UTC"  # the IANA time zone in which the dashboard's days begin


@dataclass(frozen=True, slots=True)
class User:
    user_id: str
    email: str
    name: str
    role: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class Membership:
    user_id: str
    org_id: str
    role: str  # empty if the member was removed; the record is deleted later
    joined_at: str
    act: int = 0
    # As an admin entered them, or None if the user's own record contains them.
    email: str | None = None
    name: str | None = None

    @property
    def is_removed(self) -> bool:
        return not self.role

    def removed(self) -> "Membership":
        """Return the record that remains for a while, without the e-mail address and the name."""
        return replace(self, role="", email=None, name=None)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as stored, with the hash of its secret instead of the secret."""

    key_hash: str
    org_id: str
    # "secret" (ak_…), "read" (rk_…, only for reading) or "publishable" (pk_…, only for writing).
    kind: str  # empty if the key was revoked; the record is deleted later
    name: str
    created_at: str
    created_by: str = ""  # the user_id of the creator; empty if unknown or not created via the API
    act: int = 0
    expires_at: str = ""  # empty if the key never expires
    # The origins whose pages may use a publishable key; empty if all origins may use it.
    origins: tuple[str, ...] = ()
    last_used: str = ""  # a UTC day; empty if the key was never used, or only by earlier versions

    @property
    def is_removed(self) -> bool:
        return not self.kind


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as stored, with the hash of its token instead of the token."""

    token_hash: str
    org_id: str
    email: str
    role: str  # empty: accepted or revoked; the record is deleted later
    created_at: str
    expires_at: str
    created_by: str  # the user_id of the admin who invited
    act: int = 0
    accepted_by: str = ""  # the user_id of the person who accepted

    @property
    def is_removed(self) -> bool:
        return not self.role


# The records that contain the number of the act that wrote them, and those that can be removed.
NUMBERED = Membership | ApiKey | Invitation | Erasure | View | Board | Annotation | Share | Alert
REMOVABLE = Membership | ApiKey | Invitation | View | Board | Annotation | Share | Alert
type Effect = Organization | User | Suppression | NUMBERED


@dataclass(frozen=True, slots=True)
class Actor:
    """The user or operator who performs an administrative act. API keys can't perform acts."""

    type: Literal["user", "operator"]
    id: str


INTENDED = "intended"  # the act may or may not have been decided
PURGE = "purge"  # the act is complete; records that it removed remain for a while


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An administrative act: who did what to whom. The audit log omits `INTENDED` acts."""

    org_id: str
    entry_id: str  # begins with the time, so that entries are ordered by it
    at: str
    actor_type: str
    actor_id: str
    action: str  # such as "member.add"
    target: str  # the id of the member, key or organisation, or the hash of an erased user's id
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])
    request_id: str = ""
    pending: str = ""  # INTENDED, PURGE or empty
    effects: Sequence[Effect] = ()  # the records to write
    # The time on the clock of the process that acted. `at` can be later, because it follows the
    # `at` of the previous act. Empty in entries of earlier versions.
    started_at: str = ""


def is_expired(key: ApiKey, now: datetime) -> bool:
    """Return whether the API key has expired.

    Fractions of a second are ignored, because tokens also expire at full seconds.
    """
    return bool(key.expires_at) and key.expires_at[:19] <= format_timestamp(now)[:19]


def hash_invitation(token: str) -> str:
    """Return the id under which an invitation is stored, as for API keys."""
    return sha256(token.encode()).hexdigest()


_PREFIXES = {"secret": "ak_", "read": "rk_", "publishable": "pk_"}


def spell_api_key(kind: str, random: str) -> str:
    """Return the secret of a new key of this kind. `random` must be unguessable."""
    return _PREFIXES[kind] + random


def hash_api_key(api_key: str) -> str:
    """Return the id under which an API key is stored.

    The id is a plain SHA-256 hash, because an API key has at least 160 random bits and can't be
    guessed.
    """
    return sha256(api_key.encode()).hexdigest()
