"""The functions that store, expire or archive events get the retention of the environment."""

import pytest

from tests.infra.plan import Plan
from tests.infra.terraform import Terraform

EVENTS, LAKE = "ANALYTICS_EVENTS_RETENTION_DAYS", "ANALYTICS_LAKE_RETENTION_DAYS"


def settings_of(plan: Plan, cloud: str) -> dict[str, dict[str, str]]:
    """Return the settings of each function."""
    if cloud == "aws":
        functions = plan.of("aws_lambda_function")
        return {name: one["environment"][0]["variables"] for name, one in functions.items()}
    apps = plan.of("azurerm_function_app_flex_consumption")
    return {name: one["app_settings"] for name, one in apps.items()}


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_only_functions_that_use_a_retention_get_it(terraform: Terraform, cloud: str):
    days = ("-var=events_retention_days=90", "-var=lake_retention_days=400")
    settings = settings_of(terraform.root(cloud).plan("staging", *days), cloud)

    assert {name: one[EVENTS] for name, one in settings.items() if EVENTS in one} == dict.fromkeys(
        ("beacon_events", "ingest_events", "rollup_metrics"), "90"
    )
    assert {name: one[LAKE] for name, one in settings.items() if LAKE in one} == {
        "archive_events": "400"
    }
