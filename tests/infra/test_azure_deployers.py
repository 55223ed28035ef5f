"""The permissions of the deployers suffice for every resource of the plan, and aren't more."""

import json
import os
import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.infra.azure_resources import Resources
from tests.infra.terraform import ROOTS

FOLDER = ROOTS / "azure/deployers"
GRANT = (FOLDER / "grant.sh").read_text()
README = (ROOTS / "azure/README.md").read_text()
TERRAFORM = (ROOTS / "azure/terraform.tf").read_text()

# The type in Azure (after "Microsoft.") of each resource type. Actions: read, write, delete.
TYPES = {
    "api_management": "ApiManagement/service",
    "api_management_api": "ApiManagement/service/apis",
    "api_management_api_diagnostic": "ApiManagement/service/apis/diagnostics",
    "api_management_api_operation": "ApiManagement/service/apis/operations",
    "api_management_api_operation_policy": "ApiManagement/service/apis/operations/policies",
    "api_management_backend": "ApiManagement/service/backends",
    "api_management_logger": "ApiManagement/service/loggers",
    "api_management_policy": "ApiManagement/service/policies",
    "application_insights": "Insights/components",
    "application_insights_standard_web_test": "Insights/webTests",
    "consumption_budget_resource_group": "Consumption/budgets",
    "container_app": "App/containerApps",
    "container_app_environment": "App/managedEnvironments",
    "cosmosdb_account": "DocumentDB/databaseAccounts",
    "cosmosdb_sql_container": "DocumentDB/databaseAccounts/sqlDatabases/containers",
    "cosmosdb_sql_database": "DocumentDB/databaseAccounts/sqlDatabases",
    "cosmosdb_sql_role_assignment": "DocumentDB/databaseAccounts/sqlRoleAssignments",
    "cosmosdb_sql_role_definition": "DocumentDB/databaseAccounts/sqlRoleDefinitions",
    "function_app_flex_consumption": "Web/sites",
    "key_vault": "KeyVault/vaults",
    "log_analytics_workspace": "OperationalInsights/workspaces",
    "management_lock": "Authorization/locks",
    "monitor_action_group": "Insights/actionGroups",
    "monitor_diagnostic_setting": "Insights/diagnosticSettings",
    "monitor_metric_alert": "Insights/metricAlerts",
    "monitor_scheduled_query_rules_alert_v2": "Insights/scheduledQueryRules",
    "private_dns_zone": "Network/privateDnsZones",
    "private_dns_zone_virtual_network_link": "Network/privateDnsZones/virtualNetworkLinks",
    "private_endpoint": "Network/privateEndpoints",
    "resource_group": "Resources/subscriptions/resourceGroups",
    "role_assignment": "Authorization/roleAssignments",
    "service_plan": "Web/serverFarms",
    "storage_account": "Storage/storageAccounts",
    "storage_container": "Storage/storageAccounts/blobServices/containers",
    "user_assigned_identity": "ManagedIdentity/userAssignedIdentities",
}
# Those of an option that no environment's example uses; see test_azure_front_door.py.
OPTIONAL = {
    "cdn_frontdoor_custom_domain": "Cdn/profiles/customDomains",
    "cdn_frontdoor_endpoint": "Cdn/profiles/afdEndpoints",
    "cdn_frontdoor_firewall_policy": "Network/frontDoorWebApplicationFirewallPolicies",
    "cdn_frontdoor_origin": "Cdn/profiles/originGroups/origins",
    "cdn_frontdoor_origin_group": "Cdn/profiles/originGroups",
    "cdn_frontdoor_profile": "Cdn/profiles",
    "cdn_frontdoor_route": "Cdn/profiles/afdEndpoints/routes",
    "cdn_frontdoor_security_policy": "Cdn/profiles/securityPolicies",
}
# Resources outside the access control of Azure, and the role that permits them instead.
ELSEWHERE = {
    "azurerm_key_vault_key": "Key Vault Crypto Officer",
    "azurerm_key_vault_secret": "Key Vault Secrets Officer",
    "azuread_app_role_assignment": "AppRoleAssignment.ReadWrite.All",
    "azuread_application": "Application.ReadWrite.OwnedBy",
    "azuread_application_identifier_uri": "Application.ReadWrite.OwnedBy",
    "azuread_service_principal": "Application.ReadWrite.OwnedBy",
}
LOCAL = {"terraform_data", "time_sleep", "time_static"}
# Actions that the provider and the services need besides, with the reason.
ALSO = {
    "Microsoft.ApiManagement/deletedservices/read": "a deleted gateway is recovered",
    "Microsoft.ApiManagement/locations/deletedservices/delete": "a deleted gateway is purged",
    "Microsoft.App/locations/containerappOperationResults/read": "waits for an operation",
    "Microsoft.App/managedEnvironments/join/action": "the dashboard joins its environment",
    "Microsoft.Authorization/roleDefinitions/read": "finds a role by its name",
    "Microsoft.Cdn/operationresults/read": "waits for an operation",
    "Microsoft.DocumentDB/databaseAccountNames/read": "checks the account's name",
    "Microsoft.DocumentDB/databaseAccounts/listKeys/action": "azurerm reads the account's keys",
    "Microsoft.DocumentDB/locations/operationsStatus/read": "waits for an operation",
    "Microsoft.DocumentDB/operationResults/read": "waits for an operation",
    "Microsoft.DocumentDB/databaseAccounts/privateEndpointConnectionsApproval/action": "endpoint",
    "Microsoft.KeyVault/checkNameAvailability/read": "checks the vault's name",
    "Microsoft.KeyVault/deletedVaults/read": "a deleted vault is recovered",
    "Microsoft.KeyVault/locations/deletedVaults/read": "a deleted vault is recovered",
    "Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action": "endpoint",
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action": "apps have identities",
    "Microsoft.Network/locations/operations/read": "waits for an operation",
    "Microsoft.Network/privateDnsOperationResults/read": "waits for an operation",
    "Microsoft.Network/privateDnsOperationStatuses/read": "waits for an operation",
    "Microsoft.Network/privateDnsZones/join/action": "endpoints register their names",
    "Microsoft.Network/virtualNetworks/join/action": "DNS zones are linked to the network",
    "Microsoft.Network/virtualNetworks/read": "apps and endpoints use the network",
    "Microsoft.Network/virtualNetworks/subnets/join/action": "apps and endpoints use subnets",
    "Microsoft.Network/virtualNetworks/subnets/read": "apps and endpoints use subnets",
    "Microsoft.OperationalInsights/deletedWorkspaces/read": "a deleted workspace is recovered",
    "Microsoft.OperationalInsights/locations/operationStatuses/read": "waits for an operation",
    "Microsoft.OperationalInsights/workspaces/sharedKeys/action": "azurerm reads the keys",
    "Microsoft.Resources/subscriptions/operationresults/read": "waits for an operation",
    "Microsoft.Resources/subscriptions/providers/read": "registers resource providers",
    "Microsoft.Resources/subscriptions/read": "checks the subscription",
    "Microsoft.Storage/checkNameAvailability/read": "checks the accounts' names",
    "Microsoft.Storage/storageAccounts/listKeys/action": "azurerm reads the accounts' keys",
    "Microsoft.Storage/storageAccounts/privateEndpointConnectionsApproval/action": "endpoint",
    "Microsoft.Web/locations/operations/read": "waits for an operation",
    "Microsoft.Web/serverFarms/join/action": "an app joins its plan",
    "Microsoft.Web/sites/config/list/action": "azurerm reads the settings",
    "Microsoft.Web/sites/privateEndpointConnectionsApproval/action": "endpoint",
}


def listed(array: str) -> set[str]:
    """Return the names of roles in an array of the script."""
    text = GRANT.partition(f"{array}=(")[2].partition(")")[0]
    return set(re.findall(r'"([^"]+)"', text))


def actions(file: str) -> list[str]:
    role = json.loads((FOLDER / file).read_text())
    assert role["NotActions"] == role["DataActions"] == role["NotDataActions"] == []
    return role["Actions"]


def test_the_role_permits_every_resource_of_the_plan(azure: Resources):
    types = {resource["type"] for resource in azure}
    permitted = [action.lower() for action in actions("subscription.json")]
    needed = [
        f"Microsoft.{(TYPES | OPTIONAL)[name.removeprefix('azurerm_')]}/{verb}"
        for name in types - ELSEWHERE.keys() - LOCAL
        for verb in ("read", "write", "delete")
    ] + [*ALSO]

    assert [
        each
        for each in needed
        if not any(fnmatchcase(each.lower(), action) for action in permitted)
    ] == []


def test_the_role_permits_nothing_that_no_resource_needs(azure_prod: Resources):
    types = TYPES | OPTIONAL
    needed = {*ALSO, *(f"Microsoft.{name}/read" for name in types.values())}
    registered = {action for action in actions("subscription.json") if "/register/" in action}
    rest = sorted({*actions("subscription.json")} - registered)

    assert [a for a in rest if not any(fnmatchcase(each, a) for each in needed)] == []
    assert not any(action.startswith("*") for action in rest)
    assert {f"azurerm_{name}" for name in TYPES} <= {each["type"] for each in azure_prod}


def test_the_role_registers_the_resource_providers():
    providers = re.findall(r'^    "(Microsoft\.\w+)",$', TERRAFORM, re.MULTILINE)
    registered = [a for a in actions("subscription.json") if a.endswith("/register/action")]

    assert registered == [f"{provider}/register/action" for provider in sorted(providers)]


def test_the_registry_is_in_another_subscription_and_has_a_role_of_its_own(azure: Resources):
    pulled = azure.the("role_assignment", "pull")

    assert pulled["role_definition_name"] == "AcrPull"
    assert "Microsoft.Authorization/roleAssignments/write" in actions("registry.json")
    assert listed("registry_roles") == {"AcrPull"}


def test_deployers_can_assign_exactly_the_roles_of_the_plan(azure: Resources):
    assigned = {role["role_definition_name"] for role in azure.each("role_assignment")}

    assert listed("subscription_roles") | listed("registry_roles") == assigned


def test_the_readme_names_the_permissions_outside_azures_access_control(azure: Resources):
    types = {resource["type"] for resource in azure}

    assert set(ELSEWHERE) <= types
    assert [name for name in ELSEWHERE.values() if name not in README] == []


REGISTRY = "/subscriptions/shared/resourceGroups/rg/providers/Microsoft.ContainerRegistry/r"
# An `az` that records its arguments. It finds no role of the environment, and no assignment unless
# one is given. The variables FAILING and MISSING name a role.
AZ = """#!/usr/bin/env python3
import json, os, sys
with open(os.environ["CALLS"], "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
name = sys.argv[sys.argv.index("--name") + 1] if "--name" in sys.argv else ""
if sys.argv[2:4] == ["assignment", "list"]:
    print(os.environ.get("EXISTING", ""))
elif name and name == os.environ.get("FAILING"):
    sys.exit("You can't read roles.")
else:
    is_unknown = name.startswith("Analytics") or name == os.environ.get("MISSING")
    print("" if is_unknown else f"id-of-{name}".replace(" ", "-"))
"""

type Calls = list[list[str]]


def run_grant(folder: Path, **azure: str) -> tuple[int, Calls]:
    """Run the script, and return its exit code and the arguments of each call of `az`."""
    fake = folder / "az"
    fake.write_text(AZ)
    fake.chmod(0o755)
    own = {"PATH": f"{folder}:{os.environ['PATH']}", "CALLS": f"{folder}/calls"}
    done = subprocess.run(  # noqa: S603 - our own script
        [FOLDER / "grant.sh", "prod", "sub", REGISTRY, "someone", "Group"],
        check=False,
        env=os.environ | own | azure,
    )
    calls = [json.loads(line) for line in (folder / "calls").read_text().splitlines()]
    return done.returncode, calls


def options(calls: Calls, *command: str) -> list[dict[str, str]]:
    """Return the options of each call of an `az` command."""
    found = [call for call in calls if call[:3] == [*command]]
    return [dict(zip(call[3::2], call[4::2], strict=True)) for call in found]


def test_the_script_grants_both_roles_with_a_condition(tmp_path: Path):
    code, calls = run_grant(tmp_path)
    created = options(calls, "role", "definition", "create")
    roles = [json.loads(each["--role-definition"]) for each in created]
    grants = options(calls, "role", "assignment", "create")

    assert code == 0
    assert [(r["Name"], r["AssignableScopes"]) for r in roles] == [
        ("Analytics deployer prod", ["/subscriptions/sub"]),
        ("Analytics registry deployer prod", ["/subscriptions/shared"]),
    ]
    assert [(g["--role"], g["--scope"]) for g in grants] == [
        ("Analytics deployer prod", "/subscriptions/sub"),
        ("Analytics registry deployer prod", REGISTRY),
    ]
    assert {g["--assignee-object-id"] for g in grants} == {"someone"}
    assert not any("--name" in g for g in grants)
    assert grants[1]["--condition"] == (
        "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR "
        "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] "
        "ForAnyOfAnyValues:GuidEquals {id-of-AcrPull})) AND "
        "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR "
        "(@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] "
        "ForAnyOfAnyValues:GuidEquals {id-of-AcrPull}))"
    )


def test_the_script_replaces_the_condition_of_an_existing_assignment(tmp_path: Path):
    code, calls = run_grant(tmp_path, EXISTING="an-assignment")
    searches = options(calls, "role", "assignment", "list")
    grants = options(calls, "role", "assignment", "create")

    assert code == 0
    assert {each["--query"] for each in searches} == {"[?principalId=='someone'].name"}
    assert [(g["--name"], g["--role"], g["--scope"]) for g in grants] == [
        ("an-assignment", each["--role"], each["--scope"]) for each in searches
    ]
    assert len(grants) == 2


@pytest.mark.parametrize("problem", ["FAILING", "MISSING"])
@pytest.mark.parametrize("role", sorted(listed("subscription_roles") | listed("registry_roles")))
def test_the_script_grants_nothing_without_a_complete_condition(
    tmp_path: Path, problem: str, role: str
):
    code, calls = run_grant(tmp_path, **{problem: role})
    granted = [each["--role"] for each in options(calls, "role", "assignment", "create")]

    assert code != 0
    assert granted == (["Analytics deployer prod"] if role == "AcrPull" else [])


def test_the_script_stops_if_it_cannot_find_the_custom_role(tmp_path: Path):
    code, calls = run_grant(tmp_path, FAILING="Analytics deployer prod")

    assert code != 0
    assert not options(calls, "role", "definition", "create")
