"""The vault's secrets stay in the vault, and its signing key is rotated."""

from datetime import datetime, timedelta

import pytest

from tests.infra.azure_resources import Resources
from tests.infra.plan import Plan
from tests.infra.terraform import Terraform


def test_secrets_are_write_only(azure: Resources):
    secrets = azure.of("key_vault_secret")
    given = {"oidc_client"} if azure.environment == "prod" else set()

    assert set(secrets) == {"cursor", "session", "user_hash"} | given
    for secret in secrets.values():
        assert (secret["value"], secret["value_wo"]) == (None, None)
        assert secret["value_wo_version"] >= 1
    assert not azure.has("api_management_named_value")


def test_the_dashboard_gets_its_secrets_from_the_vault(azure: Resources):
    app, in_vault = azure.the("container_app"), azure.of("key_vault_secret")
    variables = {each["name"]: each for each in app["template"][0]["container"][0]["env"]}
    names = {"SESSION_SECRET": "session"}
    if azure.environment == "prod":
        names["OIDC_CLIENT_SECRET"] = "oidc_client"

    assert {
        each["name"]: (each["key_vault_secret_id"], each["value"]) for each in app["secret"]
    } == {
        variables[f"ANALYTICS_{setting}"]["secret_name"]: (in_vault[name]["versionless_id"], None)
        for setting, name in names.items()
    }
    assert ("ANALYTICS_OIDC_CLIENT_SECRET" in variables) == (azure.environment == "prod")
    assert "openid" in variables["ANALYTICS_OIDC_SCOPE"]["value"].split()


def test_the_vault_is_protected_from_purging(azure: Resources):
    vault = azure.the("key_vault")

    assert vault["rbac_authorization_enabled"]
    assert vault["purge_protection_enabled"]


def test_the_signing_key_only_signs(azure: Resources):
    key = azure.the("key_vault_key")

    assert (key["key_type"], key["key_size"]) == ("RSA", 2048)
    assert sorted(key["key_opts"]) == ["sign", "verify"]


def test_the_signing_key_is_rotated_also_the_first_time(azure: Resources):
    """Check that the rotation depends on the key's age, not on its expiry."""
    (policy,) = azure.the("key_vault_key")["rotation_policy"]

    assert policy["automatic"] == [{"time_after_creation": "P90D", "time_before_expiry": None}]
    assert policy["expire_after"] == "P120D"


def test_every_version_of_the_signing_key_expires_with_a_notification(terraform: Terraform):
    plan = terraform.applied("azure", "prod")
    key = plan.the("azurerm_key_vault_key")
    created = datetime.fromisoformat(plan.the("time_static", "signing_key")["rfc3339"])

    assert datetime.fromisoformat(key["expiration_date"]) == created + timedelta(days=120)
    assert key["rotation_policy"][0]["expire_after"] == "P120D"
    assert key["rotation_policy"][0]["notify_before_expiry"] == "P20D"


def test_the_vault_logs_what_happens_to_its_keys(azure: Resources):
    """The alert signing-key-not-rotated needs this log."""
    logs = {
        category["category"]
        for setting in azure.each("monitor_diagnostic_setting")
        if setting["target_resource_id"] == azure.the("key_vault")["id"]
        for category in setting["enabled_log"]
    }

    assert logs == {"AuditEvent"}


OFFICERS = {"Key Vault Crypto Officer", "Key Vault Secrets Officer"}


@pytest.fixture
def prod(terraform: Terraform) -> Plan:
    return terraform.applied("azure", "prod")


def test_every_deployer_has_both_roles_for_the_vault(prod: Plan, azure_prod: Resources):
    deployers = prod.json["variables"]["deployers"]["value"]
    vault = azure_prod.the("key_vault")["id"]
    granted = {
        (role["principal_id"], role["principal_type"], role["role_definition_name"])
        for role in azure_prod.each("role_assignment", "deployer")
        if role["scope"] == vault
    }

    assert len(deployers) == 2
    assert granted == {
        (deployer["object_id"], deployer["type"], role)
        for deployer in deployers.values()
        for role in OFFICERS
    }


def test_no_resource_depends_on_who_applies(prod: Plan):
    """Check that no resource depends on who applies, so that every operator can plan."""
    applier = "data.azurerm_client_config.deployer.object_id"

    assert [each for each in prod.configured if applier in prod.references_of(each)] == []


@pytest.mark.parametrize(
    "name", ["key.signing", "secret.cursor", "secret.session", "secret.oidc_client"]
)
def test_the_vault_is_written_after_the_roles_took_effect(prod: Plan, name: str):
    waits = prod.of("time_sleep")

    assert "time_sleep.deployer_roles" in prod.depends_on(f"azurerm_key_vault_{name}")
    assert set(waits["deployer_roles"]["triggers"]) == set(
        prod.of("azurerm_role_assignment", "deployer")
    )
    assert waits["deployer_roles"]["create_duration"] == "10m"


def test_the_dashboard_is_created_after_its_roles_took_effect(prod: Plan):
    assert prod.depends_on("azurerm_container_app.dashboard") == {"time_sleep.dashboard_roles"}
    assert prod.references("time_sleep.dashboard_roles", "triggers") >= {
        "azurerm_role_assignment.pull.id",
        "azurerm_role_assignment.session.id",
        "azurerm_role_assignment.oidc_client",
    }
