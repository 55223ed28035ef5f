"""The container and the JSON format of each kind of record, for all stores."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields, replace
from typing import Any, cast

from api.domain.alerts import Alert, AlertState, Delivery, Message
from api.domain.erasures import (
    KEY_ID,
    Erasure,
    ErasureSubject,
    PrivacyKey,
    Suppression,
    subject_id,
    suppression_id,
)
from api.domain.events import Event, EventResult
from api.domain.idempotency import IdempotencyRecord
from api.domain.metrics import Metric, MetricValue
from api.domain.quotas import QuotaCounter
from api.domain.reference import ApiKey, AuditEntry, Invitation, Membership, Organization, User
from api.domain.rollups import (
    Checkpoint,
    DayCounts,
    DayUsers,
    DeadLetter,
    LateEvents,
    late_events_id,
    users_id,
)
from api.domain.views import Annotation, Board, Share, View
from api.errors import FieldError

type Document = dict[str, Any]

IDEMPOTENCY_TTL_SECONDS = 24 * 60 * 60
AUDIT_TTL_SECONDS = 400 * 24 * 60 * 60
INVITATION_TTL_SECONDS = 40 * 24 * 60 * 60  # longer than any invitation is valid
QUOTA_TTL_SECONDS = 40 * 24 * 60 * 60  # longer than a month


@dataclass(frozen=True, slots=True)
class RecordKind[R]:
    """A kind of record: its container, its key and its conversions to and from JSON.

    The key consists of owner and id, or only of the id. If the key doesn't contain the owner,
    `owner` names the field that contains the owner. `index` names the field that `find_indexed`
    searches. Records in which the field named by `index` is empty are not in the index.
    """

    container: str
    key: Callable[[R], tuple[str, ...]]
    encode: Callable[[R], Document]
    decode: Callable[[Mapping[str, Any]], R]
    owner: str | None = None
    index: str = ""


def ingest_id_of(document: Mapping[str, Any]) -> str | None:
    """Return the ingest id of an event's document.

    In older documents, the field with the ingest id is called `claim`.
    """
    return document.get("ingest_id", document.get("claim"))


def optional_fields(event: Event) -> Document:
    """Return the fields that documents of events can lack."""
    fields = {"clock_skew_ms": event.clock_skew_ms, "received_at": event.received_at}
    return {name: value for name, value in fields.items() if value is not None}


def decode_optional_fields(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the optional fields of an event.

    Instead of `received_at`, older documents have the day of receipt in the field `received_on`,
    if it isn't the day of the timestamp.
    """
    return {
        "clock_skew_ms": document.get("clock_skew_ms"),
        "received_at": document.get("received_at"),
        "late_day": document.get("received_on", ""),
    }


def record_kind[R](kind: type[R]) -> RecordKind[R]:
    return cast("RecordKind[R]", RECORDS[kind])


def record_key(record: object) -> tuple[str, ...]:
    """Return the key with which the store reads and deletes this record."""
    return record_kind(type(record)).key(record)


def _plain[R](
    kind: type[R],
    container: str,
    key: Callable[[R], tuple[str, ...]],
    owner: str | None = None,
    index: str = "",
) -> RecordKind[R]:
    """Return a kind of record whose fields are JSON values.

    Fields that are missing in an older document get their defaults.
    """
    names = {field.name: field.default is MISSING for field in fields(cast("Any", kind))}

    def decode(document: Mapping[str, Any]) -> R:
        present = {name for name, is_required in names.items() if is_required or name in document}
        return kind(**{name: document[name] for name in present})

    def encode(record: R) -> Document:
        return asdict(cast("Any", record))

    return RecordKind(container, key, encode, decode, owner, index or owner or "")


def _present(document: Mapping[str, Any], kind: type[Any]) -> Document:
    """Return the fields that the document has; documents of earlier versions lack some fields."""
    names = (field.name for field in fields(kind))
    return {name: document[name] for name in names if name in document}


def _decode_idempotency(document: Mapping[str, Any]) -> IdempotencyRecord:
    """Decode a record.

    In records from before 2026-12, the field `opened_at` is called `claimed_at`.
    """
    if "claimed_at" in document:
        document = {**document, "opened_at": document["claimed_at"]}
    values = _present(document, IdempotencyRecord)
    values["results"] = tuple(_decode_result(result) for result in document["results"])
    return IdempotencyRecord(**values)


def _decode_api_key(document: Mapping[str, Any]) -> ApiKey:
    """Decode a key. API keys that earlier versions stored lack some fields."""
    values = _present(document, ApiKey)
    values["origins"] = tuple(values.get("origins", ()))
    return ApiKey(**values)


def _decode_result(document: Mapping[str, Any]) -> EventResult:
    error = document["error"]
    return EventResult(
        index=document["index"],
        event_id=document["event_id"],
        status=document["status"],
        error=FieldError(**error) if error else None,
    )


def encode_counts(day: DayCounts) -> Document:
    """Encode a day's counts. Omit empty fields, because the document is rewritten often."""
    trusted = {name: n for name, n in day.counts.items() if name in day.trusted_names}
    document: Document = {
        "org_id": day.org_id,
        "day": day.day,
        "number": day.number,
        "counts": {name: n for name, n in day.counts.items() if name not in trusted},
        "users_key": day.users_key,
        "users_number": day.users_number,
    }
    optional = {
        "users_missing": day.users_missing,
        "closed": int(day.closed),
        "trusted_counts": trusted,
        "received": day.received,
        "erased": day.erased,
        "frozen_from": day.frozen_from,
    }
    return document | {name: value for name, value in optional.items() if value}


def decode_counts(document: Mapping[str, Any]) -> DayCounts:
    """Decode a day's counts.

    Documents that were stored before user hashes had a key have no fields about users.
    """
    trusted = document.get("trusted_counts", {})
    return DayCounts(
        org_id=document["org_id"],
        day=document["day"],
        number=document["number"],
        counts={**document["counts"], **trusted},
        users_key=document.get("users_key", ""),
        users_number=document.get("users_number", 0),
        users_missing=document.get("users_missing", 0),
        trusted_names=frozenset(trusted),
        closed=bool(document.get("closed")),
        received=document.get("received", {}),
        erased=document.get("erased", {}),
        frozen_from=document.get("frozen_from", ""),
    )


def _encode_users(users: DayUsers) -> Document:
    return asdict(users) | {"sketch": b64encode(users.sketch).decode()}


def _decode_users(document: Mapping[str, Any]) -> DayUsers:
    return DayUsers(
        org_id=document["org_id"],
        day=document["day"],
        number=document["number"],
        users_key=document["users_key"],
        users_missing=document["users_missing"],
        sketch=b64decode(document["sketch"]),
    )


def _decode_organization(document: Mapping[str, Any]) -> Organization:
    """Decode an organisation.

    The record of an organisation that no administrative act has changed may lack the list of
    owners.
    """
    values = _present(document, Organization)
    if values.get("owners") is not None:
        values["owners"] = tuple(values["owners"])
    return Organization(**values)


def _decode_board(document: Mapping[str, Any]) -> Board:
    values = _present(document, Board)
    values["view_ids"] = tuple(values["view_ids"])
    return Board(**values)


def _decode_share(document: Mapping[str, Any]) -> Share:
    values = _present(document, Share)
    values["queries"] = tuple(values["queries"])
    return Share(**values)


def _decode_alert_state(document: Mapping[str, Any]) -> AlertState:
    last, messages = document["last_delivery"], [Message(**one) for one in document["messages"]]
    own: Document = {"messages": tuple(messages), "last_delivery": last and Delivery(**last)}
    return AlertState(**_present(document, AlertState) | own)


def _decode_erasure(document: Mapping[str, Any]) -> Erasure:
    values = _present(document, Erasure)
    values["copies_outside"] = tuple(values.get("copies_outside", ()))
    return Erasure(**values)


_EFFECTS: dict[str, type[Any]] = {
    "organization": Organization,
    "user": User,
    "membership": Membership,
    "api_key": ApiKey,
    "invitation": Invitation,
    "suppression": Suppression,
    "erasure": Erasure,
    "view": View,
    "board": Board,
    "annotation": Annotation,
    "share": Share,
    "alert": Alert,
}
_EFFECT_NAMES = {kind: name for name, kind in _EFFECTS.items()}


def _encode_audit(entry: AuditEntry) -> Document:
    effects = [
        {"kind": _EFFECT_NAMES[type(record)], "record": asdict(record)} for record in entry.effects
    ]
    document = asdict(replace(entry, effects=())) | {"effects": effects}
    return {name: value for name, value in document.items() if value}


def _decode_audit(document: Mapping[str, Any]) -> AuditEntry:
    values = _present(document, AuditEntry)
    values["effects"] = tuple(
        record_kind(_EFFECTS[effect["kind"]]).decode(effect["record"])
        for effect in document.get("effects", ())
    )
    return AuditEntry(**values)


def dead_letter_from_document(document: Mapping[str, Any], reason: str) -> DeadLetter:
    """Return the dead letter for a document. Omit the properties that the store adds."""
    org_id, day, item = (str(document.get(name, "")) for name in ("org_id", "day", "id"))
    own = {name: value for name, value in document.items() if not name.startswith("_")}
    return DeadLetter(org_id, day, item, reason, own)


RECORDS: dict[type[Any], RecordKind[Any]] = {
    IdempotencyRecord: RecordKind(
        "idempotency", lambda r: (r.org_id, r.key_hash), asdict, _decode_idempotency
    ),
    DayCounts: RecordKind("rollups", lambda r: (r.org_id, r.day), encode_counts, decode_counts),
    DayUsers: RecordKind(
        "rollups", lambda r: (r.org_id, users_id(r.day)), _encode_users, _decode_users
    ),
    DeadLetter: _plain(
        DeadLetter, "dead_letters", lambda r: (r.org_id, f"{r.day}~{r.document_id}")
    ),
    LateEvents: _plain(LateEvents, "rollups", lambda r: (r.org_id, late_events_id(r.month, r.day))),
    Metric: _plain(Metric, "metrics", lambda r: (r.org_id, f"metric~{r.name}")),
    MetricValue: _plain(MetricValue, "metrics", lambda r: (r.org_id, f"{r.name}:{r.date}")),
    Organization: RecordKind("organizations", lambda r: (r.org_id,), asdict, _decode_organization),
    User: _plain(User, "users", lambda r: (r.user_id,)),
    Membership: _plain(Membership, "memberships", lambda r: (r.user_id, r.org_id), index="org_id"),
    ApiKey: RecordKind(
        "api_keys",
        lambda r: (r.key_hash,),
        asdict,
        _decode_api_key,
        owner="org_id",
        index="org_id",
    ),
    Invitation: _plain(
        Invitation, "invitations", lambda r: (r.token_hash,), owner="org_id", index="org_id"
    ),
    AuditEntry: RecordKind(
        "audit",
        lambda r: (r.org_id, r.entry_id),
        _encode_audit,
        _decode_audit,
        index="pending",
    ),
    PrivacyKey: _plain(PrivacyKey, "erasures", lambda r: (r.org_id, KEY_ID)),
    Suppression: _plain(
        Suppression, "erasures", lambda r: (r.org_id, suppression_id(r.user_id_hash))
    ),
    ErasureSubject: _plain(
        ErasureSubject,
        "erasures",
        lambda r: (r.org_id, subject_id(r.erasure_id)),
        index="pending",
    ),
    Erasure: RecordKind(
        "erasures",
        lambda r: (r.org_id, r.erasure_id),
        asdict,
        _decode_erasure,
        index="pending",
    ),
    View: _plain(View, "views", lambda r: (r.org_id, r.view_id)),
    Board: RecordKind("views", lambda r: (r.org_id, r.board_id), asdict, _decode_board),
    Annotation: _plain(Annotation, "views", lambda r: (r.org_id, r.annotation_id)),
    Share: RecordKind("views", lambda r: (r.org_id, r.share_id), asdict, _decode_share),
    Alert: _plain(Alert, "alerts", lambda r: (r.org_id, r.alert_id)),
    AlertState: RecordKind("alerts", lambda r: (r.org_id, r.state_id), asdict, _decode_alert_state),
    QuotaCounter: _plain(QuotaCounter, "quotas", lambda r: (r.org_id, r.month)),
    Checkpoint: _plain(Checkpoint, "leases", lambda r: (r.name,)),
}
