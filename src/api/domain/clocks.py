"""The difference (skew) between the clock of an event's sender and the server's clock."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from api.domain.events import Draft, EventResult

SKEW_STORED = timedelta(seconds=1)  # smaller differences are mostly transmission time
SKEW_WARNED = timedelta(minutes=5)
SKEW_MS_MAX = 100 * 366 * 86_400_000  # about 100 years, for clocks that were reset

_MILLISECOND = timedelta(milliseconds=1)


def skew_of(sent_at: datetime | None, received_at: datetime) -> timedelta | None:
    """Return the correction of the sender's clock, or None if `sent_at` is missing."""
    return None if sent_at is None else received_at - sent_at


def event_skew_ms(skew: timedelta | None, offset_ms: int) -> int | None:
    """Return the correction of an event's time in ms, or None if it is unknown or less than 1 s.

    `offset_ms` is the correction that the sender had already applied when it queued the event. The
    result is within ±SKEW_MS_MAX, so that an exported event can be imported again.
    """
    if skew is None:
        return None
    remaining = max(-SKEW_MS_MAX, min(skew // _MILLISECOND - offset_ms, SKEW_MS_MAX))
    return remaining if abs(remaining) >= SKEW_STORED // _MILLISECOND else None


def skew_warning(entries: Iterable[Draft | EventResult], skew: timedelta | None) -> str | None:
    """Return a warning if the sender's clock is wrong by 5 minutes or more, else None."""
    drafts = [entry for entry in entries if isinstance(entry, Draft)]
    remaining = [timedelta(milliseconds=draft.clock_skew_ms or 0) for draft in drafts]
    if not drafts and skew:
        remaining = [skew]
    worst = max(remaining, key=abs, default=timedelta())
    if abs(worst) < SKEW_WARNED:
        return None
    side = "behind" if worst > timedelta() else "ahead of"
    return (
        f"The sender's clock is {abs(worst) // timedelta(seconds=1)} s {side} the API's. "
        "Events are stored with the timestamps they have, and the difference as clock_skew_ms."
    )
