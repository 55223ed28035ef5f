"""`analytics metric load FILE`: daily values from CSV and JSON Lines."""

import asyncio
import json
from pathlib import Path

import pytest

from api.backends import open_store
from api.domain.metrics import Metric, MetricValue
from api.settings import Settings
from tests.cli.conftest import Run

ORG = "org_new"
CSV = "org_id,metric,date,value\norg_new,revenue,2026-03-01,12.5\norg_new,revenue,2026-03-02,7\n"


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Settings:
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(tmp_path / "data"))
    assert run("organization", "create", ORG, "--name", "New").exit_code == 0
    return Settings(data_dir=tmp_path / "data")


def written(folder: Path, text: str, name: str = "metrics.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def stored(settings: Settings) -> tuple[list[Metric], dict[str, float]]:
    async def find() -> tuple[list[Metric], dict[str, float]]:
        async with open_store(settings) as store:
            metrics = await store.find(Metric, ORG, first="metric~", last="metric~\uffff")
            values = await store.find(MetricValue, ORG, first="revenue:", last="revenue:\uffff")
            return [*metrics], {value.date: value.value for value in values}

    return asyncio.run(find())


def test_a_file_loaded_twice_changes_nothing(run: Run, settings: Settings, tmp_path: Path):
    path = written(tmp_path, CSV)
    first, second = run("metric", "load", path), run("metric", "load", path)
    corrected = run("metric", "load", written(tmp_path, CSV.replace("12.5", "13")), "--json")

    assert first.stdout == "2 values: 2 new, 0 changed, 0 unchanged.\n"
    assert second.stdout == "2 values: 0 new, 0 changed, 2 unchanged.\n"
    assert json.loads(corrected.stdout) == {
        "result": "loaded",
        "new": 0,
        "changed": 1,
        "unchanged": 1,
    }
    assert stored(settings) == (
        [Metric(ORG, "revenue", "sum")],
        {"2026-03-01": 13, "2026-03-02": 7},
    )


def test_json_lines(run: Run, settings: Settings, tmp_path: Path):
    rows = [
        {"org_id": ORG, "metric": "revenue", "date": "2026-03-01", "value": 1},
        {"org_id": ORG, "metric_name": "revenue", "date": "2026-03-02", "value": "2.5"},
    ]
    text = "\n".join(json.dumps(row) for row in rows)
    result = run("metric", "load", written(tmp_path, text, "m.ndjson"), "--kind", "gauge")

    assert result.exit_code == 0, result.stderr
    assert stored(settings) == (
        [Metric(ORG, "revenue", "gauge")],
        {"2026-03-01": 1, "2026-03-02": 2.5},
    )


def test_a_metric_gets_a_currency_once(run: Run, settings: Settings, tmp_path: Path):
    path = written(tmp_path, CSV)
    run("metric", "load", path)
    priced = run("metric", "load", path, "--currency", "EUR")
    repeated = run("metric", "load", path)
    other = run("metric", "load", path, "--currency", "USD")
    unknown = run("metric", "load", path, "--currency", "euro")

    assert (priced.exit_code, repeated.exit_code) == (0, 0), priced.stderr
    assert stored(settings)[0] == [Metric(ORG, "revenue", "sum", "EUR")]
    assert other.exit_code == 1
    assert f"The metric revenue of {ORG} has the currency EUR, not USD." in other.stderr
    assert unknown.exit_code == 2
    assert "must be a code of ISO 4217, such as EUR" in " ".join(unknown.stderr.split())


def test_every_bad_line_is_reported_and_nothing_is_loaded(
    run: Run, settings: Settings, tmp_path: Path
):
    bad = [
        ("org_nowhere,revenue,2026-03-03,1", "there is no organisation org_nowhere"),
        ("org_new,revenue,2026-13-03,1", "date is not a valid date"),
        ("org_new,revenue,2026-03-03,many", "value must be a finite number"),
        ("org_new,revenue,2026-03-03,nan", "value must be a finite number"),
        ("org_new,revenue,2026-03-03,1_0", "value must be a finite number"),
        ("org_new,revenue,2026-03-03,\u0661", "value must be a finite number"),
        ("org_new,revenue,2026-03-03", "has 3 cells where the header has 4"),
        ("org_new,revenue,2026-03-01,99", "repeats line 2 with another value"),
        ("org_new,events,2026-03-03,1", "metric 'events' is counted from events"),
        ("org_new,events.signup,2026-03-03,1", "is counted from events"),
        ("org_new,a:b,2026-03-03,1", "metric 'a:b' must be 1 to 100 letters"),
        (",revenue,2026-03-03,1", "has no org_id"),
    ]
    path = written(tmp_path, CSV + "".join(f"{line}\n" for line, _ in bad))
    result = run("metric", "load", path)

    assert result.exit_code == 1
    reported = result.stderr.splitlines()
    for number, ((_, reason), said) in enumerate(zip(bad, reported, strict=False), 4):
        assert said.startswith(f"{path}, line {number}: ")
        assert reason in said
    assert reported[-1] == f"Error: {len(bad)} invalid lines in {path}; nothing was loaded."
    assert stored(settings) == ([], {})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is not valid JSON"),
        ("[]", "must be a JSON object"),
        (
            '{"org_id": 1, "metric": "m", "date": "2026-03-01", "value": 1}',
            "org_id must be a string",
        ),
        ('{"org_id": "org_new", "metric": "m", "date": "2026-03-01"}', "has no value"),
        (
            '{"org_id": "org_new", "metric": "m", "metric_name": "n", "date": "2026-03-01"}',
            "names its metric twice",
        ),
        (
            '{"org_id": "org_new", "metric": "m", "date": "2026-03-01", "value": true}',
            "value must be a finite number",
        ),
    ],
)
def test_bad_json_lines_are_reported(run: Run, tmp_path: Path, line: str, reason: str):
    result = run("metric", "load", written(tmp_path, f"\n{line}\n", "m.jsonl"))

    assert result.exit_code == 1
    assert f"m.jsonl, line 2: {reason}." in result.stderr


def test_an_equal_line_is_ignored(run: Run, settings: Settings, tmp_path: Path):
    result = run("metric", "load", written(tmp_path, CSV + "org_new,revenue,2026-03-02,7.0\n"))

    assert result.stdout == "2 values: 2 new, 0 changed, 0 unchanged.\n"
    assert stored(settings)[1] == {"2026-03-01": 12.5, "2026-03-02": 7}


@pytest.mark.parametrize("column", ["value", "metric", "metric_name"])
def test_a_repeated_column_is_an_error(run: Run, tmp_path: Path, column: str):
    text = f"org_id,metric,date,value,{column}\norg_new,revenue,2026-03-01,1,2\n"
    result = run("metric", "load", written(tmp_path, text))

    assert result.exit_code == 2
    assert f"has the column {column.removesuffix('_name')} more than once" in result.stderr


def test_files_that_are_none_can_not_be_loaded(run: Run, tmp_path: Path):
    headless = run("metric", "load", written(tmp_path, "a,b\n1,2\n"))
    (tmp_path / "latin.csv").write_bytes(CSV.encode() + "org_new,caf\xe9".encode("latin-1"))
    latin = run("metric", "load", tmp_path / "latin.csv")
    missing = run("metric", "load", tmp_path / "nothing.csv")

    assert [one.exit_code for one in (headless, latin, missing)] == [2, 2, 2]
    assert "lacks the columns org_id, metric, date, value" in headless.stderr
    assert "is not UTF-8" in latin.stderr


def test_a_metric_keeps_its_kind(run: Run, settings: Settings, tmp_path: Path):
    path = written(tmp_path, CSV)
    assert run("metric", "load", path, "--kind", "gauge").exit_code == 0
    other, same = run("metric", "load", path, "--kind", "sum"), run("metric", "load", path)

    assert (other.exit_code, same.exit_code) == (1, 0)
    assert "The metric revenue of org_new has the kind gauge, not sum." in other.stderr
    assert stored(settings)[0] == [Metric(ORG, "revenue", "gauge")]
