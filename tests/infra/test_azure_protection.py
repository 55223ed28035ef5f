"""Customers' data is protected from deletion, without a lock that blocks ordinary changes."""

from collections.abc import Iterator

import pytest

from tests.infra.azure_resources import Resources
from tests.infra.terraform import Root, Terraform

DESTROY = ("plan", "-destroy", "-input=false", "-lock=false")
# The arguments that place a resource below another one.
PLACES = ("scope", "target_resource_id", "key_vault_id", "private_connection_resource_id")


@pytest.fixture
def replaced_container(terraform: Terraform) -> Iterator[Root]:
    """Return the applied prod with another partition key of one container, and revert it."""
    root = terraform.applied_root("azure", "prod")
    old, new = 'metrics       = { key = ["/org_id"] }', 'metrics       = { key = ["/user_id"] }'
    root.edit("main.cosmos.tf", old, new)
    yield root
    root.edit("main.cosmos.tf", new, old)


def test_locks_are_only_where_nothing_is_deleted(azure: Resources):
    """A lock applies to everything below it, also to role assignments and diagnostic settings."""
    locked = [r["values"]["scope"] for r in azure if r["type"] == "azurerm_management_lock"]
    below = [
        resource["address"]
        for resource in azure
        for place in PLACES
        if resource["type"] != "azurerm_management_lock"
        and str(resource["values"].get(place)).startswith(tuple(locked))
        and locked
    ]

    is_prod = azure.environment == "prod"
    assert locked == ([azure.the("cosmosdb_sql_database")["id"]] if is_prod else [])
    assert below == []


def test_prod_can_not_be_destroyed(terraform: Terraform):
    said = terraform.applied_root("azure", "prod").failure(
        *DESTROY, "-var-file=environments/prod.tfvars"
    )

    assert "Instance cannot be destroyed" in said
    assert "terraform_data.keep_stores[0]" in said
    assert "terraform_data.keep_lake[0]" in said
    assert 'terraform_data.keep_container["events"]' in said


def test_no_container_with_data_can_be_replaced(replaced_container: Root):
    said = replaced_container.failure(
        "plan", "-input=false", "-lock=false", "-var-file=environments/prod.tfvars"
    )

    assert "Instance cannot be destroyed" in said
    assert 'terraform_data.keep_container["metrics"]' in said
    assert 'keep_container["events"]' not in said.partition("Error:")[2]


def test_dev_can_be_destroyed_and_created_again(terraform: Terraform):
    root = terraform.applied_root("azure", "dev")
    root.run(*DESTROY, "-var-file=environments/dev.tfvars")
    (features,) = terraform.applied("azure", "dev").json["configuration"]["provider_config"][
        "azurerm"
    ]["expressions"]["features"]
    (vault,), (group,) = features["key_vault"], features["resource_group"]

    for kind in ("key_vaults", "keys", "secrets"):
        assert vault[f"recover_soft_deleted_{kind}"] == {"constant_value": True}
    assert group["prevent_deletion_if_contains_resources"] == {"references": ["var.environment"]}


def test_every_deletion_of_data_outside_the_lake_can_be_undone(azure: Resources):
    vault, account = azure.the("key_vault"), azure.the("cosmosdb_account")

    assert vault["purge_protection_enabled"]
    assert vault["soft_delete_retention_days"] == (90 if azure.environment == "prod" else 7)
    assert account["backup"][0]["type"] == "Continuous"
    for storage in azure.of("storage_account", "function").values():
        assert storage["blob_properties"][0]["delete_retention_policy"] == [
            {"days": 7, "permanent_delete_enabled": None}
        ]
