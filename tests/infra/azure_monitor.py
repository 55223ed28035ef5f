"""Azure Monitor without a cloud: the tables of a workspace, and the rules that evaluate them.

duckdb-kql translates a query to SQL. A rule's windows end at its evaluations, and a row is visible
only after its arrival (https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time).
"""

import operator
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import duckdb
import duckdb_kql

from tests.infra.azure_resources import Resources

LOG_RULE, METRIC_RULE = "monitor_scheduled_query_rules_alert_v2", "monitor_metric_alert"

# The columns that the queries use, with their documented types:
# https://learn.microsoft.com/azure/azure-monitor/reference/tables/apptraces and so on.
TABLES = {
    "AppTraces": "AppRoleName string, Message string, SeverityLevel int, ItemCount int",
    "AppRequests": "AppRoleName string, Name string, OperationName string, Success bool, "
    "ResultCode string, ItemCount int",
    "AppAvailabilityResults": "Name string, Location string, Success bool",
    "ApiManagementGatewayLogs": "OperationId string, ResponseCode int, BackendResponseCode int, "
    "TotalTime long",
    "AzureDiagnostics": "ResourceProvider string, OperationName string, ResultType string",
}
_TYPES = {"string": "VARCHAR", "int": "INTEGER", "long": "BIGINT", "bool": "BOOLEAN"}
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_COMPARISONS = {"GreaterThan": operator.gt, "LessThan": operator.lt}
MINUTE = timedelta(minutes=1)
LATE = timedelta(minutes=5)  # more than the usual delay of log lines, 20 seconds to 3 minutes
_PHASES = 5  # a rule's evaluations can begin at any moment


@dataclass(frozen=True)
class Row:
    """A row of a table. `at` is its TimeGenerated."""

    table: str
    at: datetime
    values: Mapping[str, Any]
    delay: timedelta = timedelta(seconds=20)  # until the row arrives

    def late(self, delay: timedelta) -> "Row":
        return replace(self, delay=delay)


@dataclass(frozen=True)
class Sample:
    """A count or a gauge of a metric, with its dimensions."""

    metric: str
    at: datetime
    value: float
    dimensions: Mapping[str, str]


def of(table: str, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.table == table]


class LogRule:
    """A scheduled query rule with the arguments of its Terraform resource."""

    def __init__(self, rule: Mapping[str, Any]) -> None:
        (self._criteria,) = rule["criteria"]
        self.window = duration(rule["window_duration"])
        self._frequency = duration(rule["evaluation_frequency"])

    def always_fires(self, rows: Sequence[Row]) -> bool:
        """Return whether one evaluation meets the condition, whenever the evaluations begin."""
        end = max(row.at + row.delay for row in rows) + self.window
        return all(self._evaluations(rows, min(row.at for row in rows), end))

    def ever_fires(self, rows: Sequence[Row], start: datetime, end: datetime) -> bool:
        return any(self._evaluations(rows, start, end))

    def _evaluations(self, rows: Sequence[Row], start: datetime, end: datetime) -> Iterable[bool]:
        """Yield whether the rule fires until `end`, for different times of its evaluations."""
        workspace = Workspace(rows)
        for phase in range(_PHASES):
            first = start + self._frequency * phase / _PHASES
            count = int((end - first) / self._frequency) + 1
            yield any(
                self._is_met(workspace, first + number * self._frequency) for number in range(count)
            )

    def _is_met(self, workspace: "Workspace", now: datetime) -> bool:
        results = workspace.query(self._criteria["query"], now - self.window, now)
        values = [row[self._criteria["metric_measure_column"]] for row in results]
        return _compared(self._criteria, [float(v) for v in values if v is not None])


class MetricRule:
    """A metric alert rule with the arguments of its Terraform resource.

    https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-metric-multiple-time-series-single-rule
    """

    def __init__(self, rule: Mapping[str, Any]) -> None:
        (self._criteria,) = rule["criteria"]
        self._window = duration(rule["window_size"])

    def is_met(self, samples: Iterable[Sample], now: datetime) -> bool:
        """Return whether one time series meets the condition; each dimension's value is one."""
        series = defaultdict[tuple[str, ...], list[float]](list)
        for sample in samples:
            is_recent = now - self._window < sample.at <= now
            if is_recent and sample.metric == self._criteria["metric_name"]:
                series[self._key(sample)].append(sample.value)
        is_average = self._criteria["aggregation"] == "Average"
        values = [
            sum(found) / (len(found) if is_average else 1)
            for key, found in series.items()
            if self._includes(key)
        ]
        return _compared(self._criteria, values)

    def _key(self, sample: Sample) -> tuple[str, ...]:
        return tuple(sample.dimensions[each["name"]] for each in self._criteria["dimension"])

    def _includes(self, key: tuple[str, ...]) -> bool:
        dimensions = self._criteria["dimension"]
        return all(value in each["values"] for value, each in zip(key, dimensions, strict=True))


def fires(rule: LogRule, rows: Sequence[Row]) -> bool:
    """Return whether the rule fires whenever it is evaluated, also if the rows arrive late."""
    on_time, late = (rule.always_fires([row.late(d) for row in rows]) for d in (MINUTE, LATE))
    assert on_time == late
    return on_time


def log_rule(azure: Resources, name: str) -> LogRule:
    return LogRule(azure.of(LOG_RULE)[name])


def metric_rule(azure: Resources, name: str) -> MetricRule:
    return MetricRule(azure.of(METRIC_RULE)[name])


def duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    assert found, text
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


class Workspace:
    """The tables of a Log Analytics workspace with these rows."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._connection = _tables()
        for table in TABLES:
            self._connection.execute(f"DELETE FROM all_{table}")  # noqa: S608 - our own names
        for columns, values in _by_columns(rows).items():
            table, *names = columns
            row = f"({', '.join('?' * len(names))})"
            self._connection.execute(
                f"INSERT INTO all_{table} ({', '.join(names)}) "  # noqa: S608 - as above
                f"VALUES {', '.join([row] * len(values))}",
                [value for row in values for value in row],
            )

    def query(self, text: str, start: datetime, now: datetime) -> list[dict[str, Any]]:
        """Return the results of a query over the rows of a window that have arrived."""
        self._connection.execute("UPDATE evaluation SET start = ?, now = ?", [start, now])
        results = self._connection.execute(_sql(text))
        names = [column[0] for column in results.description or ()]
        return [dict(zip(names, found, strict=True)) for found in results.fetchall()]


def _by_columns(rows: Iterable[Row]) -> dict[tuple[str, ...], list[tuple[Any, ...]]]:
    found = defaultdict[tuple[str, ...], list[tuple[Any, ...]]](list)
    for row in rows:
        times = (row.at, row.at + row.delay)
        found[row.table, "TimeGenerated", "arrives", *row.values].append(
            (*times, *row.values.values())
        )
    return found


@cache
def _tables() -> duckdb.DuckDBPyConnection:
    connection = duckdb_kql.connect()
    connection.execute("CREATE TABLE evaluation AS SELECT now() AS start, now() AS now")
    for table, columns in TABLES.items():
        typed = (column.split() for column in columns.split(", "))
        names = ", ".join(f"{name} {_TYPES[type_name]}" for name, type_name in typed)
        connection.execute(
            f"CREATE TABLE all_{table} (TimeGenerated TIMESTAMPTZ, arrives TIMESTAMPTZ, {names})"
        )
        connection.execute(
            f"CREATE VIEW {table} AS SELECT rows.* EXCLUDE (arrives) "  # noqa: S608 - our own names
            f"FROM all_{table} AS rows, evaluation "
            "WHERE TimeGenerated > start AND TimeGenerated <= now AND arrives <= now"
        )
    return connection


@cache
def _sql(query: str) -> str:
    return duckdb_kql.to_sql(query).replace("now()", "(SELECT now FROM evaluation)")


def _compared(criteria: Mapping[str, Any], values: Sequence[float]) -> bool:
    compare = _COMPARISONS[criteria["operator"]]
    return any(compare(value, criteria["threshold"]) for value in values)
