"""Bad and hostile bodies of insights get an error that says what to change, never status 500."""

from typing import Any

import pytest

from api.domain.insight_filters import FILTER_DEPTH_MAX, FILTERS_MAX
from tests.api.lake_client import DAY, LakeClient
from tests.support import an_event

HOSTILE = [
    "'; DROP TABLE events; --",
    '" OR ""="',
    "$.a[0]",
    "$[*]",
    "../../etc/passwd",
    "a.b",
    "[0]",
    "/a/~2",
    "/~0~1/",
    "",
    "/",
    "\\",
    "\u0000",
    "%",
    ".*",
    "(a+)+$",
    "🦆" * 100,
    "$p0",
    "?",
]


def condition(name: str = "plan", operator: str = "is", *values: Any) -> dict[str, Any]:
    return {"property": name, "operator": operator, "values": list(values)}


def nested(levels: int) -> dict[str, Any]:
    inner = condition("plan", "is_set")
    for level in range(levels - 1):
        inner = {"and" if level % 2 else "or": [inner]}
    return inner


async def errors(lake: LakeClient, path: str, body: dict[str, Any]) -> dict[str, str]:
    response = await lake.post(path, body)
    assert response.status_code == 422, response.text
    return {error["pointer"]: error["detail"] for error in response.json()["errors"]}


@pytest.mark.parametrize(
    ("path", "body", "pointer", "detail"),
    [
        ("trends", {}, "/series", "must be present"),
        ("trends", {"series": []}, "/series", "must not be empty"),
        ("trends", {"series": [{}] * 11}, "/series", "must have at most 10 values"),
        ("trends", {"series": [{"aggregate": "sum"}]}, "/series/0/property", "must be present for"),
        ("trends", {"series": [{"property": "a"}]}, "/series/0/property", "must not be sent with"),
        ("trends", {"series": [{"aggregate": "p42"}]}, "/series/0/aggregate", "must be total, "),
        ("trends", {"series": [{}], "serie": 1}, "/serie", "is unknown: remove it"),
        ("trends", {"series": [{}], "start_date": "1.3."}, "/start_date", "must be a date such as"),
        ("trends", {"series": [{}], "end_date": "2026-02-30"}, "/end_date", "is not a valid date"),
        ("trends", {"series": [{}], "end_date": "9999-12-31"}, "/end_date", "must be from 1900-"),
        (
            "trends",
            {"series": [{}], "start_date": "2026-03-11"},
            "/start_date",
            "must not be after",
        ),
        ("trends", {"series": [{}], "start_date": "2023-01-01"}, "/start_date", "must be within 1"),
        (
            "trends",
            {"series": [{}], "interval": "hour", "start_date": "2026-01-01"},
            "/start_date",
            "must be within 45 days",
        ),
        (
            "trends",
            {"series": [{}], "timezone": "../UTC"},
            "/timezone",
            "must be an IANA time zone",
        ),
        ("trends", {"series": [{}], "timezone": "America"}, "/timezone", "must be an IANA"),
        ("trends", {"series": [{}], "timezone": "localtime"}, "/timezone", "must be an IANA"),
        ("trends", {"series": [{}], "breakdown": {}}, "/breakdown", "must have property or field"),
        (
            "trends",
            {"series": [{}], "breakdown": {"property": "a", "limit": 101}},
            "/breakdown/limit",
            "must be 100 or less",
        ),
        ("funnels", {"steps": [{}]}, "/steps", "must have at least 2 values"),
        ("funnels", {"steps": [{}, {}], "window_seconds": 0}, "/window_seconds", "must be 1 or"),
        ("funnels", {"steps": [{}, {}], "window_seconds": "9"}, "/window_seconds", "must be a wh"),
        (
            "funnels",
            {
                "steps": [{"filters": [condition("n", "is", n)]} for n in range(6)],
                "order": "any",
            },
            "/steps",
            "must have at most 5 different steps that one event can match",
        ),
        (
            "funnels/dropped-users",
            {"steps": [{}, {}], "after_step": 1},
            "/after_step",
            "must be 0 or less, because nobody",
        ),
        ("retention", {"periods": 61}, "/periods", "must be 60 or less"),
        (
            "retention",
            {"interval": "day", "start_date": "2024-03-10"},
            "/start_date",
            "must leave at most 366 cohorts: choose a longer interval",
        ),
    ],
)
async def test_an_invalid_query_says_what_to_change(
    lake: LakeClient, path: str, body: dict[str, Any], pointer: str, detail: str
):
    assert (await errors(lake, path, body))[pointer].startswith(detail)


@pytest.mark.parametrize(
    ("wanted", "pointer", "detail"),
    [
        ({}, "", "must be an object with property, field, and, or or"),
        (1, "", "must be an object with property, field, and, or or"),
        (condition("a", "is"), "/values", "must have 1 to 100 values for is"),
        (condition("a", "between", 1), "/values", "must have 2 values for between"),
        (condition("a", "between", 5, 1), "/values", "must have the smaller value first"),
        (condition("a", "is_set", 1), "/values", "must have 0 values for is_set"),
        (condition("a", "is", [1]), "/values/0", "must be a string, a number or a boolean"),
        (condition("a", "is", None), "/values/0", "must be a string, a number or a boolean"),
        (condition("a", "like", 1), "/operator", "must be is, is_not, contains"),
        (condition("a", "contains", 1), "/values/0", "must be a string for contains"),
        (condition("/a/~2", "is", 1), "/property", "must be a JSON Pointer"),
        ({"field": "id", "operator": "is", "values": ["x"]}, "/field", "must be user_id or event"),
        ({"field": "user_id", "operator": "is", "values": [1]}, "/values/0", "must be a string"),
        ({"and": [{"or": [condition("a", "is")]}]}, "/and/0/or/0/values", "must have 1 to 100"),
        ({"and": [], "or": []}, "/or", "is unknown: remove it"),
    ],
)
async def test_an_invalid_filter_says_what_to_change(
    lake: LakeClient, wanted: Any, pointer: str, detail: str
):
    found = await errors(lake, "trends", {"series": [{"filters": [wanted]}]})

    assert found[f"/series/0/filters/0{pointer}"].startswith(detail), found


async def test_filters_are_limited_in_number_and_in_depth(lake: LakeClient):
    many = [condition("plan", "is_set")] * (FILTERS_MAX + 1)

    assert (
        "at most 100 filters"
        in (await errors(lake, "trends", {"series": [{"filters": many}]}))["/series/0/filters"]
    )
    two = {"filters": many[:60], "series": [{"filters": many[:60]}]}
    assert "at most 100 filters" in (await errors(lake, "trends", two))["/series/0/filters"]
    deep = {"series": [{}], "filters": [nested(FILTER_DEPTH_MAX + 1)]}
    assert [*(await errors(lake, "trends", deep)).values()] == ["is nested deeper than 10 levels"]
    for allowed in ([nested(FILTER_DEPTH_MAX)], many[:FILTERS_MAX]):
        response = await lake.post("trends", {"series": [{}], "filters": allowed})
        assert response.status_code == 200, response.text


@pytest.mark.parametrize("levels", [50, 300, 900, 5000])
async def test_deep_nesting_is_refused(lake: LakeClient, levels: int):
    text = '{"and":[' * levels + "]}" * levels
    response = await lake.http.post(
        "/api/v1/insights/trends",
        content=f'{{"series":[{{}}],"filters":[{text}]}}',
        headers={"Content-Type": "application/json"},
    )

    assert response.status_code in (400, 422)
    assert len(response.content) < 10_000


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_only_data(lake: LakeClient, text: str):
    await lake.send(an_event(0, properties={"plan": "pro", "<b>": 1}))
    step = {"event_type": text, "filters": [condition(text, "is", text)]}
    own = {"field": "user_id", "operator": "contains", "values": [text]}
    bodies = {
        "trends": {
            "series": [step, {"aggregate": "sum", "property": text}, {"filters": [own]}],
            "breakdown": {"property": text},
        },
        "funnels": {"steps": [step, {"filters": [own]}], "breakdown": {"property": text}},
        "retention": {"start": step, "return": {"filters": [own]}},
    }
    for path, body in bodies.items():
        response = await lake.post(path, body)

        assert response.status_code in (200, 422), response.text
        if response.status_code == 422:
            assert response.json()["code"] == "invalid_payload", response.text
    for path, query in (("users", {"search": text}), ("properties", {"event_type": text})):
        response = await lake.http.get(
            f"/api/v1/{path}", params=DAY | query if path != "users" else query
        )
        assert response.status_code in (200, 400), response.text


async def test_a_body_is_limited_in_size(lake: LakeClient):
    response = await lake.post("trends", {"series": [{"event_type": "x" * 300_000}]})

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
