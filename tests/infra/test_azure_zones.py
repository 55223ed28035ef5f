"""In prod, events can be sent and read while one zone of the region is lost."""

import re

from tests.infra.azure_resources import Resources
from tests.infra.terraform import ROOTS

APP = "function_app_flex_consumption"
README = (ROOTS / "azure/README.md").read_text()
# Without any one of these functions, nobody can send events, read them or see them in the metrics.
NEEDED = {
    "beacon_events",
    "ingest_events",
    "issue_token",
    "publish_keys",
    "query_events",
    "rollup_metrics",
    "summarize_metrics",
}


def test_the_needed_functions_run_in_several_zones(azure: Resources):
    plans = azure.of("service_plan")
    across_zones = {name for name, plan in plans.items() if plan["zone_balancing_enabled"]}

    assert across_zones == (NEEDED if azure.environment == "prod" else set())


def test_functions_in_several_zones_have_two_warm_instances(azure_prod: Resources):
    """The platform keeps and bills two instances in any case, so the settings should show them."""
    warm = {
        name: sum(ready["instance_count"] for ready in app["always_ready"])
        for name, app in azure_prod.of(APP).items()
    }

    assert {name for name, count in warm.items() if count >= 2} == NEEDED


def test_data_storage_and_dashboard_survive_a_zone_in_prod(azure_prod: Resources):
    account = azure_prod.the("cosmosdb_account")

    assert all(region["zone_redundant"] for region in account["geo_location"])
    assert {s["account_replication_type"] for s in azure_prod.each("storage_account")} == {"ZRS"}
    assert azure_prod.the("container_app_environment")["zone_redundancy_enabled"] is True
    assert azure_prod.the("container_app")["template"][0]["min_replicas"] >= 2


def test_the_readme_states_the_costs_of_the_warm_instances(azure_prod: Resources):
    """The platform also keeps two instances of the timer of rollup_metrics."""
    [(cost, count)] = re.findall(
        r"^\| instances kept warm \|.*\| (\d+) \| (\d+) instances", README, re.MULTILINE
    )
    ready = [one for app in azure_prod.each(APP) for one in app["always_ready"]]

    assert int(count) == sum(one["instance_count"] for one in ready) + 2
    assert int(cost) == round(int(count) * 2 * 2_628_000 * 0.000004)
