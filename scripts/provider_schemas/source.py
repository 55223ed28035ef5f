"""Read the TypeScript of one resource in a package of the CDK for Terraform.

The code is generated directly from the provider's schema, so regular expressions are enough to
parse the code. Comments mark attributes as computed, optional and required. The functions
`…ToHclTerraform` contain the element types of lists, sets and maps. TypeScript interfaces show
which properties are blocks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

_LINES = re.MULTILINE | re.DOTALL
_CLASS = re.compile(r"^export class (\w+) extends cdktn\.(\w+) \{$(.*?)^\}$", _LINES)
_INTERFACE = re.compile(r"^export interface (\w+)[^{\n]*\{$(.*?)^\}$", _LINES)
_TO_HCL = re.compile(r"^export function (\w+)ToHclTerraform\(struct\?.*?$(.*?)^\}$", _LINES)
_ENTRY = re.compile(
    r"// (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n"
    r"(.*?)(?=\n +// \w+ - computed:|\n +// =====|\Z)",
    re.DOTALL,
)
_PROPERTY = re.compile(r"/\*\*((?:(?!\*/).)*)\*/\s+readonly \w+(\??): ([^\n]*);", re.DOTALL)
_SHAPE = re.compile(
    r"\n\s+(\w+): \{\s+value: [^\n]*,\n\s+isBlock: \w+,\s+type: \"(\w+)\","
    r"\s+storageClassType: \"(\w+)\""
)
_TYPE_NAME = re.compile(r'static readonly tfResourceType = "(\w+)"')

SECTIONS = {
    "TerraformResource": "resources",
    "TerraformDataSource": "data_sources",
    "TerraformEphemeralResource": "ephemeral",
    "TerraformProvider": "configuration",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An attribute or block that a generated class declares."""

    name: str
    computed: bool
    optional: bool
    required: bool
    code: str


@dataclass(frozen=True, slots=True)
class Shape:
    """The type of an HCL value. The collection is "simple", "list", "set" or "map"."""

    collection: str
    storage: str


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an interface: an argument that a Terraform configuration may set."""

    is_block: bool
    is_required: bool
    type: str


class Source:
    """The TypeScript of a resource, a data source, an ephemeral resource or a provider."""

    def __init__(self, text: str) -> None:
        self._text = text
        classes = {m[1]: (m[2], m[3]) for m in _CLASS.finditer(text)}
        self._bodies = {name: body for name, (_, body) in classes.items()}
        self.name, base = next(
            ((name, base) for name, (base, _) in classes.items() if base in SECTIONS), ("", "")
        )
        self.section = SECTIONS.get(base)

    @property
    def type_name(self) -> str:
        """Return the Terraform type, such as "aws_lambda_function", or the name of a provider."""
        found = _TYPE_NAME.search(self._bodies[self.name])
        return found[1] if found else ""

    def entries(self, struct: str) -> list[Entry]:
        own = struct if struct == self.name else f"{struct}OutputReference"
        return [
            Entry(name, computed == "true", optional == "true", required == "true", code)
            for name, computed, optional, required, code in _ENTRY.findall(
                self._bodies.get(own, "")
            )
        ]

    def shapes(self, struct: str) -> Mapping[str, Shape]:
        if struct != self.name:
            return self._struct_shapes.get(struct[0].lower() + struct[1:], {})
        return _shapes(self._bodies[struct].partition("synthesizeHclAttributes()")[2])

    def properties(self, struct: str) -> Mapping[str, Property]:
        return self._interfaces.get(f"{struct}Config" if struct == self.name else struct, {})

    @cached_property
    def _struct_shapes(self) -> dict[str, dict[str, Shape]]:
        return {m[1]: _shapes(m[2]) for m in _TO_HCL.finditer(self._text)}

    @cached_property
    def _interfaces(self) -> dict[str, dict[str, Property]]:
        return {m[1]: _properties(m[2]) for m in _INTERFACE.finditer(self._text)}


def _shapes(text: str) -> dict[str, Shape]:
    return {m[1]: Shape(m[2], m[3]) for m in _SHAPE.finditer(text)}


def _properties(body: str) -> dict[str, Property]:
    """Return the properties by their Terraform names, which are in links in the comments.

    Properties without a link in their comment are omitted.
    """
    found: dict[str, Property] = {}
    for doc, optional, kind in _PROPERTY.findall(body):
        if name := re.search(r"#(\w+) \w+#\w+\}", doc):
            is_block = re.search(rf"\* {name[1]} block\s", doc) is not None
            found[name[1]] = Property(is_block, not optional, kind)
    return found
