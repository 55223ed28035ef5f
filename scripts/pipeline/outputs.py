"""Terraform's outputs of an environment."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.cli.errors import Failure

ROOTS = Path(__file__).parents[2] / "infra/terraform"


def outputs(cloud: str, environment: str, *names: str) -> Mapping[str, Any]:
    """Return the outputs after checking that these names are among them.

    Raises Failure if an output is missing or if Terraform is initialised for another environment.
    """
    found = every_output(cloud, environment)
    missing = [name for name in ("environment", *names) if name not in found]
    if missing:
        raise Failure(
            f"Terraform's state has no output {', '.join(missing)}. {apply(cloud, environment)}"
        )
    if found["environment"] != environment:
        raise Failure(
            f"Terraform is initialised for {found['environment']}, not for {environment}. "
            f"{_initialise(cloud, environment)}"
        )
    return found


def every_output(cloud: str, environment: str) -> Mapping[str, Any]:
    """Return all outputs of the environment for which Terraform is initialised.

    There are no outputs before the first apply.
    """
    command = ["terraform", f"-chdir={ROOTS / cloud}", "output", "-no-color", "-json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    except FileNotFoundError:
        raise Failure("terraform is not installed, or not in the PATH.") from None
    if done.returncode:
        raise Failure(
            f"terraform could not read the outputs: {done.stderr.strip()}\n"
            f"{_initialise(cloud, environment)}"
        )
    return {name: output["value"] for name, output in json.loads(done.stdout).items()}


def apply(cloud: str, environment: str) -> str:
    """Return a sentence that says how to apply Terraform."""
    return (
        f"Run `terraform -chdir=infra/terraform/{cloud} apply "
        f"-var-file=environments/{environment}.tfvars`."
    )


def _initialise(cloud: str, environment: str) -> str:
    return (
        f"Run `terraform -chdir=infra/terraform/{cloud} init -reconfigure "
        f"-backend-config=environments/{environment}.backend.hcl`."
    )
