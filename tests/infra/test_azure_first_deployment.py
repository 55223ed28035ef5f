"""The commands of "The first deployment" work in order, with the real Terraform and both roots."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.infra.terraform import ROOTS, Terraform
from tests.infra.walk import (
    BACKEND,
    HTTP_BACKEND,
    backend,
    blocks,
    publish,
    resources,
    run,
    tools,
    use_folders_as_accounts,
)

README = (ROOTS / "azure/README.md").read_text()
SECTION = README.partition("\n## The first deployment\n")[2].partition("\n## ")[0]
WALK = [*blocks(SECTION, on_the_machine="### 5.")]
# What the reader must know before the first command.
GIVEN = {"ADDRESS": "198.51.100.7", "SUBSCRIPTION": "sub", "OBJECT_ID": "id", "SUB": "the-owner"}


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


@pytest.fixture(scope="module")
def deployed(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Run the commands on two computers, which share only the repository and the cloud."""
    folder = tmp_path_factory.mktemp("first")
    laptop = terraform.root("azure").path.parents[2]
    shutil.copytree(ROOTS / "azure-bootstrap", laptop / "infra/terraform/azure-bootstrap")
    use_folders_as_accounts(laptop / "infra/terraform")
    forget_examples(laptop / "infra/terraform")
    environment = terraform.environment | GIVEN | tools(folder)
    environment["REPOSITORY"] = str(publish(laptop, folder, environment))
    run(laptop, [block for on_machine, block in WALK if not on_machine], environment)
    account = backend(laptop / "infra/terraform/azure-bootstrap/environments/prod.backend.hcl")
    state = folder / "accounts" / account / "bootstrap/analytics.tfstate"
    deployed = Deployed(folder, resources(state), environment)
    machine = folder / "machine"
    machine.mkdir()
    run(machine, [block for on_machine, block in WALK if on_machine], environment)
    return deployed


def forget_examples(roots: Path) -> None:
    """Remove the files that the commands create."""
    for root in (roots / "azure", roots / "azure-bootstrap"):
        for pattern in ("*.backend.hcl", "*.bootstrap.json"):
            for file in (root / "environments").glob(pattern):
                file.unlink()


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
    section = "".join(block for _, block in WALK)

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
    forget.write_text(forget.read_text().replace(BACKEND, HTTP_BACKEND))
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
