"""Results of `analytics query`, as tables for a terminal and as rows of CSV."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import orjson

from api.cli.console import out
from api.cli.result_tables import Cell, drawing, duration, percent, print_csv, print_table

_COLUMNS_MAX = 8  # a trend with more figures per interval has a row per line instead
_FUNNEL_FIGURES = (
    "users",
    "conversion_overall",
    "conversion_previous",
    "median_seconds",
    "average_seconds",
)

type _Json = dict[str, Any]


class Report(Protocol):
    """The result of a query."""

    def print_table(self) -> None: ...

    def print_csv(self) -> None: ...


class TrendsReport:
    """The values of the lines of a trend per interval."""

    def __init__(self, query: _Json, result: _Json) -> None:
        self._interval: str = result["interval"]
        self._buckets: list[str] = [
            label if self._interval == "hour" else label[:10] for label in result["buckets"]
        ]
        self._lines: list[_Json] = result["series"]
        self._series: list[str] = [_series_name(each) for each in query["series"]]
        self._compares = "compare" in query

    def print_table(self) -> None:
        figures = [each for line in self._lines for each in _figures(line)]
        if not figures:
            print_table(["No events in this period."], [])
        elif len(figures) > _COLUMNS_MAX:
            self._print_row_per_line()
        else:
            self._print_row_per_interval(figures)

    def print_csv(self) -> None:
        columns = [self._interval, "series", "group", "value"]
        print_csv([*columns, "previous"] if self._compares else columns, self._rows())

    def _print_row_per_interval(self, figures: Sequence[_Json]) -> None:
        before = ["before"] if self._compares else []
        names = [name for line in self._lines for name in (self._name(line), *before)]
        rows = (
            [bucket, *(each["values"][index] for each in figures)]
            for index, bucket in enumerate(self._buckets)
        )
        totals = ["total", *(each["total"] for each in figures)]
        print_table([self._interval, *names], rows, totals)

    def _print_row_per_line(self) -> None:
        before = ["before"] if self._compares else []
        rows = (
            [
                self._name(line),
                *(each["total"] for each in _figures(line)),
                drawing(line["values"]),
            ]
            for line in self._lines
        )
        print_table(["", "total", *before, f"per {self._interval}"], rows)

    def _name(self, line: _Json) -> str:
        series = self._series[int(line["index"])]
        if not line["breakdown"]:
            return series
        group = _group_name(line["breakdown"])
        return group if len(self._series) == 1 else f"{series}, {group}"

    def _rows(self) -> Iterator[Sequence[Cell]]:
        for index, bucket in enumerate(self._buckets):
            for line in self._lines:
                group = _group_name(line["breakdown"]) if line["breakdown"] else None
                values = (each["values"][index] for each in _figures(line))
                yield bucket, self._series[line["index"]], group, *values


class FunnelReport:
    """The users of each step of a funnel, in total and per group."""

    def __init__(self, query: _Json, result: _Json) -> None:
        self._types = [each.get("event_type") or "any event" for each in query["steps"]]
        groups: list[_Json] | None = result.get("breakdowns")
        self._has_groups = groups is not None
        named = [(_group_name(group), group["steps"]) for group in groups or ()]
        self._groups: list[tuple[str, list[_Json]]] = [("(all)", result["steps"]), *named]

    def print_table(self) -> None:
        columns = ["step", "event type", "users", "conversion", "from step before"]
        columns += ["median time", "average time"]
        rows = (
            [
                group,
                number,
                event_type,
                step["users"],
                percent(step["conversion_overall"]),
                percent(step["conversion_previous"]),
                duration(step["median_seconds"]),
                duration(step["average_seconds"]),
            ]
            for group, number, event_type, step in self._steps()
        )
        if self._has_groups:
            print_table(["group", *columns], rows, left=3)
        else:
            print_table(columns, (row[1:] for row in rows), left=2)

    def print_csv(self) -> None:
        rows = (
            [group, number, event_type, *(step[name] for name in _FUNNEL_FIGURES)]
            for group, number, event_type, step in self._steps()
        )
        print_csv(["group", "step", "event_type", *_FUNNEL_FIGURES], rows)

    def _steps(self) -> Iterator[tuple[str, str, str, _Json]]:
        """Yield the group, the number and the event type of each step with its figures."""
        for group, steps in self._groups:
            for number, (event_type, step) in enumerate(zip(self._types, steps, strict=True), 1):
                yield group, str(number), event_type, step


class RetentionReport:
    """The share of each cohort that returned in each period."""

    def __init__(self, query: _Json, result: _Json) -> None:
        self._interval: str = query.get("interval", "week")
        self._cohorts: list[_Json] = result["cohorts"]
        self._overall: list[_Json] = result["overall"]

    def print_table(self) -> None:
        periods = [f"{self._interval} {each['period']}" for each in self._overall]
        rows = (
            [cohort["date"], cohort["size"], *(_share(cohort, cell) for cell in cohort["values"])]
            for cohort in self._cohorts
        )
        rates = [percent(each["rate"]) for each in self._overall]
        print_table(["cohort", "users", *periods], rows, ["all", "", *rates])
        if not all(cell["complete"] for cohort in self._cohorts for cell in cohort["values"]):
            out.print("* The period hasn't ended.")

    def print_csv(self) -> None:
        rows = (
            [cohort["date"], cohort["size"], cell["period"], cell["users"], cell["complete"]]
            for cohort in self._cohorts
            for cell in cohort["values"]
        )
        print_csv(["cohort", "size", "period", "users", "complete"], rows)


def _figures(line: _Json) -> list[_Json]:
    return [line, line["previous"]] if line.get("previous") else [line]


def _share(cohort: _Json, cell: _Json) -> str:
    share = percent(cell["users"] / cohort["size"] if cohort["size"] else None)
    return share if cell["complete"] else f"{share}*"


def _series_name(series: _Json) -> str:
    """Return a name such as `paid: sum of amount`."""
    types = str(series.get("event_type") or "all events")
    aggregate = str(series.get("aggregate", "total"))
    attribute = f" of {series['property']}" if series.get("property") else ""
    return types if aggregate == "total" else f"{types}: {aggregate.replace('_', ' ')}{attribute}"


def _group_name(group: _Json) -> str:
    """Return the name of a group. A value that isn't text is shown as JSON."""
    value: object = group["value"]
    if group["kind"] != "value":
        return f"({group['kind']})"
    return value if isinstance(value, str) else orjson.dumps(value).decode()
