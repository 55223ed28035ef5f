"""Groups of a breakdown: the most frequent values, all other values, and events without one."""

import json
from collections.abc import Sequence

from api.domain.insight_filters import Attribute, Field
from api.domain.insights import NO_VALUE, OTHER_GROUP, Group
from api.lake.queries.sql import Arguments, as_number

KINDS = ALL, VALUE, OTHER, NONE = "all", "value", "other", "none"

type RowGroup = tuple[str, str | None]  # the kind, and the key of a value


def ranked(arguments: Arguments, source: str, weight: str, limit: int) -> str:
    """Return the query for the keys with the greatest weight; ties are ordered by text."""
    return (
        f"SELECT key FROM {source} WHERE key IS NOT NULL GROUP BY key "
        f"ORDER BY {weight} DESC, key LIMIT {arguments.add(limit)}"
    )


def known(arguments: Arguments, keys: Sequence[str]) -> str:
    """Return the query for the keys of the groups that an earlier statement found."""
    return f"SELECT unnest({arguments.add(list(keys))}::VARCHAR[]) AS key"


def grouped(source: str, ranking: str) -> str:
    """Return the query for the rows of the source with the kind and the key of their group."""
    return (
        f"SELECT {source}.* EXCLUDE (key), {ranking}.key AS grp, "
        f"CASE WHEN {source}.key IS NULL THEN '{NONE}' WHEN {ranking}.key IS NULL THEN '{OTHER}' "
        f"ELSE '{VALUE}' END AS kind "
        f"FROM {source} LEFT JOIN {ranking} ON {source}.key = {ranking}.key"
    )


def read_group(attribute: Attribute, group: RowGroup) -> Group:
    """Return the group of a row."""
    kind, key = group
    if kind == OTHER:
        return OTHER_GROUP
    if key is None:
        return NO_VALUE
    if isinstance(attribute, Field) or key.startswith(("[", "{")):
        return Group("value", key)
    value = json.loads(key)
    number = as_number(value) if isinstance(value, float) else value
    return Group("value", key if number is None else number)


def in_order(weights: dict[RowGroup, int]) -> list[RowGroup]:
    """Return the groups by descending weight, but the kinds `other` and `none` at the end."""

    def position(group: RowGroup) -> tuple[int, int, str]:
        kind, key = group
        return KINDS.index(kind), -weights[group], key or ""

    return sorted(weights, key=position)
