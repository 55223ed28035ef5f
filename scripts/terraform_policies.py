"""Check the Terraform configurations with checkov, as a part of `make policies`.

A finding is fixed, or justified in the resource with `# checkov:skip=ID: reason`. The values are
those of prod; tests/infra checks the other environments.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.pipeline.policies import CHECKOV

ROOTS = Path(__file__).parents[1] / "infra/terraform"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a resource violates, and the file of the resource."""

    rule: str
    resource: str
    file: str
    description: str


def main() -> int:
    """Print the findings of all configurations, and return 1 if there are any."""
    found = [finding for root in roots() for finding in findings(root)[0]]
    for one in found:
        print(f"{one.rule} {one.resource} ({one.file}): {one.description}", file=sys.stderr)
    return int(bool(found))


def roots() -> list[Path]:
    return sorted({file.parent for file in ROOTS.glob("*/terraform.tf")})


def findings(root: Path) -> tuple[list[Finding], list[Finding]]:
    """Return the findings that are not justified, and those that are.

    Raises SystemExit with checkov's output if the check can't be completed.
    """
    command = [
        *CHECKOV,
        *("--compact", "--skip-download", "--framework", "terraform"),
        *(f"--directory={root}", f"--var-file={root}/environments/prod.tfvars", "--output=json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    try:
        results = json.loads(done.stdout)["results"]
    except (ValueError, KeyError):
        sys.exit(f"checkov failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    if results["parsing_errors"]:
        sys.exit(f"checkov can't read {results['parsing_errors']}")
    return list(_of(results["failed_checks"])), list(_of(results["skipped_checks"]))


def _of(checks: list[dict[str, Any]]) -> Iterator[Finding]:
    for check in checks:
        yield Finding(
            check["check_id"],
            check["resource"],
            check["file_path"].removeprefix("/"),
            check["check_name"],
        )


if __name__ == "__main__":
    sys.exit(main())
