"""A Terraform plan as a typed object, with the planned resources and their references."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

type Values = Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """One planned resource. `values` omits the values that are known only after apply."""

    address: str
    type: str
    name: str
    key: str  # the key of for_each or count, otherwise the name
    values: Values


@dataclass(frozen=True)
class Plan:
    """`terraform show -json` of a plan, for one environment of one root."""

    environment: str
    json: Values

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        found = self.json["planned_values"]["root_module"].get("resources", [])
        return tuple(_resource(each) for each in found if each["mode"] == "managed")

    @cached_property
    def changes(self) -> dict[str, tuple[str, ...]]:
        """Return the planned actions of each changed resource, such as `("create",)`."""
        return {
            change["address"]: tuple(change["change"]["actions"])
            for change in self.json.get("resource_changes", [])
            if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
        }

    @property
    def outputs(self) -> Values:
        outputs = self.json["planned_values"].get("outputs", {})
        return {name: output.get("value") for name, output in outputs.items()}

    def each(self, type_name: str) -> list[Values]:
        """Return the values of all resources of a type, whatever their names and keys."""
        return [resource.values for resource in self.resources if resource.type == type_name]

    def of(self, type_name: str, name: str | None = None) -> dict[str, Values]:
        """Return the values of all resources of a type (and name), by `Resource.key`."""
        found = [r for r in self.resources if r.type == type_name and name in (None, r.name)]
        by_key = {resource.key: resource.values for resource in found}
        assert len(by_key) == len(found), f"several {type_name} of one key: say the name"
        return by_key

    def the(self, type_name: str, name: str | None = None) -> Values:
        """Return the values of the only resource of a type."""
        found = self.of(type_name, name)
        assert len(found) == 1, f"{type_name}: {sorted(found)}"
        return next(iter(found.values()))

    def references(self, address: str, *path: str) -> set[str]:
        """Return an argument's references: `plan.references("aws_lambda_function.x", "role")`.

        The address has no keys. The path consists of the blocks and the argument in them.
        """
        expressions = self._configuration[address]["expressions"]
        for step in path:
            expressions = expressions[step]
            expressions = expressions[0] if isinstance(expressions, list) else expressions
        return set(_references(expressions))

    def references_of(self, address: str) -> set[str]:
        """Return the references of all the resource's arguments."""
        return set(_references(self._configuration[address].get("expressions", {})))

    def depends_on(self, address: str) -> set[str]:
        """Return the explicit `depends_on` of a resource, by its address without keys."""
        return set(self._configuration[address].get("depends_on", []))

    @property
    def configured(self) -> tuple[str, ...]:
        """Return the addresses of all resources in the configuration, without keys."""
        return tuple(a for a in self._configuration if not a.startswith(("data.", "ephemeral.")))

    @cached_property
    def _configuration(self) -> dict[str, Values]:
        found = self.json["configuration"]["root_module"]["resources"]
        return {resource["address"]: resource for resource in found}


def _resource(found: Values) -> Resource:
    key = str(found.get("index", found["name"]))
    return Resource(found["address"], found["type"], found["name"], key, found["values"])


def _references(expression: Any) -> Iterator[str]:
    if isinstance(expression, Mapping):
        yield from expression.get("references", [])
        for inner in expression.values():
            yield from _references(inner)
    elif isinstance(expression, list):
        for inner in expression:
            yield from _references(inner)
