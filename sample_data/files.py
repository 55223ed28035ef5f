"""Write and read the files of the sample data: CSV tables and NDJSON events, with times in UTC."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from behaviour import METRIC_KINDS
from records import Event, Membership, Metric, MetricKind, Organization, SampleData, User


def write(data: SampleData, folder: Path) -> None:
    """Write the six files into `folder`, and create it if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "users.csv", User, data.users)
    write_csv(folder / "organizations.csv", Organization, data.organizations)
    write_csv(folder / "user_orgs.csv", Membership, data.user_orgs)
    write_csv(folder / "metrics.csv", Metric, data.metrics)
    write_csv(folder / "metric_kinds.csv", MetricKind, METRIC_KINDS)
    lines = (json.dumps(asdict(e), separators=(",", ":"), default=rfc3339) for e in data.events)
    (folder / "events.ndjson").write_text("".join(f"{line}\n" for line in lines), newline="\n")


def read(folder: Path) -> SampleData:
    """Read the files that `write` wrote."""
    lines = (folder / "events.ndjson").read_text(encoding="utf-8").splitlines()
    return SampleData(
        users=list(read_csv(folder / "users.csv", User)),
        organizations=list(read_csv(folder / "organizations.csv", Organization)),
        user_orgs=list(read_csv(folder / "user_orgs.csv", Membership)),
        metrics=list(read_csv(folder / "metrics.csv", Metric)),
        events=[Event(**parse_row(json.loads(line))) for line in lines],
    )


def write_csv(path: Path, kind: type, rows: Iterable[object]) -> None:
    names = [field.name for field in fields(kind)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([rfc3339(getattr(row, name)) for name in names] for row in rows)


def read_csv[R](path: Path, kind: Callable[..., R]) -> Iterator[R]:
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield kind(**parse_row(row))


def parse_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: parse(name, value) for name, value in row.items()}


def parse(name: str, value: Any) -> Any:  # noqa: ANN401 - the column determines the type
    match name:
        case "created_at" | "updated_at" | "joined_at" | "timestamp":
            return datetime.fromisoformat(value)
        case "date":
            return date.fromisoformat(value)
        case "value":
            return json.loads(value)
        case _:
            return value


def rfc3339(value: object) -> str:
    """Format times with six fraction digits and a Z, and everything else as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value)
