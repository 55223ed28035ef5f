"""Azure's alerts use the documented objectives as limits, and the README states their number."""

import re
from pathlib import Path

from tests.infra.azure_resources import Resources

ROOT = Path(__file__).parents[2]
RULES = ("monitor_scheduled_query_rules_alert_v2", "monitor_metric_alert")


def test_alerts_match_the_documented_objectives(azure: Resources):
    section = (ROOT / "answers.md").read_text().partition("### Two SLOs")[2]
    fast, slow = re.findall(r"of ([\d.]+) over 1 (?:h|day)", section)
    (minutes,) = re.findall(r"takes more than (\d+) minutes until a received event", section)
    limits = {
        name: (rule["criteria"][0]["threshold"], rule["window_duration"])
        for name, rule in azure.of(RULES[0]).items()
    }

    assert limits["metrics-fresh"][0] == int(minutes) * 60
    if azure.environment != "dev":  # its gateway logs no requests
        assert limits["ingest-available-fast-burn"] == (float(fast), "PT1H")
        assert limits["ingest-available-slow-burn"] == (float(slow), "P1D")


def test_the_readme_states_how_many_rules_are_billed(azure: Resources):
    readme = (ROOT / "infra/terraform/azure/README.md").read_text()
    ((in_dev, elsewhere),) = re.findall(r"(\d+) alert rules in dev and (\d+) elsewhere", readme)
    rules = [rule for kind in RULES for rule in azure.each(kind)]

    assert len(rules) == int(in_dev if azure.environment == "dev" else elsewhere)


def test_the_budget_alerts_early_and_on_forecasts(azure: Resources):
    budget = azure.the("consumption_budget_resource_group")

    assert {(n["threshold_type"], n["threshold"]) for n in budget["notification"]} == {
        ("Actual", 80),
        ("Forecasted", 100),
    }
