"""Documents that can't be processed, which are kept with the reason."""

import logging
from collections.abc import (
    Awaitable,
    Callable,
    Container,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import Any, cast

from api import telemetry
from api.domain.rollups import DeadLetter
from api.errors import ApiError
from api.stores.protocol import RollupStore, Store

log = logging.getLogger(__name__)


async def move_to_dead_letters(store: RollupStore, dead_letter: DeadLetter) -> None:
    """Move a document to the dead letters because it can't be processed.

    Alarms depend on the log line that this function writes. A document that is delivered again is
    logged again, in case the process was killed before it wrote the line, but counted once.
    """
    is_new = await store.move_to_dead_letters(dead_letter)
    fields = {"org_id": dead_letter.org_id, "day": dead_letter.day, "reason": dead_letter.reason}
    log.error("a document can't be processed", extra={"fields": fields})
    if is_new:
        telemetry.count_dead_letter()


async def move_all_to_dead_letters(
    store: RollupStore,
    unreadable: Iterable[DeadLetter],
    *,
    is_kept: Callable[[DeadLetter], Awaitable[bool]] | None = None,
) -> ApiError | None:
    """Move all of these documents, or those that `is_kept` accepts.

    Return the last error of the store, so that the host retries.
    """
    failed: ApiError | None = None
    for document in unreadable:
        try:
            if is_kept is None or await is_kept(document):
                await move_to_dead_letters(store, document)
        except ApiError as error:
            failed = error
        except Exception:
            log.exception("a document can't be dead-lettered")
    return failed


async def find_dead_letters(
    store: Store, org_id: str, user_ids: Container[str]
) -> Sequence[DeadLetter]:
    """Return the organisation's dead letters that mention one of these users, ordered by id."""
    found = await store.find(DeadLetter, org_id)
    return [letter for letter in found if mentions(letter, user_ids)]


def mentions(letter: DeadLetter, user_ids: Container[str]) -> bool:
    """Return whether a text in the document is the id of one of these users."""
    return any(text in user_ids for text in _texts(letter.document))


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - a part of a document
    match value:
        case str():
            yield value
        case Mapping():
            for name, part in cast("Mapping[str, Any]", value).items():
                yield name
                yield from _texts(part)
        case list():
            for part in cast("list[Any]", value):
                yield from _texts(part)
        case _:
            return
