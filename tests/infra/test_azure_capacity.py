"""The budget can be created in any month, and the README states the capacity that is needed."""

import re

from tests.infra.azure_resources import Resources
from tests.infra.terraform import ROOTS, Terraform

README = (ROOTS / "azure/README.md").read_text()
APP = "function_app_flex_consumption"


def test_a_new_budget_starts_in_the_month_of_its_creation(terraform: Terraform):
    plan = terraform.applied("azure", "prod")
    (period,) = plan.the("azurerm_consumption_budget_resource_group")["time_period"]
    created = plan.the("time_static", "budget")["rfc3339"]

    assert period["start_date"] == f"{created[:7]}-01T00:00:00Z"


def test_the_budget_keeps_its_start_in_later_months():
    text = (ROOTS / "azure/main.alerts.tf").read_text()
    budget = text.partition('resource "azurerm_consumption_budget_resource_group"')[2]

    assert "ignore_changes = [time_period]" in budget


def test_the_readme_states_the_memory_of_the_functions(azure: Resources):
    [(warm, in_prod, elsewhere)] = re.findall(
        r"prod keeps ([\d,]+) MB warm; a single app may use up to ([\d,]+) MB in prod and "
        r"([\d,]+) MB elsewhere",
        README,
    )
    apps = azure.each(APP)
    kept = sum(
        app["instance_memory_in_mb"] * ready["instance_count"]
        for app in apps
        for ready in app["always_ready"]
    )
    (largest,) = {app["instance_memory_in_mb"] * app["maximum_instance_count"] for app in apps}
    is_prod = azure.environment == "prod"

    assert kept == (number(warm) if is_prod else 0)
    assert largest == number(in_prod if is_prod else elsewhere)


def test_the_readme_checks_the_region_of_the_plan(azure: Resources):
    (region,) = {app["location"] for app in azure.each(APP)}

    assert f"az cosmosdb locations show -l {region} " in README
    assert f"az containerapp list-usages -l {region} " in README
    assert region == re.findall(r"The default region is `(\w+)`", README)[0]


def number(text: str) -> int:
    return int(text.replace(",", ""))
