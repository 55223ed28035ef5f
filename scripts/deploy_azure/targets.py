"""The function apps of an environment, from Terraform's outputs, and their order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from api.cli.errors import Failure
from scripts.bundle import MANIFEST, ROOT
from scripts.pipeline.outputs import apply, outputs

FROM_THE_NETWORK = "if the environment has a private network, deploy from the subnet snet-deployer"
_METHODS_OF_A_READ = {"get"}


@dataclass(frozen=True, slots=True)
class Target:
    """The function app that runs one function."""

    function: str
    name: str
    url: str  # of the app, which only the gateway and the deployment call
    scm_url: str  # of the site that accepts packages
    builds_url: str  # of the blob container that keeps packages
    gateway_urls: Sequence[str]  # addresses at the gateway that need no token


def read_targets(environment: str, only: Sequence[str] = ()) -> list[Target]:
    """Return the function apps of an environment, from Terraform's outputs."""
    unknown = sorted(set(only) - set(MANIFEST))
    if unknown:
        raise Failure(f"There is no function {', '.join(unknown)} in functions/manifest.json.")
    found = outputs("azure", environment, "function_apps", "api_url")
    apps: Mapping[str, Mapping[str, str]] = found["function_apps"]
    selected = list(only or MANIFEST)
    missing = [function for function in selected if function not in apps]
    if missing:
        raise Failure(
            f"Terraform has created no app for {', '.join(missing)} yet. "
            f"{apply('azure', environment)}"
        )
    open_urls = _open_urls(found["api_url"])
    return [Target(name, **apps[name], gateway_urls=open_urls.get(name, ())) for name in selected]


def _open_urls(api_url: str) -> dict[str, list[str]]:
    """Return the URLs of operations that need neither a token nor a parameter, by function."""
    document: Mapping[str, Any] = json.loads((ROOT / "infra/openapi.json").read_text())
    found: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS_OF_A_READ & set(methods):
            if not methods[method].get("security") and "{" not in path:
                function = _function_of(methods[method]["operationId"])
                found.setdefault(function, []).append(api_url + path)
    return found


def _function_of(operation: str) -> str:
    return next(
        name
        for name, entry in MANIFEST.items()
        if operation in entry.get("operations", [name] if "router" in entry else [])
    )


def stages(targets: Sequence[Target]) -> list[list[Target]]:
    """Return the functions in the order of an upgrade, which docs/deployment.md explains."""
    ordered = sorted(targets, key=lambda target: stage(target.function))
    return [list(group) for _, group in groupby(ordered, lambda target: stage(target.function))]


def stage(function: str) -> int:
    """Return the number of a function's stage, derived from its permissions in the manifest.

    0: publishes the keys that all others read. 1: verifies tokens, and reads or stores events.
    2: enforces the limits of keys. 3: writes records of administration.
    """
    entry: Mapping[str, Any] = MANIFEST[function]
    actions: Mapping[str, Mapping[str, Any]] = entry["actions"]

    def may(action: str, container: str) -> bool:
        return action in actions.get(container, {"actions": ()})["actions"]

    if "public_keys" in entry["needs"]:
        return 0
    if may("items/create", "audit"):
        return 3
    if "router" in entry and may("items/read", "api_keys"):
        return 2
    return 1


def bundle_path(folder: Path, target: Target) -> Path:
    """Return the zip file of a function. Raises Failure if it wasn't built."""
    path = folder / f"{target.function}.zip"
    if not path.exists():
        raise Failure(f"{path} is missing. Run `make bundle`.")
    return path
