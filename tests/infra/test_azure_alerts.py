"""Azure alerts: their limits come from the objectives, their queries match our log lines."""

import re
from pathlib import Path

from tests.infra.azure_resources import Resources

ROOT = Path(__file__).parents[2]


def test_alerts_are_those_of_the_objectives_in_the_answers(azure: Resources):
    section = (ROOT / "answers.md").read_text().partition("### Two SLOs")[2]
    fast, slow = re.findall(
        r"([\d.]+)\s\N{MULTIPLICATION SIGN}\s+(?:burn\s)?over\s1\s(?:h|day)", section
    )
    if azure.environment == "dev":  # its gateway logs no requests
        return
    alerts = azure.of("monitor_scheduled_query_rules_alert_v2", "ingest_available")
    limits = {k: (v["criteria"][0]["threshold"], v["window_duration"]) for k, v in alerts.items()}

    assert limits == {"fast": (float(fast), "PT1H"), "slow": (float(slow), "P1D")}
    for alert in azure.each("monitor_scheduled_query_rules_alert_v2"):
        assert alert["action"][0]["action_groups"] == [azure.the("monitor_action_group")["id"]]


def test_the_lag_is_read_from_the_line_that_the_code_writes(azure: Resources):
    source = (ROOT / "src/api/services/projections.py").read_text()
    alerts = azure.of("monitor_scheduled_query_rules_alert_v2", "metrics_fresh")
    [criteria] = next(iter(alerts.values()))["criteria"]
    [message] = re.findall(r'Message has ("[^"]+")', criteria["query"])
    [field] = re.findall(r"parse_json\(Message\)\.(\w+)", criteria["query"])

    assert f"log.info({message}" in source
    assert f'"{field}": round(' in source
    assert criteria["threshold"] == 300


def test_a_dead_letter_raises_an_alert_by_the_line_that_the_code_writes(azure: Resources):
    source = (ROOT / "src/api/services/folds.py").read_text()
    alerts = azure.of("monitor_scheduled_query_rules_alert_v2", "dead_letters")
    [criteria] = next(iter(alerts.values()))["criteria"]
    [message] = re.findall(r'Message has ("[^"]+")', criteria["query"])

    assert f"log.error({message}" in source
    assert (criteria["operator"], criteria["threshold"]) == ("GreaterThan", 0)


def test_the_budget_warns_before_and_by_forecast(azure: Resources):
    budget = azure.the("consumption_budget_resource_group")

    assert {(n["threshold_type"], n["threshold"]) for n in budget["notification"]} == {
        ("Actual", 80),
        ("Forecasted", 100),
    }
