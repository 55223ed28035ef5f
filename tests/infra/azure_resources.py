"""The Azure resources of an applied Terraform configuration, by type."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.infra.plan import Plan

type Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Resources:
    """Every managed resource of one environment, from the plan after an apply."""

    environment: str
    listed: tuple[Values, ...]

    @classmethod
    def after_apply(cls, plan: Plan) -> "Resources":
        return cls(plan.environment, tuple(plan.json["planned_values"]["root_module"]["resources"]))

    def __iter__(self) -> Iterator[Values]:
        return (r for r in self.listed if r["mode"] == "managed")

    def each(self, type_name: str, name: str | None = None) -> list[Values]:
        """Return the values of all resources of a type, optionally only those with a name."""
        return [resource["values"] for resource in self._of(type_name, name)]

    def of(self, type_name: str, name: str | None = None) -> dict[str, Values]:
        """Return the values by resource: by its key in for_each, otherwise by its name."""
        found = self._of(type_name, name)
        by_key = {str(r.get("index", r["name"])): r["values"] for r in found}
        assert len(by_key) == len(found), f"several azurerm_{type_name} of one key: say the name"
        return by_key

    def _of(self, type_name: str, name: str | None) -> list[Values]:
        full_type = f"azurerm_{type_name}"
        found = [r for r in self if r["type"] == full_type and name in (None, r["name"])]
        assert found, f"no azurerm_{type_name}"
        return found

    def the(self, type_name: str, name: str | None = None) -> Values:
        """Return the values of the only resource of a type."""
        (values,) = self.each(type_name, name)
        return values

    def has(self, type_name: str) -> bool:
        return any(resource["type"] == f"azurerm_{type_name}" for resource in self)
