"""Generate values that a cloud would assign, stable across runs and unique per resource."""

import hashlib
import re
from collections.abc import Mapping
from string import Formatter
from typing import Any

from tests.infra.provider.values import Attribute, Path, is_unknown, zero

SUBSCRIPTION = "00000000-0000-4000-8000-000000000000"
AWS_ACCOUNT = "123456789012"
AWS_REGION = "eu-central-1"
_PLACES = {"account": AWS_ACCOUNT, "region": AWS_REGION}


def fake(
    type_name: str,
    path: Path,
    attribute: Attribute,
    state: Mapping[str, Any],
    templates: Mapping[str, Any],
    place: Mapping[str, str],
) -> Any:
    """Return the value of a computed attribute.

    `templates` (in rules.json) contains the formats of some attributes, by names such as
    "aws_sqs_queue.arn" or "*.arn". Names in braces are other attributes of the resource or its
    `place`.
    """
    known = {k: v for k, v in state.items() if v is not None and not is_unknown(v)}
    seed = "/".join(map(str, (type_name, *_identity(known), *path)))
    dotted = ".".join(part for part in path if isinstance(part, str))
    template = templates.get(f"{type_name}.{dotted}") or templates.get(f"*.{dotted}")
    if template:
        return _filled(template, _Filled(seed), {**_PLACES, **place, "type": type_name, **known})
    if attribute["type"] != "string":
        return zero(attribute["type"])
    if re.search(r"(^|_)(id|guid)$", str(path[-1])):
        return guid(seed)
    return f"fake-{path[-1]}-{guid(seed)[:8]}"


def _filled(template: Any, filled: "_Filled", values: Mapping[str, Any]) -> Any:
    """Fill every text in a template, which may be a list of objects."""
    match template:
        case str():
            return filled.format(template, **values)
        case list():
            return [_filled(item, filled, values) for item in template]
        case _:
            return {name: _filled(item, filled, values) for name, item in template.items()}


def guid(seed: str) -> str:
    digest = hashlib.sha256(seed.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _identity(known: Mapping[str, Any]) -> list[str]:
    """Return the known text attributes, which distinguish resources of the same type."""
    return [value for _, value in sorted(known.items()) if isinstance(value, str)]


class _Filled(Formatter):
    """The attributes for a template. A missing attribute, such as `{guid}`, is an id."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        del args
        return kwargs.get(str(key)) or guid(f"{self._seed}/{key}")
