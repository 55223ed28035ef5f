"""A Terraform provider with one method per call of the plugin protocol."""

import json
from typing import Any

from tests.infra.provider.fakes import SUBSCRIPTION, fake
from tests.infra.provider.policy_document import policy_document
from tests.infra.provider.rules import Mistake, Rules, mark_sensitive, mistakes
from tests.infra.provider.values import (
    UNKNOWN,
    Attribute,
    Block,
    Path,
    is_unknown,
    pack,
    unpack,
    walk,
)
from tests.infra.provider.wire import Message

# The state of every resource that exists, by its type and id.
type Cloud = dict[tuple[str, str], Any]

NESTING = {"single": 1, "list": 2, "set": 3, "map": 4, "group": 5}


class Provider:
    """A provider for one Terraform run at a time, because it stores its last configuration."""

    def __init__(self, schema: Message, rules: Rules) -> None:
        """Load the schema from a file of `tests/infra/schema`."""
        self.address = schema["provider"]
        self._schema, self._rules = schema, rules
        self._default_tags: dict[str, str] = {}
        self._subscription = SUBSCRIPTION
        self.cloud: Cloud = {}
        mark_sensitive(rules, schema["resources"])
        mark_sensitive(rules, schema["data_sources"], "data.")

    def GetProviderSchema(self, _: Message) -> Message:
        sections = ("resources", "data_sources", "ephemeral")
        return {
            "provider": {"block": _block(self._schema["configuration"])},
            "capabilities": {"plan_destroy": 1, "get_provider_schema_optional": 1},
        } | {
            section: {name: {"block": _block(b)} for name, b in self._schema[section].items()}
            for section in sections
        }

    def ConfigureProvider(self, request: Message) -> Message:
        config = unpack(request.get("config")) or {}
        self._subscription = config.get("subscription_id") or SUBSCRIPTION
        self._default_tags = {}
        for block in config.get("default_tags") or []:
            self._default_tags |= block["tags"] or {}
        return {}

    def ValidateResourceConfig(self, request: Message) -> Message:
        type_name, config = request["type_name"], unpack(request["config"])
        found = mistakes(self._rules, type_name, self._schema["resources"][type_name], config)
        return {"diagnostics": [_diagnostic(mistake) for mistake in found]}

    def UpgradeResourceState(self, request: Message) -> Message:
        """Remove attributes from the state that the schema lacks, as Terraform requires."""
        block = self._schema["resources"][request["type_name"]]
        names = {*block.get("attributes", {}), *block.get("block_types", {})}
        state = json.loads(request["raw_state"]["json"])
        return {"upgraded_state": pack({k: v for k, v in state.items() if k in names})}

    def ReadResource(self, request: Message) -> Message:
        return {"new_state": request.get("current_state")}

    def PlanResourceChange(self, request: Message) -> Message:
        type_name = request["type_name"]
        prior, proposed = unpack(request["prior_state"]), unpack(request["proposed_new_state"])
        if proposed is None:
            return {"planned_state": pack(None)}

        def visit(_: Path, attribute: Attribute, value: Any) -> Any:
            if attribute.get("write_only"):
                return None
            is_decided_later = attribute.get("computed") and value is None and prior is None
            return UNKNOWN if is_decided_later else value

        planned = walk(self._schema["resources"][type_name], proposed, visit)
        self._add_default_tags(planned)
        replaced = [
            {"steps": [{"attribute": name}]}
            for name in self._rules.replaced_by(type_name)
            if prior is not None and name in planned and prior.get(name) != planned[name]
        ]
        return {"planned_state": pack(planned), "requires_replace": replaced}

    def ApplyResourceChange(self, request: Message) -> Message:
        type_name, planned = request["type_name"], unpack(request["planned_state"])

        def visit(path: Path, attribute: Attribute, value: Any) -> Any:
            if not is_unknown(value):
                return value
            return self._fake(type_name, path, attribute, planned)

        state = walk(self._schema["resources"][type_name], planned, visit)
        if prior := unpack(request["prior_state"]):
            self.cloud.pop((type_name, prior.get("id")), None)
        if state:
            self.cloud[type_name, state.get("id")] = state
        return {"new_state": pack(state)}

    def ImportResourceState(self, request: Message) -> Message:
        type_name, name = request["type_name"], request["id"]
        if (type_name, name) not in self.cloud:
            missing = Mistake((), f"Cannot import non-existent remote object {type_name} {name}")
            return {"diagnostics": [_diagnostic(missing)]}
        state = pack(self.cloud[type_name, name])
        return {"imported_resources": [{"type_name": type_name, "state": state}]}

    def ReadDataSource(self, request: Message) -> Message:
        type_name, config = request["type_name"], unpack(request["config"])
        values = dict(self._rules.data.get(type_name, {}))
        if type_name == "aws_iam_policy_document":
            values["json"] = policy_document(config)
        state = self._filled("data_sources", type_name, config) | values
        return {"state": pack(state)}

    def OpenEphemeralResource(self, request: Message) -> Message:
        type_name, config = request["type_name"], unpack(request["config"])
        return {"result": pack(self._filled("ephemeral", type_name, config))}

    def _filled(self, section: str, type_name: str, config: Any) -> Any:
        def visit(path: Path, attribute: Attribute, value: Any) -> Any:
            if value is not None or not attribute.get("computed"):
                return value
            return self._fake(type_name, path, attribute, config)

        return walk(self._schema[section][type_name], config, visit)

    def _fake(self, type_name: str, path: Path, attribute: Attribute, state: Any) -> Any:
        place = {"subscription": self._subscription}
        return fake(type_name, path, attribute, state, self._rules.fakes, place)

    def _add_default_tags(self, planned: Message) -> None:
        """Set `tags_all` as the AWS provider does: the resource's tags override the defaults."""
        if "tags_all" in planned and not is_unknown(planned["tags"]):
            planned["tags_all"] = self._default_tags | (planned["tags"] or {})


def _block(block: Block) -> Message:
    """Convert a block of a JSON schema to a message of the protocol."""
    return {
        "attributes": [
            attribute | {"name": name, "type": json.dumps(attribute["type"]).encode()}
            for name, attribute in block.get("attributes", {}).items()
        ],
        "block_types": [
            {
                **nested,
                "type_name": name,
                "nesting": NESTING[nested["nesting_mode"]],
                "block": _block(nested["block"]),
            }
            for name, nested in block.get("block_types", {}).items()
        ],
    }


def _diagnostic(mistake: Mistake) -> Message:
    steps = [{"index": p} if isinstance(p, int) else {"attribute": p} for p in mistake.path]
    return {"severity": 1, "summary": mistake.summary, "attribute": {"steps": steps}}
