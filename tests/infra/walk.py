"""Carry out the commands of a document, with the real Terraform and folders in place of a cloud."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.infra.terraform import OIDC_CLIENT_SECRET

BACKEND = 'backend "azurerm" {\n    use_azuread_auth = true\n  }'
HTTP_BACKEND = 'backend "http" {}'

# Runs the real Terraform. The storage accounts and buckets are folders: a backend file becomes the
# address of a file. The first migration fails, as it does on Azure until the role works.
TERRAFORM = """#!/usr/bin/env python3
import os, re, subprocess, sys
from pathlib import Path
arguments = sys.argv[1:]
accounts = Path(os.environ["ACCOUNTS"])
folder = next((a.partition("=")[2] for a in arguments if a.startswith("-chdir=")), ".")
for place, argument in enumerate(arguments):
    if argument.startswith("-backend-config="):
        text = Path(folder, argument.partition("=")[2]).read_text()
        backend = dict(re.findall(r'(\\w+) *= "(.*)"', text))
        account = backend.get("storage_account_name") or backend["bucket"]
        state = accounts / account / backend.get("container_name", "") / backend["key"]
        arguments[place] = f"-backend-config=address={os.environ['STATES']}{state}"
        denied = accounts / f"{account}.denied"
        if "-migrate-state" in arguments and ("DENIED" in os.environ or not denied.exists()):
            accounts.mkdir(exist_ok=True)
            denied.touch()
            sys.exit("AuthorizationPermissionMismatch")
sys.exit(subprocess.run([os.environ["REAL_TERRAFORM"], *arguments]).returncode)
"""
# Other tools succeed, and record their arguments.
TOOL = """#!/usr/bin/env python3
import json, os, sys
with open(os.environ["CALLS"], "a") as file:
    file.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
print("id")
"""


def blocks(text: str, on_the_machine: str = "### ") -> Iterator[tuple[bool, str]]:
    """Return each block of commands, and whether the machine in the network runs it.

    The machine runs the step whose heading begins with `on_the_machine`, and all later steps.
    """
    is_on_the_machine = False
    for part in re.split(r"^(?=### |```)", text, flags=re.MULTILINE):
        is_on_the_machine |= part.startswith(on_the_machine)
        if part.startswith("```sh\n"):
            yield is_on_the_machine, part.removeprefix("```sh\n")


def resources(state: Path) -> dict[str, dict]:
    """Return the attributes of the resources of a state, by type and name."""
    return {
        f"{resource['type']}.{resource['name']}": instance["attributes"]
        for resource in json.loads(state.read_text())["resources"]
        for instance in resource["instances"]
    }


def backend(file: Path) -> str:
    return re.findall(r'storage_account_name = "(.*)"', file.read_text())[0]


def use_folders_as_accounts(roots: Path) -> None:
    """Use files as the backend of both roots."""
    for root in (roots / "azure", roots / "azure-bootstrap"):
        (root / "state_override.tf").unlink(missing_ok=True)
        shutil.rmtree(root / ".terraform", ignore_errors=True)
        versions = root / "terraform.tf"
        assert BACKEND in versions.read_text()
        versions.write_text(versions.read_text().replace(BACKEND, HTTP_BACKEND))


def tools(folder: Path) -> dict[str, str]:
    """Install the tools, and return the environment variables that they need."""
    found = shutil.which("terraform")
    assert found
    binaries = folder / "bin"
    binaries.mkdir()
    for name in ("terraform", "az", "make", "uv"):
        tool = binaries / name
        tool.write_text(TERRAFORM if name == "terraform" else TOOL)
        tool.chmod(0o755)
    identity = {
        f"GIT_{role}_{part}": "deployer@example.com"
        for role in ("AUTHOR", "COMMITTER")
        for part in ("NAME", "EMAIL")
    }
    return identity | {
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "REAL_TERRAFORM": found,
        "TF_CLI_ARGS_apply": "-auto-approve",
        "TF_CLI_ARGS_destroy": "-auto-approve",
        "ACCOUNTS": str(folder / "accounts"),
        "CALLS": str(folder / "calls"),
        "RETRY_SECONDS": "0",
        # The commands must pass it to Terraform.
        "OIDC_CLIENT_SECRET": OIDC_CLIENT_SECRET,
        "TF_VAR_oidc_client_secret": "",
    }


def publish(laptop: Path, folder: Path, environment: dict[str, str]) -> Path:
    """Make the copy a clone of a new repository, and return the address of that repository."""
    origin = folder / "origin.git"
    ignore = "build/\n.terraform*\n"
    (laptop / ".gitignore").write_text(ignore)
    run(
        laptop,
        [
            f"git init --quiet --bare --initial-branch main '{origin}'",
            "git init --quiet --initial-branch main",
            "git add .",
            "git commit --quiet --message 'A release'",
            f"git remote add origin '{origin}'",
            "git push --quiet --set-upstream origin main",
        ],
        environment,
    )
    return origin


def run(folder: Path, blocks: list[str], environment: dict[str, str]) -> None:
    script = "\n".join(["set -euo pipefail", *blocks])
    done = subprocess.run(  # noqa: S603 - the commands of our own document
        ["bash", "-c", script],  # noqa: S607 - the one on the PATH
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
