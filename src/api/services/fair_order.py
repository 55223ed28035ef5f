"""Round-robin order of the items of several organisations."""

from collections.abc import Iterable
from itertools import zip_longest
from typing import Protocol


class OfOrganization(Protocol):
    @property
    def org_id(self) -> str: ...


def in_turn[T: OfOrganization](items: Iterable[T]) -> list[T]:
    """Order items round-robin: first one item of every organisation, then the next item of each."""
    by_org: dict[str, list[T]] = {}
    for item in items:
        by_org.setdefault(item.org_id, []).append(item)
    return [item for turn in zip_longest(*by_org.values()) for item in turn if item is not None]
