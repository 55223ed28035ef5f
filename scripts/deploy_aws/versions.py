"""Delete versions of functions that are too old for a roll-back."""

from typing import Any

KEPT = 5


def prune(client: Any, function: str) -> list[str]:  # noqa: ANN401 - botocore is untyped
    """Delete all versions except the newest five and those to which an alias points."""
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    versions: list[str] = [one["Version"] for page in pages for one in page["Versions"]]
    numbered = sorted((v for v in versions if v.isdigit()), key=int)
    used: set[str] = set()
    for alias in client.list_aliases(FunctionName=function)["Aliases"]:
        routing: dict[str, dict[str, float]] = alias.get("RoutingConfig") or {}
        used |= {alias["FunctionVersion"], *routing.get("AdditionalVersionWeights", {})}
    unused = [version for version in numbered[:-KEPT] if version not in used]
    for version in unused:
        client.delete_function(FunctionName=function, Qualifier=version)
    return unused
