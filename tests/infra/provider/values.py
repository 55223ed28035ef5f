"""Decode, encode and traverse Terraform's values (msgpack with an extension for unknown values)."""

import json
from collections.abc import Callable
from typing import Any

import msgpack

from tests.infra.provider.wire import Message

type Block = dict[str, Any]  # as `terraform providers schema -json` writes it
type Attribute = dict[str, Any]
type Path = tuple[str | int, ...]
type Visit = Callable[[Path, Attribute, Any], Any]

UNKNOWN = msgpack.ExtType(0, b"\x00")


def is_unknown(value: Any) -> bool:
    """Return whether a value is unknown. It may be refined, for example as "not null"."""
    return isinstance(value, msgpack.ExtType)


def unpack(value: Message | None) -> Any:
    if not value:
        return None
    if "json" in value:
        return json.loads(value["json"])
    return msgpack.unpackb(value["msgpack"], strict_map_key=False)


def pack(value: Any) -> Message:
    return {"msgpack": msgpack.packb(value)}


def walk(block: Block, value: Any, visit: Visit, path: Path = ()) -> Any:
    """Return a copy in which `visit` replaces every attribute, also in nested blocks."""
    if value is None or is_unknown(value):
        return value
    attributes = {
        name: visit((*path, name), attribute, value.get(name))
        for name, attribute in block.get("attributes", {}).items()
    }
    blocks = {
        name: _walk_nested(nested, value.get(name), visit, (*path, name))
        for name, nested in block.get("block_types", {}).items()
    }
    return attributes | blocks


def _walk_nested(nested: Block, value: Any, visit: Visit, path: Path) -> Any:
    if value is None or is_unknown(value):
        return value
    block = nested["block"]
    match nested["nesting_mode"]:
        case "list" | "set":
            return [walk(block, item, visit, (*path, i)) for i, item in enumerate(value)]
        case "map":
            return {key: walk(block, item, visit, (*path, key)) for key, item in value.items()}
        case _:
            return walk(block, value, visit, path)


def zero(kind: Any) -> Any:  # noqa: PLR0911 - a return for each type
    """Return the empty value of a type in Terraform's JSON: "string", ["map", "number"] …"""
    match kind:
        case "string":
            return ""
        case "number":
            return 0
        case "bool":
            return False
        case ["object", fields]:
            return {name: zero(inner) for name, inner in fields.items()}
        case ["map", _]:
            return {}
        case [("list" | "set"), _]:
            return []
        case _:
            return None
