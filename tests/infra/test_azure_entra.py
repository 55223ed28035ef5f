"""The gateway, and nothing else, gets a token that the functions accept."""

import re

import pytest

from tests.infra.azure_resources import Resources
from tests.infra.plan import Plan
from tests.infra.terraform import Terraform

GATEWAY = "azuread_app_role_assignment"


@pytest.fixture
def prod(terraform: Terraform) -> Plan:
    return terraform.applied("azure", "prod")


def test_functions_check_the_issuer_and_audience_of_the_applications_tokens(
    prod: Plan, azure_prod: Resources
):
    """Tokens of version 2 have the client id as audience, and an issuer that ends in /v2.0."""
    application = prod.the("azuread_application")

    assert application["api"][0]["requested_access_token_version"] == 2
    for app in azure_prod.each("function_app_flex_consumption"):
        entra = app["auth_settings_v2"][0]["active_directory_v2"][0]
        assert entra["tenant_auth_endpoint"].endswith("/v2.0")
        assert entra["client_id"] == application["client_id"]
        assert entra["allowed_audiences"] == [application["client_id"]]


def test_the_gateway_asks_for_the_applications_uri(prod: Plan, azure_prod: Resources):
    uri = prod.the("azuread_application_identifier_uri")
    policies = azure_prod.each("api_management_api_operation_policy")
    asked = {
        resource
        for policy in policies
        for resource in re.findall(
            r'<authentication-managed-identity resource="([^"]+)"', policy["xml_content"]
        )
    }

    assert uri["application_id"] == prod.the("azuread_application")["id"]
    assert uri["identifier_uri"] == f"api://{prod.the('azuread_application')['client_id']}"
    assert asked == {uri["identifier_uri"]}


def test_entra_issues_tokens_for_the_functions_only_to_the_gateway(
    prod: Plan, azure_prod: Resources
):
    principal = prod.the("azuread_service_principal")
    (role,) = prod.the("azuread_application")["app_role"]
    gateway = azure_prod.the("user_assigned_identity", "gateway")["principal_id"]

    assert principal["client_id"] == prod.the("azuread_application")["client_id"]
    assert principal["app_role_assignment_required"] is True
    assert role["allowed_member_types"] == ["Application"]
    assert {
        (each["principal_object_id"], each["app_role_id"], each["resource_object_id"])
        for each in prod.of(GATEWAY).values()
    } == {(gateway, role["id"], principal["object_id"])}


def test_pipelines_own_the_application(prod: Plan):
    """An owner needs only the permission Application.ReadWrite.OwnedBy."""
    deployers = prod.json["variables"]["deployers"]["value"].values()
    owners = [each["object_id"] for each in deployers if each["type"] != "Group"]

    assert owners
    assert prod.the("azuread_application")["owners"] == owners
    assert prod.the("azuread_service_principal")["owners"] == owners


def test_the_application_is_in_the_tenant_of_the_subscription(prod: Plan):
    provider = prod.json["configuration"]["provider_config"]["azuread"]["expressions"]

    assert "data.azurerm_client_config.deployer.tenant_id" in provider["tenant_id"]["references"]
