"""Convert a `Source` to the block that `terraform providers schema -json` would print for it.

The packages of the CDK for Terraform lack parts of a provider's schema. Therefore, the result has
no `sensitive` flags, deprecations or descriptions. For the number of blocks, the result contains
only the limits "at least one" and "at most one".
"""

import re
from collections.abc import Mapping
from typing import Any

from scripts.provider_schemas.source import Entry, Property, Shape, Source

type Json = dict[str, Any]
type Type = str | list[Any]
type Shapes = Mapping[str, Shape]

_NESTED = re.compile(
    r"= new (\w+?)(OutputReference|List|Map)\(this, \"\w+\"(?:, (?:true|false))?\)"
)
_SET = re.compile(r"= new \w+List\(this, \"\w+\", true\)")
_MAP_OF = re.compile(r"= new cdktn\.(String|Number|Boolean|Any)Map(List)?\(this, \"\w+\"(, true)?")
_GETTER = re.compile(r"return (.*?);", re.DOTALL)

_PRIMITIVES = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}
_GETTERS: dict[str, Type] = {
    "StringMapAttr": ["map", "string"],
    "NumberMapAttr": ["map", "number"],
    "BooleanMapAttr": ["map", "bool"],
    "NumberListAttr": ["list", "number"],
    "ListAttr": ["list", "string"],
    "StringAttr": "string",
    "NumberAttr": "number",
    "BooleanAttr": "bool",
}
_DEPTH_MAX = 2  # some AWS types represent a repeating schema as a struct that contains itself


class Blocks:
    """The blocks in the schema of one `Source`."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def top(self) -> Json:
        if self._source.section == "configuration":
            return self._of_interface(self._source.name)
        return self._of_class(self._source.name, ())

    def _of_class(self, struct: str, around: tuple[str, ...]) -> Json:
        if around.count(struct) >= _DEPTH_MAX:
            return {}
        shapes, properties = self._source.shapes(struct), self._source.properties(struct)
        attributes: Json = {}
        blocks: Json = {}
        for entry in self._source.entries(struct):
            known = properties.get(entry.name)
            nested = _NESTED.search(entry.code)
            if known and known.is_block and nested:
                blocks[entry.name] = self._nested(
                    entry, nested, shapes, (*around, struct), is_required=known.is_required
                )
            else:
                attributes[entry.name] = self._attribute(entry, shapes)
        return _block(attributes, blocks)

    def _nested(
        self,
        entry: Entry,
        nested: re.Match[str],
        shapes: Shapes,
        around: tuple[str, ...],
        *,
        is_required: bool,
    ) -> Json:
        struct, kind = nested[1], nested[2]
        shape = shapes.get(entry.name)
        mode = "single"
        if kind == "Map":
            mode = "map"
        elif kind == "List":
            mode = "set" if _SET.search(entry.code) else "list"
        elif shape and shape.collection in ("list", "set"):
            mode = shape.collection
        block: Json = {"nesting_mode": mode, "block": self._of_class(struct, around)}
        if mode == "set":
            _drop_dynamic_attributes(block["block"])
        if kind == "OutputReference" and mode != "single":
            block["max_items"] = 1
        if is_required or entry.required:
            block["min_items"] = 1
        return block

    def _attribute(self, entry: Entry, shapes: Shapes) -> Json:
        flags = {
            "computed": entry.computed,
            "optional": entry.optional,
            "required": entry.required,
            "write_only": entry.name.endswith("_wo"),
        }
        return {"type": self._type(entry, shapes, ())} | {k: True for k, v in flags.items() if v}

    def _type(self, entry: Entry, shapes: Shapes, around: tuple[str, ...]) -> Type:
        shape = shapes.get(entry.name)
        if nested := _NESTED.search(entry.code):
            return self._object_type(entry, nested, shape, around)
        if shape and shape.storage[0].islower():
            return _type_of_shape(shape)
        if found := _MAP_OF.search(entry.code):
            kind: Type = ["map", _PRIMITIVES[found[1].lower()]]
            return ["set" if found[3] else "list", kind] if found[2] else kind
        return _type_of_getter(entry.code)

    def _object_type(
        self, entry: Entry, nested: re.Match[str], shape: Shape | None, around: tuple[str, ...]
    ) -> Type:
        struct, kind = nested[1], nested[2]
        fields = (
            {
                child.name: self._type(child, self._source.shapes(struct), (*around, struct))
                for child in self._source.entries(struct)
            }
            if around.count(struct) < _DEPTH_MAX
            else {}
        )
        if kind == "Map":
            return ["map", ["object", fields]]
        if kind == "List":
            return ["set" if _SET.search(entry.code) else "list", ["object", fields]]
        if shape and shape.collection in ("list", "set"):
            return [shape.collection, ["object", fields]]
        return ["object", fields]

    def _of_interface(self, struct: str) -> Json:
        """Convert an interface to a block.

        A provider's own settings are declared only in interfaces.
        """
        shapes = self._source.shapes(struct)
        attributes: Json = {}
        blocks: Json = {}
        for name, known in self._source.properties(struct).items():
            shape = shapes.get(name)
            if known.is_block:
                blocks[name] = self._interface_block(known, shape)
            elif name != "alias":
                flag = "required" if known.is_required else "optional"
                kind = _type_of_shape(shape) if shape else "dynamic"
                attributes[name] = {"type": kind, flag: True}
        return _block(attributes, blocks)

    def _interface_block(self, known: Property, shape: Shape | None) -> Json:
        mode = shape.collection if shape and shape.collection != "simple" else "list"
        struct = re.split(r"[\[ ]", known.type)[0]
        block: Json = {"nesting_mode": mode, "block": self._of_interface(struct)}
        if known.is_required:
            block["min_items"] = 1
        if "[]" not in known.type:
            block["max_items"] = 1
        return block


def _block(attributes: Json, blocks: Json) -> Json:
    return {k: v for k, v in (("attributes", attributes), ("block_types", blocks)) if v}


def _drop_dynamic_attributes(block: Json) -> None:
    """Remove the attributes whose type the package lacks. Terraform rejects them in sets."""
    attributes = block.get("attributes", {})
    for name in [name for name, one in attributes.items() if one["type"] == "dynamic"]:
        del attributes[name]
    for nested in block.get("block_types", {}).values():
        _drop_dynamic_attributes(nested["block"])


def _type_of_shape(shape: Shape) -> Type:
    """Convert ("list", "stringList") to ["list", "string"], and likewise for nested collections."""
    primitive = next(p for p in _PRIMITIVES if shape.storage.startswith(p))
    kind: Type = _PRIMITIVES[primitive]
    for wrapper in re.findall("List|Map", shape.storage.removeprefix(primitive)):
        kind = [wrapper.lower(), kind]
    return ["set", kind[1]] if shape.collection == "set" and isinstance(kind, list) else kind


def _type_of_getter(code: str) -> Type:
    """Derive a read-only attribute's type from its getter's name, the only source of the type."""
    found = _GETTER.search(code)
    returned = found[1] if found else ""
    kind = next((kind for name, kind in _GETTERS.items() if name in returned), "dynamic")
    return ["set", kind[1]] if "Fn.tolist" in returned and isinstance(kind, list) else kind
