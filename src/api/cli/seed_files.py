"""Read records from the CSV files in a folder of sample data."""

import csv
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, cast

from api.cli.errors import Failure
from api.domain.metrics import LOADED_KINDS, Metric, MetricValue
from api.domain.times import parse_date


def read_records[R](path: Path, kind: type[R]) -> list[R]:
    """Return a record for each row of a CSV file, which must have a column for each required field.

    If the file doesn't exist, return an empty list.
    Raises Failure if columns are missing.
    """
    names = [field.name for field in fields(cast("Any", kind)) if field.default is MISSING]
    return [kind(**{name: row[name] for name in names}) for row in read_rows(path, names)]


def read_rows(path: Path, names: list[str]) -> Iterator[dict[str, str]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing := set(names) - set(reader.fieldnames or ()):
            raise Failure(f"{path} lacks the columns {', '.join(sorted(missing))}.")
        for row in reader:
            if None in row.values():
                raise Failure(f"{path}, line {reader.line_num}: has fewer cells than the header.")
            yield row


def read_metric_values(path: Path) -> list[MetricValue]:
    """Read the values. Raises Failure with the line number if a number or a date is invalid."""
    values: list[MetricValue] = []
    columns = ["org_id", "date", "metric_name", "value"]
    for line, row in enumerate(read_rows(path, columns), 2):
        try:
            day = parse_date(row["date"]).isoformat()
            value = float(row["value"])
        except ValueError as error:
            raise Failure(f"{path}, line {line}: {error}.") from error
        values.append(MetricValue(row["org_id"], row["metric_name"], day, value))
    return values


def read_metrics(path: Path, values: list[MetricValue]) -> list[Metric]:
    """Return the metrics that have values.

    The kind of a metric is `sum`, unless the file says otherwise.
    """
    kinds = {row["metric_name"]: row["kind"] for row in read_rows(path, ["metric_name", "kind"])}
    if unknown := set(kinds.values()) - set(LOADED_KINDS):
        raise Failure(
            f"{path}: kind {unknown.pop()!r} is invalid. Use one of {', '.join(LOADED_KINDS)}."
        )
    names = dict.fromkeys((value.org_id, value.name) for value in values)
    return [Metric(org_id, name, kinds.get(name, "sum")) for org_id, name in names]
