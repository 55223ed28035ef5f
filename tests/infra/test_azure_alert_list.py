"""The list of Azure's alerts, and those on what only the platform measures.

test_azure_alert_rules.py and test_azure_feed_alerts.py evaluate the other alerts.
"""

from datetime import UTC, datetime, timedelta

import pytest

from tests.infra.azure_monitor import LOG_RULE, METRIC_RULE, Row, Sample, log_rule, metric_rule
from tests.infra.azure_resources import Resources
from tests.infra.azure_telemetry import repeated

LATE, HOUR, PROBES = timedelta(minutes=5), timedelta(hours=1), timedelta(minutes=5)
EVERYWHERE = {
    *("changes-wait", "dead-letters", "functions-fail", "lake-fresh", "lake-waits"),
    *("metrics-fresh", "rollups-swept"),
    *("signing-key-not-rotated", "store-throttled", "store-unavailable"),
}
OUTSIDE_DEV = {  # dev's gateway has neither logs nor capacity, and its dashboard scales to zero
    *("dashboard-down", "gateway-cpu", "gateway-memory", "operations-fail"),
    *("ingest-available-fast-burn", "ingest-available-slow-burn"),
}


def test_these_are_all_alerts(azure: Resources):
    """Evaluate a new alert, and add it to the list."""
    rules = azure.of(LOG_RULE) | azure.of(METRIC_RULE)

    assert set(rules) == EVERYWHERE | (set() if azure.environment == "dev" else OUTSIDE_DEV)
    assert {rule["name"] for rule in rules.values()} == set(rules)


def test_alerts_notify_the_operators(azure: Resources):
    (operators,) = {azure.the("monitor_action_group")["id"]}

    for rule in azure.each(LOG_RULE):
        assert rule["action"][0]["action_groups"] == [operators]
    for rule in azure.each(METRIC_RULE):
        assert [action["action_group_id"] for action in rule["action"]] == [operators]


def test_an_alert_that_stays_notifies_once_per_window(azure: Resources):
    for rule in azure.each(LOG_RULE):
        muted = rule["mute_actions_after_alert_duration"]
        assert muted == (None if rule["auto_mitigation_enabled"] else rule["window_duration"])


@pytest.mark.parametrize("resource", ["Cpu", "Memory"])
def test_gateway_capacity(azure_prod: Resources, resource: str):
    """https://learn.microsoft.com/azure/api-management/monitor-api-management-reference."""
    now, rule = datetime.now(UTC), metric_rule(azure_prod, f"gateway-{resource.lower()}")

    def used(*percent: float) -> list[Sample]:
        return [Sample(f"{resource}Percent_Gateway", now, value, {}) for value in percent]

    assert not rule.is_met(used(20, 95, 30, 20, 20), now)
    assert rule.is_met(used(85, 79, 90, 88, 81), now)


def test_the_dashboard_is_down(azure_prod: Resources):
    """https://learn.microsoft.com/azure/azure-monitor/reference/tables/appavailabilityresults."""
    rule = log_rule(azure_prod, "dashboard-down")
    probe = azure_prod.the("application_insights_standard_web_test")
    start = datetime.now(UTC)

    def probes(*, up_to: timedelta, is_success: bool = True, name: str = probe["name"]):
        values = {"Name": name, "Success": is_success}
        rows = [
            Row("AppAvailabilityResults", start, {**values, "Location": place}, LATE)
            for place in probe["geo_locations"]
        ]
        return repeated(rows, up_to // timedelta(seconds=probe["frequency"]), PROBES)

    def fires_in_an_hour(rows: list[Row]) -> bool:
        return rule.ever_fires(rows, start + rule.window + LATE, start + HOUR)

    good = probes(up_to=2 * HOUR)
    half = [row for row in good if row.values["Location"] == probe["geo_locations"][0]]
    assert not fires_in_an_hour(good)
    assert not fires_in_an_hour(half)
    assert fires_in_an_hour(probes(up_to=HOUR / 2))
    assert fires_in_an_hour(probes(up_to=2 * HOUR, is_success=False))
    assert fires_in_an_hour(probes(up_to=2 * HOUR, name="another"))


def test_the_probe_requests_the_health_check(azure: Resources):
    container = azure.the("container_app")
    (template,) = container["template"]
    probes = [r for r in azure if r["type"] == "azurerm_application_insights_standard_web_test"]
    host = f"{container['name']}.{azure.the('container_app_environment')['default_domain']}"

    assert len(probes) == (1 if template["min_replicas"] else 0)
    for probe in probes:
        (request,), (checks,) = (probe["values"][k] for k in ("request", "validation_rules"))
        path = template["container"][0]["liveness_probe"][0]["path"]
        assert request["url"] == f"https://{host}{path}"
        assert (checks["expected_status_code"], checks["ssl_check_enabled"]) == (200, True)
        assert probe["values"]["enabled"]


@pytest.mark.parametrize(
    ("operation", "result", "expected"),
    [
        ("KeyNearExpiryEventGridNotification", "Success", True),
        ("KeyExpiredEventGridNotification", "Success", True),
        ("KeyRotateIfDue", "InternalServerError", True),
        ("KeyRotate", "Success", False),
        ("KeySign", "Forbidden", False),
    ],
)
def test_a_key_that_is_not_rotated(
    azure_prod: Resources, operation: str, result: str, *, expected: bool
):
    """https://learn.microsoft.com/azure/key-vault/general/logging."""
    values = {"ResourceProvider": "MICROSOFT.KEYVAULT"}
    values |= {"OperationName": operation, "ResultType": result}
    row = Row("AzureDiagnostics", datetime.now(UTC), values).late(2 * LATE)

    rule = log_rule(azure_prod, "signing-key-not-rotated")
    assert rule.always_fires([row]) is expected
