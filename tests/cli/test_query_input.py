"""`analytics query` reads queries from files, and explains invalid ones."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.query_api import RANGE, Query, cells, rows

BODY = {
    "start_date": "2026-03-01",
    "end_date": "2026-03-02",
    "series": [{"event_type": "paid", "aggregate": "max", "property": "amount"}],
}


class TestQueryFile:
    def test_a_file_contains_the_whole_query(self, query: Query, tmp_path: Path):
        file = tmp_path / "query.json"
        file.write_text(json.dumps(BODY))

        assert cells(query("trends", "--query", file))[-1] == ["total", "1,200.50"]

    def test_standard_input_can_contain_the_query(self, query: Query):
        result = query("trends", "--query", "-", "--csv", given=json.dumps(BODY).encode())

        assert rows(result)[1:] == [
            ["2026-03-01", "paid: max of amount", "", "1200.5"],
            ["2026-03-02", "paid: max of amount", "", "100"],
        ]

    def test_other_options_of_the_query_are_refused(self, query: Query):
        result = query("trends", "--query", "-", "--interval", "day", *RANGE)

        assert result.exit_code == 2
        assert "can't be combined with start_date, end_date, interval." in result.stderr

    @pytest.mark.parametrize("text", [b"", b"[1]", b"{", b"\xff"])
    def test_invalid_json_is_reported(self, query: Query, text: bytes):
        result = query("funnel", "--query", "-", given=text)

        assert result.exit_code == 2
        assert result.stderr.startswith("Error: standard input is not ")

    def test_a_missing_file_is_reported(self, query: Query, tmp_path: Path):
        file = tmp_path / "query.json"

        assert f"{file}: No such file or directory" in query("funnel", "--query", file).stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("trends", "--json", "--csv"), "Pass --json or --csv, and not both."),
        (("trends", "--filter", "plan"), "'plan' is not a filter."),
        (("trends", "--limit", "3"), "--limit requires --breakdown."),
        (("trends", "--interval", "year"), "should be 'hour', 'day', 'week' or 'month'"),
        (("trends", "--aggregate", "mode"), "/series/0/aggregate must be total, unique_users"),
        (("trends", "--aggregate", "sum"), "/series/0/property must be present for sum"),
        (("trends", "--property", "a"), "--property needs an --aggregate of its numbers"),
        (
            ("trends", *("--series", "a") * 3, *("--aggregate", "total") * 2),
            "Pass --aggregate once, or once for each --series.",
        ),
        (("trends", "--from", "yesterday"), "/start_date must be a date such as 2026-01-31"),
        (("trends", "--timezone", "Mars"), "/timezone "),
        (("funnel",), "Pass --steps, such as signed_up,paid, or --query."),
        (("funnel", "--steps", "a"), "/steps must have at least 2 values"),
        (("funnel", "--steps", "a,b", "--window", "2"), "'2' is not a duration."),
        (("retention", "--periods", "0"), "/periods must be 1 or more"),
    ],
)
def test_an_invalid_query_is_explained_in_one_line(
    query: Query, options: tuple[str, ...], message: str
):
    result = query(*options)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_an_unreachable_api_and_a_missing_key_are_explained(run: Run):
    url = "http://127.0.0.1:9"
    gone = run("query", "trends", "--org", "org_acme", "--url", url, "--patience", 0)
    without_key = run("query", "trends", "--url", url)

    assert "Is the API running there? If it has another address, pass --url." in gone.stderr
    assert "Pass --key ak_…, or --org org_…" in without_key.stderr
    assert (gone.exit_code, without_key.exit_code) == (2, 2)


def test_the_commands_of_the_documentation_run(query: Query):
    text = Path("docs/cli.md").read_text()
    commands = re.findall(r"^uv run analytics query (.*)$", text, re.MULTILINE)

    assert len(commands) == 4
    for command in commands:
        result = query(*shlex.split(command))
        assert result.exit_code == 0, result.stderr
