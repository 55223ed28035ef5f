"""Check the rules in `rules.json`, which are missing in schemas, at `validate` as providers do."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.infra.provider.values import Attribute, Block, Path, is_unknown, walk


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one provider. Attributes are named `type.block.attribute`."""

    enum: Mapping[str, list[Any]] = field(default_factory=dict)
    regex: Mapping[str, str] = field(default_factory=dict)
    range: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    exactly_one_of: Mapping[str, list[list[str]]] = field(default_factory=dict)
    force_new: Mapping[str, list[str]] = field(default_factory=dict)
    sensitive: Mapping[str, list[str]] = field(default_factory=dict)
    data: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # the results of data sources
    fakes: Mapping[str, Any] = field(default_factory=dict)  # templates, see fakes.py

    def replaced_by(self, type_name: str) -> list[str]:
        """Return the attributes whose change replaces the resource. "*" applies to all types."""
        return [*self.force_new.get("*", []), *self.force_new.get(type_name, [])]


@dataclass(frozen=True, slots=True)
class Mistake:
    path: Path
    summary: str


def mistakes(rules: Rules, type_name: str, block: Block, config: Any) -> list[Mistake]:
    found: list[Mistake] = []

    def visit(path: Path, attribute: Attribute, value: Any) -> Any:
        if value is not None and not is_unknown(value):
            found.extend(_of_attribute(rules, type_name, path, attribute, value))
        return value

    walk(block, config, visit)
    return [*found, *_of_resource(rules, type_name, config)]


def mark_sensitive(rules: Rules, section: Mapping[str, Block], prefix: str = "") -> None:
    """Mark secret attributes as sensitive. The packages with the schemas omit this mark."""
    for type_name, schema in section.items():
        for dotted in rules.sensitive.get(prefix + type_name, []):
            *parents, leaf = dotted.split(".")
            block = schema
            for parent in parents:
                block = block["block_types"][parent]["block"]
            block["attributes"][leaf]["sensitive"] = True


def _of_attribute(
    rules: Rules, type_name: str, path: Path, attribute: Attribute, value: Any
) -> Iterator[Mistake]:
    leaf = path[-1]
    if not (attribute.get("optional") or attribute.get("required")):
        yield Mistake(path, f"{leaf} is read-only: the provider decides its value")
    key = ".".join([type_name, *(part for part in path if isinstance(part, str))])
    for item in value if isinstance(value, list) else [value]:
        if is_unknown(item):
            continue
        if key in rules.enum and item not in rules.enum[key]:
            yield Mistake(path, f"expected {leaf} to be one of {rules.enum[key]}, got {item}")
        if key in rules.regex and not re.fullmatch(rules.regex[key], str(item)):
            yield Mistake(path, f"expected {leaf} to match {rules.regex[key]}, got {item}")
        if key in rules.range and not rules.range[key][0] <= item <= rules.range[key][1]:
            yield Mistake(path, f"expected {leaf} to be in {rules.range[key]}, got {item}")


def _of_resource(rules: Rules, type_name: str, config: Mapping[str, Any]) -> Iterator[Mistake]:
    for names in rules.exactly_one_of.get(type_name, []):
        given = [name for name in names if config.get(name) not in (None, [])]
        if len(given) != 1:
            yield Mistake((names[0],), f"exactly one of {names} must be given, not {given}")
