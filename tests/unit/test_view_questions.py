"""The question of a saved view is the one that the dashboard asks.

The test `src/app/tests/insights/view-questions.test.ts` reads the same examples.
"""

import json
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest

from api.domain.insight_filters import Condition, Field
from api.errors import ApiError
from api.services.view_questions import Question, question_of

EXAMPLES = json.loads(Path(__file__).with_name("view_questions.json").read_text())
TODAY = date(2026, 3, 10)


def spelled(condition: Condition) -> dict[str, object]:
    attribute = condition.attribute
    named = {"field": attribute.name} if isinstance(attribute, Field) else {}
    if not named:
        path = attribute.path
        named = {"property": path[0] if len(path) == 1 else attribute.pointer}
    return named | {"operator": condition.operator, "values": list(condition.values)}


def described(question: Question) -> dict[str, object]:
    """Return a question as the examples spell it."""
    series = question.series
    found = {
        "event_type": series.step.event_type,
        "aggregate": None if series.aggregate == "total" else series.aggregate,
        "property": series.attribute and series.attribute.pointer,
        "filters": [*map(spelled, series.step.filters)],
    }
    filters = [*map(spelled, question.filters)]
    return {
        "series": {name: value for name, value in found.items() if value},
        "interval": question.interval,
        **({"filters": filters} if filters else {}),
    }


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_state_of_a_view_is_read_as_the_dashboard_reads_it(example: dict[str, object]):
    page, state = example["page"], example["state"]
    expected = {name: value for name, value in example.items() if name not in ("page", "state")}

    assert described(question_of(page, state, TODAY)) == expected


def test_the_interval_of_this_month_remains_days_on_the_first_of_a_month():
    assert question_of("overview", "range=month", date(2026, 3, 1)).interval == "day"


@pytest.mark.parametrize(
    ("page", "state", "reason"),
    [
        ("funnels", "", "Choose a view of the Overview or the Explore page."),
        ("retention", "", "Choose a view"),
        ("users", "", "Choose a view"),
        ("live", "", "Choose a view"),
        ("overview", "measure=nps", "Metrics that were loaded can't have alerts."),
        ("explore", "series=a&series=b", "It must have one series."),
        ("explore", "series=" + quote('{"aggregate": "sum"}'), "It must have one series."),
        ("explore", "series=a&by=country", "Remove its breakdown."),
        ("explore", "series=" + quote('{"aggregate": "mode"}'), "It has an invalid series."),
        ("explore", "series=" + quote('{"event_type": 1}'), "It has an invalid series."),
        ("explore", "series=" + quote('{"filters": 1}'), "It has an invalid series."),
        ("explore", "series=" + quote("{"), "It has an invalid parameter."),
        ("explore", "filter=1", "It has an invalid parameter."),
        ("explore", "filter=" + quote("[" * 3000), "It has an invalid parameter."),
        ("explore", "filter=" + quote('{"property": "a"}'), "It has an invalid filter."),
        (
            "explore",
            "filter=" + quote('{"property": "/~2", "operator": "is_set"}'),
            "The name of a property must be a JSON Pointer, in which ~0 stands for ~ and ~1 for /.",
        ),
        (
            "explore",
            "filter=" + quote('{"field": "user_id", "operator": "is", "values": [1]}'),
            "A value of a filter must be a string, because user_id is a string.",
        ),
        (
            "explore",
            "filter=" + quote('{"property": "a", "operator": "is", "values": [[]]}'),
            "It has an invalid filter.",
        ),
    ],
)
def test_a_view_without_one_number_over_time_is_refused(page: str, state: str, reason: str):
    with pytest.raises(ApiError, match=reason) as refused:
        question_of(page, state, TODAY)

    assert refused.value.code == "alert_unsupported"
