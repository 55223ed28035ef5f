"""Saved views, boards, annotations and alerts, which belong to all members of an organisation.

Every change is an administrative act. A change can name the version that it is based on, so that it
doesn't overwrite changes of others.
"""

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.domain.alerts import Alert
from api.domain.reference import Effect, Organization
from api.domain.times import format_timestamp
from api.domain.views import Annotation, Board, Share, View
from api.errors import ApiError, FieldError
from api.services.acts import Change, Context, perform
from api.services.members import require_not_deleted
from api.services.pages import Order, in_order
from api.stores.protocol import Store
from api.stores.records import record_key

VIEWS_MAX = 200
BOARDS_MAX = 50
ANNOTATIONS_MAX = 500
ALERTS_MAX = 50
TILES_MAX = 20  # views of a board
STATE_MAX = 8_000  # characters
ID_BYTES = 8  # random bytes of a new id

type Saved = View | Board | Annotation | Alert

_NAMES: Mapping[type[Saved | Share], str] = {
    View: "view",
    Board: "board",
    Annotation: "annotation",
    Alert: "alert",
    Share: "share",
}
_CREATE: Mapping[type[Saved], str] = {
    View: "view.create",
    Board: "board.create",
    Annotation: "annotation.create",
    Alert: "alert.create",
}
_UPDATE: Mapping[type[Saved], str] = {
    View: "view.update",
    Board: "board.update",
    Annotation: "annotation.update",
    Alert: "alert.update",
}
_DELETE: Mapping[type[Board | Annotation | Alert], str] = {
    Board: "board.delete",
    Annotation: "annotation.delete",
    Alert: "alert.delete",
}
_LIMITS: Mapping[type[Saved], int] = {
    View: VIEWS_MAX,
    Board: BOARDS_MAX,
    Annotation: ANNOTATIONS_MAX,
    Alert: ALERTS_MAX,
}


def _position_of(record: Saved | Share) -> tuple[str, ...]:
    return record.created_at, _id_of(record)


def _position_in_time(annotation: Annotation) -> tuple[str, ...]:
    return annotation.at, annotation.annotation_id


def _id_of(record: Saved | Share) -> str:
    return record_key(record)[-1]


@dataclass(frozen=True, slots=True)
class NewView:
    """The name of a new view, its page and the query string of the page's address."""

    name: str
    page: str
    state: str


@dataclass(frozen=True, slots=True)
class Edit:
    """The fields to change, and the version on which the change is based. None: any version."""

    changes: Mapping[str, Any]
    version: str | None = None


NEWEST_FIRST = Order[Any](_position_of, 2, is_descending=True)  # by the time of creation
LATEST_FIRST = Order[Annotation](_position_in_time, 2, is_descending=True)


async def list_saved[R: (View, Board, Annotation, Share, Alert)](
    store: Store, kind: type[R], org_id: str
) -> Sequence[R]:
    """Return the organisation's records of this kind, newest first."""
    prefix = f"{_NAMES[kind]}_"  # a container has several kinds of record
    found = await store.find(kind, org_id, first=prefix, last=f"{prefix}\uffff")
    return in_order([record for record in found if not record.is_removed], NEWEST_FIRST)


async def find_saved[R: (View, Board, Annotation, Share, Alert)](
    store: Store, kind: type[R], org_id: str, record_id: str
) -> R:
    """Return the organisation's record with this id. Raises ApiError `not_found`."""
    stored = await store.read(kind, org_id, record_id)
    if stored is None or stored.record.is_removed:
        raise ApiError("not_found", f"The organisation has no {_NAMES[kind]} with this id.")
    return stored.record


async def create_view(
    store: Store, context: Context, org_id: str, new: NewView, *, random: str
) -> View:
    """Save a view whose id contains the text `random`. Raises ApiError `view_limit_reached`."""
    now, view_id = format_timestamp(context.now), f"view_{random}"
    view = View(org_id, view_id, new.name, new.page, new.state, context.user_id, now, now)
    return await create_saved(store, context, view, {"name": new.name, "page": new.page})


async def create_board(
    store: Store,
    context: Context,
    org_id: str,
    name: str,
    view_ids: Sequence[str] = (),
    *,
    random: str,
) -> Board:
    """Create a board whose id contains the text `random`.

    Raises ApiError `board_limit_reached`, and `invalid_payload` if a view doesn't exist.
    """
    now, views = format_timestamp(context.now), tuple(view_ids)
    board = Board(org_id, f"board_{random}", name, views, context.user_id, now, now)
    return await create_saved(store, context, board, {"name": name, "views": len(views)})


async def create_annotation(
    store: Store, context: Context, org_id: str, at: str, text: str, *, random: str
) -> Annotation:
    """Create an annotation whose id contains the text `random`.

    Raises ApiError `annotation_limit_reached`.
    """
    now, annotation_id = format_timestamp(context.now), f"annotation_{random}"
    annotation = Annotation(org_id, annotation_id, at, text, context.user_id, now, now)
    return await create_saved(store, context, annotation, _summary_of(annotation))


async def list_annotations(store: Store, org_id: str, start: str, end: str) -> Sequence[Annotation]:
    """Return the annotations whose time is in start <= time < end, latest first."""
    found = await list_saved(store, Annotation, org_id)
    return in_order([one for one in found if start <= one.at < end], LATEST_FIRST)


async def create_saved[R: (View, Board, Annotation, Alert)](
    store: Store, context: Context, record: R, details: Mapping[str, Any]
) -> R:
    """Store a new record and return it. `details` are for the audit log.

    Raises ApiError `…_limit_reached`, and `invalid_payload` if it names a view that doesn't exist.
    """
    kind, org_id = type(record), record.org_id
    name, limit = _NAMES[kind], _LIMITS[kind]

    async def decide(known: Organization) -> Change:
        require_not_deleted(known)
        if len(await list_saved(store, kind, org_id)) >= limit:
            raise ApiError(
                f"{name}_limit_reached",
                f"The organisation has {limit} {name}s. Delete {name}s that nobody uses.",
            )
        await _require_views(store, record)
        return Change(known, [record], details)

    await perform(store, context, org_id, _CREATE[kind], _id_of(record), decide)
    return await find_saved(store, kind, org_id, _id_of(record))


async def update_saved[R: (View, Board, Annotation, Alert)](
    store: Store, context: Context, kind: type[R], org_id: str, record_id: str, edit: Edit
) -> R:
    """Change a record, and return it.

    Raises ApiError `not_found`, `invalid_payload` if it names a view that doesn't exist, and
    `precondition_failed` if the record has another version than the one in `edit`.
    """

    async def decide(known: Organization) -> Change | None:
        record = await find_saved(store, kind, org_id, record_id)
        require_version(record, edit.version)
        changed = replace(record, **edit.changes)
        if changed == record:
            return None
        await _require_views(store, changed)
        changed = replace(changed, updated_at=format_timestamp(context.now))
        return Change(known, [changed], _details_of(record, changed))

    await perform(store, context, org_id, _UPDATE[kind], record_id, decide)
    return await find_saved(store, kind, org_id, record_id)


async def delete_view(
    store: Store,
    context: Context,
    org_id: str,
    view_id: str,
    *,
    version: str | None = None,
) -> None:
    """Delete a view with its share links and alerts, and remove it from all boards.

    Raises ApiError as `update_saved` does.
    """

    async def decide(known: Organization) -> Change:
        view = await find_saved(store, View, org_id, view_id)
        require_version(view, version)
        effects: list[Effect] = [view.removed()]
        for board in await list_saved(store, Board, org_id):
            if view_id in board.view_ids:
                left = tuple(one for one in board.view_ids if one != view_id)
                now = format_timestamp(context.now)
                effects.append(replace(board, view_ids=left, updated_at=now))
        shares = await list_saved(store, Share, org_id)
        alerts = await list_saved(store, Alert, org_id)
        effects += [one.removed() for one in (*shares, *alerts) if one.view_id == view_id]
        return Change(known, effects, _summary_of(view))

    await perform(store, context, org_id, "view.delete", view_id, decide)


async def delete_saved[R: (Board, Annotation, Alert)](
    store: Store,
    context: Context,
    kind: type[R],
    org_id: str,
    record_id: str,
    *,
    version: str | None = None,
) -> None:
    """Delete an annotation, an alert, or a board without its views.

    Raises ApiError as `update_saved` does.
    """

    async def decide(known: Organization) -> Change:
        record = await find_saved(store, kind, org_id, record_id)
        require_version(record, version)
        return Change(known, [record.removed()], _summary_of(record))

    await perform(store, context, org_id, _DELETE[kind], record_id, decide)


def require_version(record: Saved, version: str | None) -> None:
    """Raise ApiError `precondition_failed` unless the record has the version. None: any."""
    if version not in (None, record.version):
        raise ApiError(
            "precondition_failed",
            f"The {_NAMES[type(record)]} has been changed since you read it. Read it again, then "
            "repeat your change.",
        )


async def _require_views(store: Store, record: Saved) -> None:
    """Raise ApiError `invalid_payload` if a view that the record names doesn't exist."""
    match record:
        case Board(view_ids=names):
            wanted = {f"/view_ids/{place}": view_id for place, view_id in enumerate(names)}
        case Alert(view_id=view_id):
            wanted = {"/view_id": view_id}
        case _:
            return
    found = await gather(*(store.read(View, record.org_id, one) for one in wanted.values()))
    pairs = zip(wanted, found, strict=True)
    missing = [pointer for pointer, one in pairs if one is None or one.record.is_removed]
    if missing:
        detail = "must be the id of a view of the organisation"
        raise ApiError(
            "invalid_payload",
            f"The {_NAMES[type(record)]} names views that don't exist.",
            errors=[FieldError(pointer, "unknown_view", detail) for pointer in missing],
        )


def _summary_of(record: Saved) -> dict[str, Any]:
    """Return what identifies a record in the audit log, which keeps no texts of annotations."""
    if isinstance(record, Annotation):
        return {"at": record.at}
    page = {"page": record.page} if isinstance(record, View) else {}
    return {"name": record.name, **page}


def _details_of(record: Saved, changed: Saved) -> dict[str, Any]:
    """Return what changed, for the audit log, without states of views and texts of annotations."""
    if isinstance(record, Annotation) or isinstance(changed, Annotation):
        return _changes_of(record, changed, "at") or _summary_of(record)
    details = {"name": record.name}
    if changed.name != record.name:
        details["new_name"] = changed.name
    if isinstance(record, Alert):
        return details | _setting_names(record, changed)
    if isinstance(record, Board) and isinstance(changed, Board):
        return details | {"views": [len(record.view_ids), len(changed.view_ids)]}
    return details | _changes_of(record, changed, "page")


def _setting_names(record: Alert, changed: Saved) -> dict[str, Any]:
    """Return which settings of an alert changed. URLs can contain secrets."""
    names = ("condition", "threshold", "url", "enabled")
    differing = (one for one in names if getattr(record, one) != getattr(changed, one))
    return {"changed": ", ".join(differing)}


def _changes_of(record: Saved, changed: Saved, field: str) -> dict[str, Any]:
    values = [getattr(record, field), getattr(changed, field)]
    return {field: values} if values[0] != values[1] else {}
