"""`make policies`: check the Dockerfiles and the rendered Helm chart with checkov.

A finding is fixed, or justified next to the resource: with `# checkov:skip=ID: reason` in a
Dockerfile, and with an annotation `checkov.io/skipN: ID=reason` in a template of the chart.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import helm_python
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "infra/helm/analytics-platform"
TERRAFORM = ROOT / "tests/infra/chart_values.json"  # Terraform's output `chart_values` per cloud
DOCKER = ROOT / "infra/docker"
RENDERED = ROOT / "build/policies"
# Not among the project's packages: with their versions, only a checkov of 2024 could be installed.
CHECKOV = ("uv", "tool", "run", "--from", "checkov==3.3.30", "checkov")

type Values = Mapping[str, Any]


def main(*folders: Path) -> int:
    """Check the folders, by default the Dockerfiles and the chart. Return checkov's exit code."""
    if not folders:
        render(RENDERED)
    command = [
        *CHECKOV,
        *("--quiet", "--compact", "--skip-download", "--framework", "dockerfile", "kubernetes"),
        *(f"--directory={folder}" for folder in folders or (DOCKER, RENDERED)),
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - our own command


def render(folder: Path) -> None:
    """Write the manifests of each example of the chart into the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    chart: Any = helm_python.Chart.load(str(CHART))
    terraform: Mapping[str, Values] = json.loads(TERRAFORM.read_text())
    for example in CHART.glob("examples/*.yaml"):
        values = merged(terraform.get(example.stem, {}), yaml.safe_load(example.read_text()))
        documents: dict[str, str] = chart.render(values, name="analytics", namespace="analytics")
        parts = [text for path, text in documents.items() if path.endswith(".yaml")]
        (folder / example.name).write_text("\n---\n".join(parts))


def merged(values: Values, override: Values) -> dict[str, Any]:
    """Merge values as `helm install -f values -f override` does."""
    both = {
        key: merged(values[key], override[key])
        for key in values.keys() & override.keys()
        if isinstance(values[key], dict)
    }
    return {**values, **override, **both}


if __name__ == "__main__":
    sys.exit(main())
