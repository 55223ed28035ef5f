"""The commands of docs/region-loss.md create a second copy that continues with the account."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.infra.plan import Plan
from tests.infra.terraform import REPOSITORY, ROOTS, Terraform
from tests.infra.walk import backend, blocks, publish, run, tools, use_folders_as_accounts

STEPS = (REPOSITORY / "docs/region-loss.md").read_text().partition("\n## Steps\n")[2]
RECOVER, _, DELETE = STEPS.partition("\n### 7.")
WALK = [*blocks(RECOVER, on_the_machine="### 4.")]
LOST, NEW = "swedencentral", "northeurope"
GIVEN = {
    "LOST": LOST,
    "NEW": NEW,
    "ADDRESS": "198.51.100.7",
    "SUBSCRIPTION": "sub",
    "OBJECT_ID": "id",
    "FIRST": "HEAD^",
}
ACCOUNT = "azurerm_cosmosdb_account"
# What the second copy shares with the first.
SHARED = (ACCOUNT, "azurerm_cosmosdb_sql_database", "azurerm_cosmosdb_sql_container")
SHARED += ("azurerm_cosmosdb_sql_role_definition", "azurerm_management_lock")


@dataclass(frozen=True)
class Recovered:
    """Both copies after the second one was created."""

    first: Plan
    second: Plan
    folder: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def recovered(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Recovered:
    """Lose the region of prod, and carry out the commands on two computers."""
    first = terraform.applied("azure", "prod")
    fail_over(terraform)
    folder = tmp_path_factory.mktemp("lost")
    laptop = terraform.root("azure").path.parents[2]
    shutil.copytree(ROOTS / "azure-bootstrap", laptop / "infra/terraform/azure-bootstrap")
    use_folders_as_accounts(laptop / "infra/terraform")
    environment = terraform.environment | GIVEN | tools(folder)
    environment["REPOSITORY"] = str(publish(laptop, folder, environment))
    machine = folder / "machine"
    machine.mkdir()
    run(laptop, [block for on_machine, block in WALK if not on_machine], environment)
    run(machine, [block for on_machine, block in WALK if on_machine], environment)
    azure = machine / "analytics/infra/terraform/azure"
    plan = subprocess.run(
        ["terraform", "show", "-json", "copy.tfplan"],  # noqa: S607 - the one on the PATH
        cwd=azure,
        env=environment,
        capture_output=True,
        check=True,
    ).stdout
    return Recovered(first, Plan("prod", json.loads(plan)), folder, environment)


def fail_over(terraform: Terraform) -> None:
    """Exchange the priorities of the account's regions, as the platform does."""
    for (kind, _), account in terraform.azure.items():
        if kind == ACCOUNT and len(account["geo_location"]) == 2:
            for region in account["geo_location"]:
                region["failover_priority"] = 0 if region["location"] == NEW else 1


def test_the_account_and_all_below_it_are_imported_without_a_change(recovered: Recovered):
    changes = recovered.second.json["resource_changes"]
    imported = {
        change["address"]: change["change"]["actions"]
        for change in changes
        if "importing" in change["change"]
    }
    expected = {one.address for one in recovered.first.resources if one.type in SHARED}

    assert imported == {address: ["no-op"] for address in expected}
    others = [c for c in changes if c["mode"] == "managed" and c["address"] not in imported]
    assert {tuple(change["change"]["actions"]) for change in others} == {("create",)}


def test_nothing_new_is_in_the_lost_region_or_in_the_group_of_the_first_copy(
    recovered: Recovered,
):
    new = [one for one in recovered.second.resources if one.type not in SHARED]
    locations = {one.values["location"] for one in new if one.values.get("location")}
    groups = {one.values.get("resource_group_name") for one in new} - {None}
    on_the_account = {
        one.type for one in new if one.values.get("resource_group_name") == "rg-analytics-prod"
    }

    assert locations == {NEW}
    assert groups == {"rg-analytics-prod", "rg-analytics-prod-2"}
    assert on_the_account == {"azurerm_cosmosdb_sql_role_assignment"}


def test_the_copies_have_different_names(recovered: Recovered):
    """Names of these types are unique in all of Azure, or in a tenant."""
    for kind in (
        "azuread_application",
        "azurerm_api_management",
        "azurerm_function_app_flex_consumption",
        "azurerm_key_vault",
        "azurerm_resource_group",
        "azurerm_storage_account",
    ):
        names = [
            {one.get("display_name") or one["name"] for one in plan.of(kind).values()}
            for plan in (recovered.first, recovered.second)
        ]
        assert names[0].isdisjoint(names[1]), kind


def test_the_second_copy_has_a_state_of_its_own(recovered: Recovered):
    first = backend(ROOTS / "azure/environments/prod.backend.hcl")
    second = backend(
        recovered.folder / "machine/analytics/infra/terraform/azure/environments/prod.backend.hcl"
    )

    assert (recovered.folder / "accounts" / second / "tfstate/analytics.tfstate").exists()
    assert second != first


def test_the_group_of_the_account_is_in_the_region_that_remains(recovered: Recovered):
    """Nothing in a group can be changed while the group's region is lost."""
    assert recovered.first.the("azurerm_resource_group")["location"] == NEW
    assert recovered.second.the("azurerm_resource_group")["location"] == NEW


def test_the_functions_use_the_same_account_and_the_new_network(recovered: Recovered):
    first, second = (
        plan.of("azurerm_function_app_flex_consumption")["ingest_events"]
        for plan in (recovered.first, recovered.second)
    )
    name = recovered.first.the(ACCOUNT)["name"]

    assert recovered.second.the(ACCOUNT)["name"] == name
    assert "-2/" in second["virtual_network_subnet_id"]
    assert second["virtual_network_subnet_id"] != first["virtual_network_subnet_id"]


@pytest.fixture
def deleted(recovered: Recovered, terraform: Terraform) -> Iterator[None]:
    """Delete the first copy with the state in its account."""
    account = backend(ROOTS / "azure/environments/prod.backend.hcl")
    state = recovered.folder / "accounts" / account / "tfstate/analytics.tfstate"
    state.parent.mkdir(parents=True)
    shutil.copy(terraform.applied_root("azure", "prod").path / "terraform.tfstate", state)
    folder = recovered.folder / "old-machine"
    folder.mkdir()
    before = dict(terraform.azure)
    run(folder, [block for _, block in blocks(DELETE)], recovered.environment)
    assert json.loads(state.read_text())["resources"] == []
    yield
    terraform.azure.update(before)


@pytest.mark.usefixtures("deleted")
def test_the_deletion_of_the_first_copy_keeps_what_the_second_uses(
    recovered: Recovered, terraform: Terraform
):
    existing = {
        (kind, values.get("name"), values.get("resource_group_name"))
        for (kind, _), values in terraform.azure.items()
    }

    def is_there(plan: Plan, kind: str) -> set[bool]:
        return {
            (kind, one["name"], one.get("resource_group_name")) in existing
            for one in plan.of(kind).values()
        }

    for kind in (*SHARED, "azurerm_resource_group"):
        assert is_there(recovered.second, kind) == {True}, kind
    for kind in ("azurerm_function_app_flex_consumption", "azurerm_key_vault"):
        assert is_there(recovered.first, kind) == {False}, kind
        assert is_there(recovered.second, kind) == {True}, kind
