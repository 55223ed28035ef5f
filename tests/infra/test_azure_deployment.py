"""The addresses that `make deploy-azure` reads from Terraform, and the permissions it needs."""

import json

import pytest

from scripts.bundle import MANIFEST
from scripts.deploy_azure import targets
from scripts.pipeline import outputs
from tests.infra.plan import Plan
from tests.infra.terraform import Terraform


@pytest.fixture(scope="module")
def plan(terraform: Terraform) -> Plan:
    return terraform.applied("azure", "dev")


def test_every_function_has_the_addresses_of_its_deployment(plan: Plan):
    apps = plan.of("azurerm_function_app_flex_consumption")
    accounts = plan.of("azurerm_storage_account")

    assert plan.outputs["environment"] == "dev"
    assert set(plan.outputs["function_apps"]) == set(MANIFEST)
    for function, app in plan.outputs["function_apps"].items():
        host = apps[function]["default_hostname"]
        # As in hostNameSslStates of a real app with a unique default host name.
        label, domain = host.split(".", 1)
        assert app == {
            "name": apps[function]["name"],
            "url": f"https://{host}",
            "scm_url": f"https://{label}.scm.{domain}",
            "builds_url": f"{accounts[function]['primary_blob_endpoint']}builds",
        }


def test_the_script_reads_these_outputs(plan: Plan, monkeypatch: pytest.MonkeyPatch):
    found = json.loads(json.dumps(plan.outputs))
    monkeypatch.setattr(outputs, "every_output", lambda *_: found)

    read = {target.function: target for target in targets.read_targets("dev")}

    assert set(read) == set(MANIFEST)
    assert read["check_health"].gateway_urls == [plan.outputs["api_url"] + "/healthz"]
    assert read["ingest_events"].gateway_urls == ()


def test_deployers_keep_packages_only_in_their_containers(plan: Plan):
    containers = plan.of("azurerm_storage_container", "builds")
    roles = plan.of("azurerm_role_assignment", "keep_builds")
    deployers = plan.json["variables"]["deployers"]["value"]

    assert set(containers) == set(MANIFEST)
    assert {values["container_access_type"] for values in containers.values()} == {"private"}
    assert {
        (role["scope"], role["principal_id"], role["principal_type"], role["role_definition_name"])
        for role in roles.values()
    } == {
        (container["id"], one["object_id"], one["type"], "Storage Blob Data Contributor")
        for container in containers.values()
        for one in deployers.values()
    }
    assert set(roles) == {f"{name}: {function}" for name in deployers for function in MANIFEST}
    assert "azurerm_storage_container.builds" in plan.references(
        "azurerm_role_assignment.keep_builds", "scope"
    )
