"""The event types that are counted by name on a day.

All types that aren't counted by name are counted together as `(other)`.

At most 1,000 types are counted by name per day, so a flood of types can't make the day's rollup
grow without limit. The first 600 types of a day are counted by name, whatever their source. After
600 types, the day is *closed*, and the types known from the previous days are added at once. On a
closed day, any other new type is counted by name only for trusted events. A type that was counted
as `(other)` for events of one source is never counted by name for that source later, so recounting
a day's events in any order gives the same counts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

OTHER = "(other)"
NAMED_MAX = 1000
OPEN_MAX = 600
KNOWN_MAX = 200
NAME_BYTES_MAX = 256
KNOWN_DAYS = 7  # a type is known if it was counted by name on one of this many previous days


@dataclass(frozen=True, slots=True)
class TypeNames:
    """The types counted by name on a day: some for all events, some only for trusted events."""

    everyone: frozenset[str] = frozenset()
    trusted: frozenset[str] = frozenset()
    closed: bool = False

    def name(self, event_type: str, *, trusted: bool) -> str:
        """Return the name under which an event of this type is counted."""
        is_named = event_type in self.everyone or (trusted and event_type in self.trusted)
        return event_type if is_named else OTHER

    def close_with(self, event_types: Iterable[str]) -> bool:
        """Return whether adding these types closes the day."""
        return not self.closed and len(self.everyone | _nameable(event_types)) > OPEN_MAX

    def extended(
        self, event_types: Sequence[str], *, trusted: bool, known: Sequence[str]
    ) -> "TypeNames":
        """Return the names after adding these types.

        `known` is used only if these types close the day.
        """
        new = [name for name in dict.fromkeys(event_types) if name in _nameable(event_types)]
        new = [name for name in new if self.name(name, trusted=trusted) == OTHER]
        if not new:
            return self
        if not self.closed:
            return self._opened(new, trusted=trusted, known=known)
        if not trusted:
            return self
        room = NAMED_MAX - len(self.everyone) - len(self.trusted)
        return TypeNames(self.everyone, self.trusted | set(new[: max(room, 0)]), closed=True)

    def _opened(self, new: Sequence[str], *, trusted: bool, known: Sequence[str]) -> "TypeNames":
        room = max(OPEN_MAX - len(self.everyone), 0)
        everyone = self.everyone | set(new[:room])
        if len(new) <= room:
            return TypeNames(everyone)
        room = max(NAMED_MAX - len(everyone), 0)
        unnamed = [name for name in dict.fromkeys(known) if name not in everyone]
        closed = TypeNames(everyone | set(unnamed[: min(KNOWN_MAX, room)]), closed=True)
        return closed.extended(new, trusted=trusted, known=())


def bounded(counts: Mapping[str, int], names: TypeNames) -> tuple[dict[str, int], TypeNames]:
    """Return the counts and names, counting the types above the limits as `(other)`.

    Only rollups of earlier versions exceed the limits. In a rollup that exceeds the limits, the
    most frequent types are still counted by name.
    """
    fits = _nameable(counts)
    kept = sorted(fits & counts.keys(), key=lambda name: (-counts[name], name))[:NAMED_MAX]
    if len(kept) == len(counts.keys() - {OTHER}):
        return dict(counts), names
    total = {name: counts[name] for name in kept}
    total[OTHER] = sum(counts.values()) - sum(total.values())
    return total, TypeNames(names.everyone & set(kept), names.trusted & set(kept), closed=True)


def rename(counts: Mapping[str, int], names: TypeNames, *, trusted: bool) -> Counter[str]:
    """Return the counts per name, where types that aren't counted by name become `(other)`."""
    total = Counter[str]()
    for event_type, count in counts.items():
        total[names.name(event_type, trusted=trusted)] += count
    return total


def rank_known(days: Sequence[Mapping[str, int]]) -> list[str]:
    """Return the event types that were counted by name on these days.

    The types that have been counted by name for the longest time come first.

    Types of the same day are ordered by frequency. A flood of new types can't displace the types
    that an organisation already uses, because new types come last.
    """
    ranked: dict[str, None] = {}
    for counts in days:
        named = [name for name in counts if name != OTHER and counts[name]]
        ranked |= dict.fromkeys(sorted(named, key=lambda name: (-counts[name], name)))
    return list(ranked)[:NAMED_MAX]


def _nameable(event_types: Iterable[str]) -> frozenset[str]:
    return frozenset(
        name for name in event_types if name != OTHER and len(name.encode()) <= NAME_BYTES_MAX
    )
