"""`analytics query` prints the results of a real API as tables, CSV or JSON."""

import json

from tests.cli.query_api import HOSTILE, RANGE, Query, cells, rows


class TestTrends:
    def test_all_events_per_day_are_the_default(self, query: Query):
        result = query("trends", *RANGE)

        assert cells(result) == [
            ["day", "all events"],
            ["2026-03-01", "3"],
            ["2026-03-02", "12"],
            ["total", "15"],
        ]
        assert result.stderr.startswith("Events that the API received until 20")

    def test_each_series_has_a_column(self, query: Query):
        result = query(
            "trends",
            *RANGE,
            *("--series", "signed_up", "--series", "paid", "--series", "paid"),
            *("--aggregate", "unique_users", "--aggregate", "sum", "--aggregate", "average"),
            *("--property", "amount"),
        )

        assert cells(result) == [
            ["day", "signed_up: unique users", "paid: sum of amount", "paid: average of amount"],
            ["2026-03-01", "2", "1,200.50", "1,200.50"],
            ["2026-03-02", "1", "100", "100"],
            ["total", "3", "1,300.50", "650.25"],
        ]

    def test_several_aggregates_of_one_series_need_its_name_once(self, query: Query):
        options = ("--series", "paid", "--aggregate", "total", "--aggregate", "per_user")
        result = query("trends", *RANGE, *options)

        assert cells(result)[0] == ["day", "paid", "paid: per user"]
        assert cells(result)[-1] == ["total", "2", "2"]

    def test_filters_the_time_zone_and_the_interval_are_sent(self, query: Query):
        result = query(
            "trends",
            *("--from", "2026-03-01", "--to", "2026-03-31", "--interval", "month"),
            *("--timezone", "America/New_York", "--series", "signed_up"),
            *("--filter", "plan is pro", "--filter", "seats >= 5"),
        )

        assert cells(result) == [["month", "signed_up"], ["2026-03-01", "2"], ["total", "2"]]

    def test_a_breakdown_has_a_column_per_group(self, query: Query):
        options = ("--series", "signed_up", "--breakdown", "plan", "--limit", "1")
        result = query("trends", *RANGE, *options, "--compare", "previous_period")

        assert cells(result) == [
            ["day", "pro", "before", "(other)", "before"],
            ["2026-03-01", "1", "0", "1", "0"],
            ["2026-03-02", "1", "0", "0", "0"],
            ["total", "2", "0", "1", "0"],
        ]

    def test_many_groups_have_a_row_each_with_a_drawing(self, query: Query):
        result = query("trends", *RANGE, "--breakdown", "event_type")

        found = cells(result)
        assert found[0] == ["total", "per day"]
        assert ["signed_up", "3", "█▅"] in found
        assert ["paid", "2", "██"] in found
        assert ["type_3", "1", "▁█"] in found
        assert len(found) == 13

    def test_csv_has_a_row_per_interval_and_line(self, query: Query):
        options = ("--series", "signed_up", "--breakdown", "plan")
        result = query("trends", *RANGE, *options, "--compare", "previous_year", "--csv")

        assert rows(result) == [
            ["day", "series", "group", "value", "previous"],
            ["2026-03-01", "signed_up", "pro", "1", "0"],
            ["2026-03-01", "signed_up", "free", "1", "0"],
            ["2026-03-02", "signed_up", "pro", "1", "0"],
            ["2026-03-02", "signed_up", "free", "0", "0"],
        ]
        assert result.stderr == ""

    def test_json_is_the_response_of_the_api(self, query: Query):
        result = query("trends", *RANGE, "--interval", "hour", "--json")

        found = json.loads(result.stdout)
        assert found["interval"] == "hour"
        assert len(found["buckets"]) == 48
        assert found["complete_through"]

    def test_values_of_events_cannot_control_the_terminal_or_a_spreadsheet(self, query: Query):
        options = (*RANGE, "--series", "odd", "--breakdown", "plan")

        assert cells(query("trends", *options))[0] == ["day", "=1+1 [31m"]
        assert rows(query("trends", *options, "--csv"))[1][2] == f"'{HOSTILE}"

    def test_a_period_without_events_is_named(self, query: Query):
        days = ("--from", "2020-01-01", "--to", "2020-01-02")
        result = query("trends", *days, "--breakdown", "plan")

        assert cells(result) == [["No events in this period."]]


class TestFunnel:
    STEPS = ("funnel", *RANGE, "--steps", "signed_up, paid")

    def test_each_step_has_a_row(self, query: Query):
        assert cells(query(*self.STEPS)) == [
            [
                *("step", "event type", "users", "conversion", "from step before"),
                *("median time", "average time"),
            ],
            ["1", "signed_up", "3", "100.0%", "100.0%", "-", "-"],
            ["2", "paid", "1", "33.3%", "33.3%", "2 h", "2 h"],
        ]

    def test_the_window_and_any_event_are_sent(self, query: Query):
        short = query(*self.STEPS, "--window", "90m")
        any_event = query("funnel", *RANGE, "--steps", "signed_up,*", "--order", "strict")

        assert cells(short)[-1][:3] == ["2", "paid", "0"]
        assert cells(any_event)[-1][:3] == ["2", "any event", "1"]

    def test_a_breakdown_has_rows_per_group(self, query: Query):
        result = query(*self.STEPS, "--breakdown", "plan")

        assert [row[:4] for row in cells(result)[1:]] == [
            ["(all)", "1", "signed_up", "3"],
            ["(all)", "2", "paid", "1"],
            ["pro", "1", "signed_up", "2"],
            ["pro", "2", "paid", "1"],
            ["free", "1", "signed_up", "1"],
            ["free", "2", "paid", "0"],
        ]

    def test_csv_has_the_figures_of_the_api(self, query: Query):
        assert rows(query(*self.STEPS, "--csv")) == [
            [
                *("group", "step", "event_type", "users", "conversion_overall"),
                *("conversion_previous", "median_seconds", "average_seconds"),
            ],
            ["(all)", "1", "signed_up", "3", "1.0", "1.0", "", ""],
            [
                "(all)",
                "2",
                "paid",
                "1",
                "0.3333333333333333",
                "0.3333333333333333",
                "7200.0",
                "7200.0",
            ],
        ]


class TestRetention:
    OPTIONS = ("retention", *RANGE, "--start", "signed_up", "--interval", "day", "--periods", "2")

    def test_each_cohort_has_a_row(self, query: Query):
        assert cells(query(*self.OPTIONS, "--return", "paid")) == [
            ["cohort", "users", "day 0", "day 1"],
            ["2026-03-01", "2", "50.0%", "50.0%"],
            ["2026-03-02", "1", "0.0%", "0.0%"],
            ["all", "33.3%", "33.3%"],
        ]

    def test_periods_that_have_not_ended_are_marked(self, query: Query):
        options = ("retention", "--start", "signed_up", "--interval", "day", "--periods", "1")

        result = query(*options)

        assert cells(result)[-1] == ["* The period hasn't ended."]
        assert cells(result)[-3][-1] == "-*"

    def test_csv_has_a_row_per_cell(self, query: Query):
        assert rows(query(*self.OPTIONS, "--return", "paid", "--csv")) == [
            ["cohort", "size", "period", "users", "complete"],
            ["2026-03-01", "2", "0", "1", "True"],
            ["2026-03-01", "2", "1", "1", "True"],
            ["2026-03-02", "1", "0", "0", "True"],
            ["2026-03-02", "1", "1", "0", "True"],
        ]
