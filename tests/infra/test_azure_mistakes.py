"""Common mistakes in the Azure configuration, and the check that reports each."""

import pytest

from tests.infra.terraform import Root, Terraform, partly_full

PLAN = ("plan", "-input=false", "-var-file=environments/prod.tfvars")


@pytest.fixture(scope="module")
def root(terraform: Terraform) -> Root:
    """Return a copy of the root, which the tests share. Each test reverts its mistake."""
    return terraform.root("azure")


def test_a_new_file_in_functions_requires_a_manifest_entry(root: Root):
    """Check that Terraform requires an entry for the new file in the manifest."""
    new = root.path.parents[2] / "functions/export_events.py"
    new.write_text("")
    try:
        said = root.failure(*PLAN)
    finally:
        new.unlink()

    assert "functions/manifest.json must have an entry for export_events" in said


# File, original text, mistaken text, and the error that reports it.
MISTAKES = {
    "an argument of provider version 4": (
        "main.cosmos.tf",
        "local_authentication_enabled          = false",
        "local_authentication_disabled = true",
        "Unsupported argument",
    ),
    "a missing argument": (
        "main.cosmos.tf",
        '  offer_type          = "Standard"\n',
        "",
        'The argument "offer_type" is required',
    ),
    "a missing block": (
        "main.cosmos.tf",
        '  consistency_policy {\n    consistency_level = "Session"\n  }\n',
        "",
        "consistency_policy",
    ),
    "an invalid kind of key": (
        "main.cosmos.tf",
        '"MultiHash"',
        '"MultiHsh"',
        "partition_key_kind",
    ),
    "a misspelt attribute": (
        "outputs.tf",
        "azurerm_cosmosdb_account.this.endpoint",
        "azurerm_cosmosdb_account.this.endpiont",
        "Unsupported attribute",
    ),
    "a misspelt block": (
        "main.cosmos_roles.tf",
        "  permissions {",
        "  permission {",
        "Unsupported block type",
    ),
    "an undeclared resource": (
        "main.monitor.tf",
        "azurerm_log_analytics_workspace.this.id\n  application_type",
        "azurerm_log_analytics_workspace.main.id\n  application_type",
        "Reference to undeclared resource",
    ),
    "a string instead of a number": (
        "main.vault.tf",
        'var.environment == "prod" ? 90 : 7',
        '"a week"',
        "a number is required",
    ),
    "a secret that the state would contain": (
        "main.vault.tf",
        'value_wo         = ephemeral.random_password.secret["cursor"].result',
        'value            = ephemeral.random_password.secret["cursor"].result',
        "Invalid use of ephemeral value",
    ),
    "an output that contains a key": (
        "outputs.tf",
        "value       = azurerm_cosmosdb_account.this.endpoint",
        "value       = azurerm_cosmosdb_account.this.primary_key",
        "Output refers to sensitive values",
    ),
    "a missing variable of a template": (
        "policies/operation.xml.tftpl",
        "${backend}",
        "${bakend}",
        "vars map does not contain key",
    ),
    "a role for a function that does not exist": (
        "main.roles.tf",
        'contains(needs, "signing_key")',
        'contains(needs, "signing_keys")',
        "Invalid index",
    ),
    "a body without a limit": (
        "main.gateway_policies.tf",
        "    create_key          = 4 * 1024\n",
        "",
        "create_key has a request body, so it needs a size limit",
    ),
    "a cycle of references": (
        "locals.tf",
        '"${local.gateway_name}.azure-api.net"',
        'azurerm_function_app_flex_consumption.this["publish_keys"].default_hostname',
        "Cycle",
    ),
}


# Those that the configuration's own checks and the rules of our providers report. Terraform itself
# reports the others.
OWN = {
    "an invalid kind of key",
    "a secret that the state would contain",
    "an output that contains a key",
    "a role for a function that does not exist",
    "a body without a limit",
}


@pytest.mark.parametrize("mistake", partly_full(MISTAKES, OWN))
def test_a_mistake_is_reported(root: Root, mistake: str):
    file, good, bad, message = MISTAKES[mistake]
    with root.edited(file, good, bad):
        assert message in root.failure(*PLAN)
