"""Read records from the CSV files in a folder of sample data."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, cast

from api.auth.caller import ROLES
from api.cli.csv_tables import read_table
from api.cli.errors import Failure, UnusableFile
from api.cli.metric_rows import read_metric_rows
from api.domain.metrics import LOADED_KINDS, Metric, MetricValue, check_currency
from api.domain.times import parse_timestamp
from api.errors import ApiError
from api.services.input_checks import check_name, check_org_id, check_user_id


def _check_role(value: str) -> None:
    if value not in ROLES:
        raise ValueError(f"must be one of {', '.join(ROLES)}")


_CHECKS: Mapping[str, Callable[[str], object]] = {
    "org_id": check_org_id,
    "user_id": check_user_id,
    "name": lambda value: check_name("name", value),
    "plan": lambda value: check_name("plan", value),
    "role": _check_role,
    "created_at": parse_timestamp,
    "updated_at": parse_timestamp,
    "joined_at": parse_timestamp,
}


def read_records[R](path: Path, kind: type[R]) -> list[R]:
    """Return a record for each row of a CSV file, which must have a column for each required field.

    If the file doesn't exist, return an empty list. Raises Failure for an invalid file.
    """
    if not path.exists():
        return []
    names = [field.name for field in fields(cast("Any", kind)) if field.default is MISSING]
    return [
        kind(**{name: _checked(path, line, name, row[name]) for name in names})
        for line, row in read_table(path, names)
    ]


def _checked(path: Path, line: int, name: str, value: str) -> str:
    try:
        _CHECKS.get(name, str)(value)
    except ApiError as error:
        raise UnusableFile(f"{path}, line {line}: {error.detail}") from error
    except ValueError as error:
        raise UnusableFile(f"{path}, line {line}: {name} {error}.") from error
    return value


def read_metric_values(path: Path) -> list[MetricValue]:
    """Read the values. Raises Failure with the number of the first invalid line."""
    if not path.exists():
        return []
    rows = read_metric_rows(path)
    if rows.bad:
        raise UnusableFile(f"{path}, line {rows.bad[0].line}: {rows.bad[0].reason}.")
    return rows.values


def read_metrics(path: Path, values: list[MetricValue]) -> list[Metric]:
    """Return the metrics that have values.

    The kind of a metric is `sum`, and it has no currency, unless the file says otherwise.
    """
    table = read_table(path, ("metric_name", "kind")) if path.exists() else ()
    known = {row["metric_name"]: _kind_of(path, row) for _, row in table}
    names = dict.fromkeys((value.org_id, value.name) for value in values)
    return [Metric(org_id, name, *known.get(name, ("sum",))) for org_id, name in names]


def _kind_of(path: Path, row: Mapping[str, str]) -> tuple[str, str]:
    """Return the kind of a metric and its currency, which the file may omit."""
    kind, currency = row["kind"], row.get("currency", "")
    if kind not in LOADED_KINDS:
        raise Failure(f"{path}: kind {kind!r} is invalid. Use one of {', '.join(LOADED_KINDS)}.")
    try:
        return kind, currency and check_currency(currency)
    except ValueError as error:
        raise Failure(f"{path}: {error}.") from error
