"""Azure alerts use the documented objectives as limits, and their queries match our log lines."""

import re
from pathlib import Path

from tests.infra.azure_resources import Resources

ROOT = Path(__file__).parents[2]


def test_alerts_match_the_documented_objectives(azure: Resources):
    section = (ROOT / "answers.md").read_text().partition("### Two SLOs")[2]
    fast, slow = re.findall(r"of ([\d.]+) over 1 (?:h|day)", section)
    if azure.environment == "dev":  # its gateway logs no requests
        return
    alerts = azure.of("monitor_scheduled_query_rules_alert_v2", "ingest_available")
    limits = {k: (v["criteria"][0]["threshold"], v["window_duration"]) for k, v in alerts.items()}

    assert limits == {"fast": (float(fast), "PT1H"), "slow": (float(slow), "P1D")}
    for alert in azure.each("monitor_scheduled_query_rules_alert_v2"):
        assert alert["action"][0]["action_groups"] == [azure.the("monitor_action_group")["id"]]


def test_the_lag_metric_matches_the_log_line_in_the_code(azure: Resources):
    source = (ROOT / "src/api/services/projections.py").read_text()
    alerts = azure.of("monitor_scheduled_query_rules_alert_v2", "metrics_fresh")
    [criteria] = next(iter(alerts.values()))["criteria"]
    [message] = re.findall(r'Message has ("[^"]+")', criteria["query"])
    [field] = re.findall(r"parse_json\(Message\)\.(\w+)", criteria["query"])

    assert f"log.info({message}" in source
    assert f'"{field}": round(' in source
    assert criteria["threshold"] == 300


def test_the_dead_letter_alert_matches_the_log_line_in_the_code(azure: Resources):
    source = (ROOT / "src/api/services/folds.py").read_text()
    alerts = azure.of("monitor_scheduled_query_rules_alert_v2", "dead_letters")
    [criteria] = next(iter(alerts.values()))["criteria"]
    [message] = re.findall(r'Message has ("[^"]+")', criteria["query"])

    assert f"log.error({message}" in source
    assert (criteria["operator"], criteria["threshold"]) == ("GreaterThan", 0)


def test_the_budget_alerts_early_and_on_forecasts(azure: Resources):
    budget = azure.the("consumption_budget_resource_group")

    assert {(n["threshold_type"], n["threshold"]) for n in budget["notification"]} == {
        ("Actual", 80),
        ("Forecasted", 100),
    }
