"""Erasures of users: the jobs, the users whose events are refused, and the keys of their hashes.

After an erasure, the id of the user is stored nowhere. Records and the audit log contain a hash of
the id instead, made with a random key per organisation. The key is stored with the records that
depend on it, because it must outlive every rotation of the service's secrets: without the key, the
service would accept the events of erased users again.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hmac import digest
from typing import Any, Self

from api.domain.times import format_timestamp

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
OPEN = "open"  # in the index of erasures that aren't complete
SUBJECT = "subject"  # in the same index, of the records that contain the id of a user
KEY_ID = "key"
FAILURES_MAX = 10  # consecutive unexpected errors, before a job fails
_ID_DIGITS = 32
# Places that the service can't search, or in which data expires automatically.
COPIES_OUTSIDE = (
    "backups of the store, until they expire",
    "changes in the stream of the DynamoDB table, for 24 hours",
    "counts and hashed users of days whose events have expired, which contain no user ids",
    "expired events that DynamoDB has not deleted yet, for a few days",
    "the container or table rejected of earlier versions, until an operator deletes it",
    "addresses of requests with the user's id in the log of Azure's gateway, until they expire",
    "files that were exported or downloaded, and tables that other engines copied from the lake",
    "events that a browser or another client has stored and not sent; they are refused on arrival",
    "event ids and names of properties in the stored results of requests, for 24 hours",
    "properties of other users' events",
)


@dataclass(frozen=True, slots=True)
class PrivacyKey:
    """The key that hashes the ids of an organisation's erased users, as hexadecimal digits."""

    org_id: str
    key: str

    def hash(self, user_id: str) -> str:
        return digest(bytes.fromhex(self.key), user_id.encode(), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Suppression:
    """A user whose events are refused."""

    org_id: str
    user_id_hash: str
    erasure_id: str


@dataclass(frozen=True, slots=True)
class ErasureSubject:
    """The id of the user to erase. The record is deleted before the erasure is complete.

    `stored_at` is the time of the latest request to erase the user.
    """

    org_id: str
    erasure_id: str
    user_id: str
    stored_at: str = ""
    pending: str = SUBJECT


@dataclass(frozen=True, slots=True)
class Erasure:
    """A job that erases a user, and its progress. Times are empty until their step is complete.

    `events`, `days`, `dead_letters` and `lake_files` count what is deleted or rewritten. A day or a
    dead letter is counted before it is processed. `day` and `letter` name the day and the dead
    letter that were counted last, so a job that is killed and resumed counts nothing twice.
    """

    org_id: str
    erasure_id: str
    user_id_hash: str
    status: str
    created_at: str
    created_by: str
    act: int = 0  # the number of the administrative act that queued the job
    pending: str = OPEN  # OPEN, or empty if the job is done or has failed
    started_at: str = ""
    day: str = ""
    events: int = 0
    days: int = 0
    letter: str = ""
    dead_letters: int = 0
    deleted_at: str = ""
    lake_files: int = 0
    rewritten_at: str = ""
    verified_at: str = ""
    failures: int = 0  # consecutive unexpected errors
    copies_outside: tuple[str, ...] = ()

    def started(self, now: datetime) -> Self:
        return replace(self, status=RUNNING, started_at=format_timestamp(now))

    def with_day(self, day: str, events: int) -> Self:
        """Return the job with this day of the store added to its count, if it isn't counted yet."""
        if day == self.day:
            return self
        return replace(self, day=day, days=self.days + 1, events=self.events + events)

    def with_letter(self, letter: str) -> Self:
        """Return the job with this dead letter added to its count, if it isn't counted yet."""
        if letter == self.letter:
            return self
        return replace(self, letter=letter, dead_letters=self.dead_letters + 1)

    def repeated(self) -> Self:
        """Return the job reset to its start, because the verification has found more data."""
        return replace(self, deleted_at="", rewritten_at="", day="", letter="")

    def done(self) -> Self:
        """Return the completed job. The id of a dead letter can contain the id of an event."""
        done = replace(self, status=DONE, pending="", failures=0, letter="")
        return replace(done, copies_outside=COPIES_OUTSIDE)

    def failed_once(self) -> Self:
        """Return the job after an unexpected error. Too many errors in a row end the job."""
        failures = self.failures + 1
        if failures < FAILURES_MAX:
            return replace(self, failures=failures)
        return replace(self, failures=failures, status=FAILED, pending="")


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """The result of an erasure: deleted data, and the time when a search found nothing more.

    `events_deleted` and `days_touched` count events of the store and their UTC days,
    `dead_letters_deleted` counts dead letters that mentioned the user, and `lake_files_rewritten`
    counts files of the lake with events of the user, which were replaced.
    """

    erasure_id: str
    user_id_hash: str
    events_deleted: int
    days_touched: int
    dead_letters_deleted: int
    lake_files_rewritten: int
    verified_at: str
    copies_outside: tuple[str, ...]


def describe_erasure(erasure: Erasure) -> dict[str, Any]:
    """Return what callers may see of an erasure, by field name. Its receipt repeats no field."""
    names = ("erasure_id", "user_id_hash", "status", "created_at", "created_by")
    shown = {name: getattr(erasure, name) for name in names}
    receipt = asdict(receipt_of(erasure)) if erasure.status == DONE else None
    return shown | {"receipt": receipt and {k: receipt[k] for k in receipt if k not in shown}}


def receipt_of(erasure: Erasure) -> ErasureReceipt:
    """Return the receipt of an erasure that is done."""
    return ErasureReceipt(
        erasure.erasure_id,
        erasure.user_id_hash,
        erasure.events,
        erasure.days,
        erasure.dead_letters,
        erasure.lake_files,
        erasure.verified_at,
        erasure.copies_outside,
    )


def erasure_id_of(user_id_hash: str) -> str:
    """Return the id of a user's erasure, so that a repeated request finds the same job."""
    return f"ers_{user_id_hash[:_ID_DIGITS]}"


def suppression_id(user_id_hash: str) -> str:
    """Return the id of a suppression. The prefix keeps suppressions out of listings of jobs."""
    return f"suppressed~{user_id_hash}"


def subject_id(erasure_id: str) -> str:
    return f"subject~{erasure_id}"
