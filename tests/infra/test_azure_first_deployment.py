"""The commands of "The first deployment" work in order, with the real Terraform and both roots."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.infra.terraform import ROOTS, Terraform

README = (ROOTS / "azure/README.md").read_text()
SECTION = README.partition("\n## The first deployment\n")[2].partition("\n## ")[0]
ON_THE_MACHINE = "### 5."  # the first step that is carried out on another computer
BACKEND = 'backend "azurerm" {\n    use_azuread_auth = true\n  }'
# What the reader must know before the first command.
GIVEN = {"ADDRESS": "198.51.100.7", "SUBSCRIPTION": "sub", "OBJECT_ID": "id", "SUB": "the-owner"}

# Runs the real Terraform. The storage accounts are folders: a backend file becomes the path of a
# state in its account and container. The first migration fails, as it does until the role works.
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
        account = backend["storage_account_name"]
        state = accounts / account / backend["container_name"] / backend["key"]
        arguments[place] = f"-backend-config=path={state}"
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


def commands() -> Iterator[tuple[bool, str]]:
    """Return each block of commands, and whether the machine in the network runs it."""
    is_on_the_machine = False
    for part in re.split(r"^(?=### |```)", SECTION, flags=re.MULTILINE):
        is_on_the_machine |= part.startswith(ON_THE_MACHINE)
        if part.startswith("```sh\n"):
            yield is_on_the_machine, part.removeprefix("```sh\n")


@dataclass(frozen=True)
class Deployed:
    """What the commands have created."""

    folder: Path
    before: dict[str, object]  # the resources of the bootstrap after the first apply
    environment: dict[str, str]

    def resources(self, account: str, container: str) -> dict[str, dict]:
        return resources(self.folder / "accounts" / account / container / "analytics.tfstate")

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]


def resources(state: Path) -> dict[str, dict]:
    """Return the attributes of the resources of a state, by type and name."""
    return {
        f"{resource['type']}.{resource['name']}": instance["attributes"]
        for resource in json.loads(state.read_text())["resources"]
        for instance in resource["instances"]
    }


def backend(file: Path) -> str:
    return re.findall(r'storage_account_name = "(.*)"', file.read_text())[0]


@pytest.fixture(scope="module")
def deployed(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Run the commands on two computers, which share only the repository and the cloud."""
    folder = tmp_path_factory.mktemp("first")
    laptop = terraform.root("azure").path.parents[2]
    shutil.copytree(ROOTS / "azure-bootstrap", laptop / "infra/terraform/azure-bootstrap")
    forget_examples(laptop / "infra/terraform")
    environment = terraform.environment | GIVEN | tools(folder)
    environment["REPOSITORY"] = str(publish(laptop, folder, environment))
    blocks = [*commands()]
    run(laptop, [block for on_machine, block in blocks if not on_machine], environment)
    account = backend(laptop / "infra/terraform/azure-bootstrap/environments/prod.backend.hcl")
    state = folder / "accounts" / account / "bootstrap/analytics.tfstate"
    deployed = Deployed(folder, resources(state), environment)
    machine = folder / "machine"
    machine.mkdir()
    run(machine, [block for on_machine, block in blocks if on_machine], environment)
    return deployed


def forget_examples(roots: Path) -> None:
    """Remove what the commands create, and use files as the backend of both roots."""
    for root in (roots / "azure", roots / "azure-bootstrap"):
        (root / "state_override.tf").unlink(missing_ok=True)
        shutil.rmtree(root / ".terraform", ignore_errors=True)
        versions = root / "terraform.tf"
        assert BACKEND in versions.read_text()
        versions.write_text(versions.read_text().replace(BACKEND, 'backend "local" {}'))
        for pattern in ("*.backend.hcl", "*.bootstrap.json"):
            for file in (root / "environments").glob(pattern):
                file.unlink()


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
        "ACCOUNTS": str(folder / "accounts"),
        "CALLS": str(folder / "calls"),
        "RETRY_SECONDS": "0",
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


def test_the_environment_uses_the_network_and_the_registry_of_the_bootstrap(deployed: Deployed):
    roots = deployed.folder / "machine/analytics/infra/terraform"
    account = backend(roots / "azure/environments/prod.backend.hcl")
    shared = backend(roots / "azure-bootstrap/environments/shared.backend.hcl")
    registry = deployed.resources(shared, "bootstrap")["azurerm_container_registry.this"]
    network = deployed.resources(account, "bootstrap")
    environment = deployed.resources(account, "tfstate")
    link = environment["azurerm_private_dns_zone_virtual_network_link.this"]
    (pull,) = environment["azurerm_container_app.dashboard"]["registry"]

    assert link["virtual_network_id"] == network["azurerm_virtual_network.this"]["id"]
    assert environment["azurerm_role_assignment.pull"]["scope"] == registry["id"]
    assert pull["server"] == registry["login_server"]


def test_the_state_is_closed_to_the_operators_address_before_the_environment_exists(
    deployed: Deployed,
):
    roots = deployed.folder / "machine/analytics/infra/terraform"
    account = backend(roots / "azure-bootstrap/environments/prod.backend.hcl")
    before = deployed.before["azurerm_storage_account.state"]
    after = deployed.resources(account, "bootstrap")["azurerm_storage_account.state"]
    section = "".join(block for _, block in commands())

    assert before["public_network_access_enabled"] is True
    assert before["network_rules"][0]["ip_rules"] == [GIVEN["ADDRESS"]]
    assert before["network_rules"][0]["default_action"] == "Deny"
    assert after["public_network_access_enabled"] is False
    assert not after["network_rules"][0]["ip_rules"]
    assert section.index("azure-bootstrap apply") < section.index("azure apply")


def test_no_state_and_no_override_stays_on_the_operators_computer(
    deployed: Deployed,
):
    machine = deployed.folder / "machine/analytics/infra/terraform"

    tracked = subprocess.run(
        ["git", "ls-files"],  # noqa: S607 - the one on the PATH
        cwd=machine,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "tfstate" not in tracked.replace("prod.backend.hcl", "")
    assert "override" not in tracked


def test_functions_are_deployed_and_the_operators_role_is_removed_again(deployed: Deployed):
    calls = [" ".join(call) for call in deployed.calls]
    steps = [
        "az login",
        "az role definition update",
        "az acr login --name cranalytics",
        "make publish-images REGISTRY=cranalytics",
        "az login --use-device-code",
        "make bundle deploy-azure ENV=prod",
        "az cosmosdb sql role assignment create",
        "uv run analytics organization create org_acme",
        "az cosmosdb sql role assignment delete",
    ]
    found = [next(i for i, call in enumerate(calls) if call.startswith(step)) for step in steps]

    assert found == sorted(found)


@pytest.mark.parametrize("problem", [{"DENIED": "1"}, {"TF_CLI_ARGS_apply": "-no-such-option"}])
def test_a_failed_first_apply_can_be_repeated(
    terraform: Terraform, tmp_path: Path, problem: dict[str, str]
):
    """Check that the script stops with the state in its file, and continues from there."""
    root = terraform.root("azure-bootstrap")
    folder = root.path.parents[2]
    (folder / "infra/terraform/azure/environments").mkdir(parents=True)
    forget = root.path / "terraform.tf"
    forget.write_text(forget.read_text().replace(BACKEND, 'backend "local" {}'))
    (root.path / "state_override.tf").unlink()
    shutil.rmtree(root.path / ".terraform")
    environment = terraform.environment | tools(tmp_path)
    script = "infra/terraform/azure-bootstrap/first-apply.sh dev"

    with pytest.raises(AssertionError):
        run(folder, [script], environment | problem)
    assert not (root.path / "backend_override.tf").exists()
    assert (root.path / "dev.tfstate").exists() is ("DENIED" in problem)
    run(folder, [script], environment)

    account = backend(root.path / "environments/dev.backend.hcl")
    assert resources(tmp_path / "accounts" / account / "bootstrap/analytics.tfstate")
    assert not [*root.path.glob("*.tfstate*")]
