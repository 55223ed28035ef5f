"""The operations and needs of serverless functions, from a copy of `functions/manifest.json`."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STORE = "store"
CURSOR_SECRET = "cursor_secret"  # noqa: S105 - the name of a need
SIGNING_KEY = "signing_key"
PUBLIC_KEYS = "public_keys"
LAKE = "lake"
USER_HASH_SECRET = "user_hash_secret"  # noqa: S105 - as above

_ENTRIES: Mapping[str, Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("manifest.json").read_bytes()
)


@dataclass(frozen=True, slots=True)
class Function:
    """A serverless function: its operations, all from one router, and the resources it needs."""

    router: str | None  # the name of a module of api.routers; None for the change feed's reader
    operations: tuple[str, ...]
    needs: frozenset[str]


def _function(name: str, entry: Mapping[str, Any]) -> Function:
    router = entry.get("router")
    operations = entry.get("operations", [name] if router else [])
    return Function(router, tuple(operations), frozenset(entry["needs"]))


FUNCTIONS = {name: _function(name, entry) for name, entry in _ENTRIES.items()}
ROUTERS = tuple(dict.fromkeys(each.router for each in FUNCTIONS.values() if each.router))


def router_of(operation: str) -> str:
    """Return the router that serves an operation."""
    return next(
        each.router for each in FUNCTIONS.values() if each.router and operation in each.operations
    )


def needs_of(operations: Collection[str | None]) -> frozenset[str]:
    """Return all resources that the serverless functions for these operations need."""
    wanted = set(operations)
    served = [each for each in FUNCTIONS.values() if not wanted.isdisjoint(each.operations)]
    return frozenset[str]().union(*(each.needs for each in served))
