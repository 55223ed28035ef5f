"""A search through all chains of events, whose result funnels must equal.

The range of the funnels is the day of `tests.lake.memory.NOON`.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from statistics import fmean, median

from api.domain.insights import Step
from tests.lake.memory import NOON, Row

HALF_A_DAY = 12 * 3600  # from noon to the end of the range

type Numbered = tuple[int, int, frozenset[int]]  # time, position, and indexes of matching steps


def matching(row: Row, steps: Sequence[Step]) -> frozenset[int]:
    return frozenset(
        index
        for index, step in enumerate(steps)
        if step.event_type in (None, row.event_type)
        and (not step.filters or row.properties.get("gold") is True)
    )


def in_order(rows: Sequence[Row], steps: Sequence[Step]) -> list[Numbered]:
    """Return a user's events by time, then by the steps that they match."""

    def position(row: Row) -> tuple[object, ...]:
        found = matching(row, steps)
        return row.time, not found, sorted(found)

    events = sorted(rows, key=position)
    seconds = [(row.time - NOON) // timedelta(seconds=1) for row in events]
    return [
        (time, index, matching(row, steps))
        for index, (time, row) in enumerate(zip(seconds, events, strict=True))
    ]


def chains(
    events: Sequence[Numbered], size: int, *, strict: bool, chain: tuple[Numbered, ...] = ()
) -> Iterator[tuple[Numbered, ...]]:
    """Yield every chain of 1 to `size` steps."""
    if chain:
        yield chain
    if len(chain) == size:
        return
    for event in events:
        follows = not chain or event[1] > chain[-1][1]
        is_next = not chain or not strict or event[1] == chain[-1][1] + 1
        if follows and is_next and len(chain) in event[2]:
            yield from chains(events, size, strict=strict, chain=(*chain, event))


def by_chains(
    rows: Sequence[Row], steps: Sequence[Step], window: int, *, strict: bool
) -> list[int | None]:
    """Return for each step that a user reached the seconds from the step before it."""
    valid = [
        chain
        for chain in chains(in_order(rows, steps), len(steps), strict=strict)
        if chain[0][0] < HALF_A_DAY and chain[-1][0] - chain[0][0] <= window
    ]
    gaps: list[int | None] = []
    for size in range(1, len(steps) + 1):
        reaching = [chain for chain in valid if len(chain) == size]
        if not reaching:
            break
        first = min(chain[-1][1] for chain in reaching)
        ending = [chain for chain in reaching if chain[-1][1] == first]
        best = max(ending, key=lambda chain: (chain[0][0], chain[-2][0] if size > 1 else 0))
        gaps.append(best[-1][0] - best[-2][0] if size > 1 else None)
    return gaps


def matched(events: Sequence[Numbered], steps: Sequence[int]) -> int:
    """Return the size of the largest assignment of events to these steps."""
    if not steps:
        return 0
    step, *rest = steps
    taken = [
        1 + matched([e for e in events if e is not event], rest)
        for event in events
        if step in event[2]
    ]
    return max([*taken, matched(events, rest)])


def by_sets(rows: Sequence[Row], steps: Sequence[Step], window: int) -> list[int | None]:
    """Return the same as `by_chains` for steps in any order."""
    events = [event for event in in_order(rows, steps) if event[2]]
    indexes = range(len(steps))
    gaps: list[int | None] = []
    for size in range(1, len(steps) + 1):
        ends = [
            min(times)
            for entry in events
            if entry[0] < HALF_A_DAY
            and (
                times := [
                    end[0]
                    for end in events
                    if entry[0] <= end[0] <= entry[0] + window
                    and matched([e for e in events if entry[0] <= e[0] <= end[0]], indexes) >= size
                ]
            )
        ]
        if not ends:
            break
        last = min((event for event in events if event[0] == min(ends)), key=lambda e: e[1])
        gaps.append(gap_before(last, events, steps, window) if size > 1 else None)
    return gaps


def gap_before(
    last: Numbered, events: Sequence[Numbered], steps: Sequence[Step], window: int
) -> int:
    """Return the seconds from the latest other event of a step that the last one doesn't fill."""
    types = {step.event_type for step in steps}
    alone = {
        index
        for index, step in enumerate(steps)
        if None not in types and [s.event_type for s in steps].count(step.event_type) == 1
    }
    others = [
        event[0]
        for event in events
        if event is not last
        and last[0] - window <= event[0] <= last[0]
        and not event[2] <= (last[2] & alone)
    ]
    return last[0] - max(others)


def expected(
    rows: Sequence[Row], steps: Sequence[Step], window: int, order: str
) -> list[tuple[int, float | None, float | None]]:
    """Return for each step the number of users, and the median and the average seconds."""
    gaps: list[list[int | None]] = [[] for _ in steps]
    for user in {row.user_id for row in rows}:
        own = [row for row in rows if row.user_id == user]
        found = (
            by_sets(own, steps, window)
            if order == "any"
            else by_chains(own, steps, window, strict=order == "strict")
        )
        for index, gap in enumerate(found):
            gaps[index].append(gap)
    return [
        (len(each), median(times), fmean(times))
        if (times := [gap for gap in each if gap is not None])
        else (len(each), None, None)
        for each in gaps
    ]
