"""The indexing policy of a container, and the container's SQLite table for queries."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.values import PropertyPath

WILDCARD = "*"
SCALAR = "?"


def _steps(path: str) -> tuple[str, ...]:
    """Return the steps of an index path, for example `("a", "b c", "?")` for `/a/"b c"/?`."""
    return tuple(step.strip('"') for step in path.strip("/").split("/"))


@dataclass(frozen=True)
class IndexingPolicy:
    """The indexed paths of a container. The paths in `columns` have their own SQLite columns."""

    included: tuple[tuple[str, ...], ...]
    excluded: tuple[tuple[str, ...], ...]
    composites: tuple[tuple[tuple[PropertyPath, bool], ...], ...]  # (path, is descending)

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> Self:
        """Read the `indexingPolicy` property of a container's JSON."""

        included: list[dict[str, str]] = policy.get("includedPaths") or []
        excluded: list[dict[str, str]] = policy.get("excludedPaths") or []
        composites: list[list[dict[str, str]]] = policy.get("compositeIndexes") or []
        return cls(
            tuple(_steps(rule["path"]) for rule in included),
            tuple(_steps(rule["path"]) for rule in excluded),
            tuple(_composite(parts) for parts in composites),
        )

    @cached_property
    def columns(self) -> tuple[PropertyPath, ...]:
        scalars = [path[:-1] for path in self.included if path[-1] == SCALAR and "[]" not in path]
        composite = [path for index in self.composites for path, _ in index]
        return tuple(dict.fromkeys(p for p in [*scalars, *composite] if p not in ((), ("id",))))

    @cached_property
    def indexes_everything(self) -> bool:
        return (WILDCARD,) in self.included

    def covers(self, path: PropertyPath) -> bool:
        """Return whether a property is indexed, according to its most specific matching rule.

        The property `id` is always indexed.
        """
        if path == ("id",):
            return True
        included = max((_match(rule, path) for rule in self.included), default=-1)
        return included >= 0 and included > max(
            (_match(rule, path) for rule in self.excluded), default=-1
        )

    def check_order(self, order: list[tuple[PropertyPath, bool]]) -> None:
        """Raise QueryError for an ORDER BY without a matching index, as Cosmos DB does."""
        if len(order) > 1 and not any(self._serves(index, order) for index in self.composites):
            raise QueryError(
                "SC2104",
                "The order by query does not have a corresponding composite index that it can be"
                " served from.",
            )
        if len(order) == 1 and not self.covers(order[0][0]):
            raise QueryError(
                "SC2105",
                "The index path corresponding to the specified order-by item is excluded.",
            )

    @staticmethod
    def _serves(
        index: tuple[tuple[PropertyPath, bool], ...], order: list[tuple[PropertyPath, bool]]
    ) -> bool:
        inverted = [(path, not descending) for path, descending in index]
        return order in (list(index), inverted)


def _composite(parts: list[dict[str, str]]) -> tuple[tuple[PropertyPath, bool], ...]:
    return tuple((_steps(part["path"]), part.get("order") == "descending") for part in parts)


def _match(rule: tuple[str, ...], path: PropertyPath) -> int:
    """Return how specifically a rule matches a path, or -1 for no match.

    A rule that ends with `?` is more specific than a rule that ends with `*`.
    """
    if rule[-1] == SCALAR:
        return 2 * len(path) + 1 if rule[:-1] == path else -1
    named = rule[:-1] if rule[-1] == WILDCARD else rule
    return 2 * len(named) if path[: len(named)] == named else -1


@dataclass(frozen=True)
class Table:
    """The SQLite table of one container.

    The primary key is the column `number`. The column `key` contains the whole partition key as
    JSON. The column `root` contains the first component of a partition key with several components.
    The column `epk` contains the effective partition key. The other columns are `id`, `partition`,
    `lsn`, `etag`, `expires`, `body` and one column for each path in `paths`. The columns `root` and
    `id` and the columns for `paths` contain values encoded by `encode`.
    """

    name: str
    paths: tuple[PropertyPath, ...]
    key_paths: tuple[PropertyPath, ...]
    has_root: bool

    @cached_property
    def columns(self) -> dict[PropertyPath, str]:
        """Return the quoted column name of each path that has its own column."""
        root = {self.key_paths[0]: "root"} if self.has_root else {}
        return {("id",): "id"} | {path: quoted(path) for path in self.paths} | root

    @cached_property
    def root(self) -> str:
        """Return the name of the first column in the index of every path."""
        return "root" if self.has_root else "key"

    def index(self, column: str) -> str:
        """Return the quoted name of a column's index."""
        return f'"{self.name}_{column.strip('"')}"'


def quoted(path: PropertyPath) -> str:
    """Return a path as a column name.

    Column names in SQLite are case-insensitive, so `A` becomes `^a`.
    """
    text = "".join(f"/{step}" for step in path).replace('"', '""')
    return '"' + re.sub("[A-Z^]", lambda capital: f"^{capital[0].lower()}", text) + '"'
