"""The budget can be created in any month, and the README states the capacity that is needed."""

import re

from tests.infra.azure_resources import Resources
from tests.infra.terraform import ROOTS, Terraform

README = (ROOTS / "azure/README.md").read_text()
APP = "function_app_flex_consumption"
FLEET_MAX = 21
ENDPOINT = 7.3  # dollars per private endpoint and month


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


def test_the_fleet_is_small(azure_prod: Resources):
    """The least privilege of each app is tested in tests/functions/test_least_privilege.py."""
    assert len(azure_prod.each(APP)) <= FLEET_MAX
    assert f"**The fleet** has at most {FLEET_MAX} apps" in README


def test_the_readme_states_the_costs_of_the_fleet(azure_prod: Resources):
    endpoints, apps = (len(azure_prod.each(kind)) for kind in ("private_endpoint", APP))
    operations = (
        len(azure_prod.each("api_management_api_operation")) + 3
    )  # and those without a request
    rows = {
        name: [number(cell) for cell in re.findall(r"[\d,]+", cells)]
        for name, cells in re.findall(
            r"^\| (an app for each|the apps in)(.*)$", README, re.MULTILINE
        )
    }
    (fixed,) = re.findall(r"^\| \*\*before the first event\*\* \|(.*)$", README, re.MULTILINE)

    assert rows["the apps in"] == [apps, *(number(cell) for cell in re.findall(r"[\d,]+", fixed))]
    more = round((operations - apps) * 2 * ENDPOINT)
    dev, *others = rows["the apps in"][1:]
    assert rows["an app for each"] == [operations, dev, *(cost + more for cost in others)]
    cost, priced = round(endpoints * ENDPOINT), rf"{endpoints} \S+ \$0\.01"
    assert re.search(
        rf"^\| private endpoints \|.*\| {cost} \| {priced}.*, {apps} apps,", README, re.MULTILINE
    )


def number(text: str) -> int:
    return int(text.replace(",", ""))
