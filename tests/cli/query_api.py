"""Events for tests of `analytics query`, and functions that read its output."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

RANGE = ("--from", "2026-03-01", "--to", "2026-03-02")
HOSTILE = "=1+1\x1b[31m"  # a formula in a spreadsheet, and a red text in a terminal

type Query = Callable[..., Any]


def sent(day: int, hour: int, event_type: str, user: str, **properties: Any) -> dict[str, Any]:
    return {
        "org_id": "org_acme",
        "event_id": f"{event_type}-{user}-{day}-{hour}",
        "event_type": event_type,
        "user_id": user,
        "timestamp": f"2026-03-{day:02}T{hour:02}:00:00Z",
        "properties": properties,
    }


EVENTS = [
    sent(1, 8, "signed_up", "ada", plan="pro", seats=5),
    sent(1, 9, "signed_up", "bob", plan="free", seats=1),
    sent(2, 8, "signed_up", "cy", plan="pro", seats=10),
    sent(1, 10, "paid", "ada", amount=1200.5),
    sent(2, 12, "paid", "ada", amount=100),
    sent(2, 23, "odd", "eve", plan=HOSTILE),
    *(sent(2, 3, f"type_{number}", "dan") for number in range(9)),
]


def cells(result: Any) -> list[list[str]]:
    """Return the rows of a printed table. Two or more spaces separate its cells."""
    assert result.exit_code == 0, result.stderr
    lines = [line.strip() for line in result.stdout.splitlines() if line.strip("─ ")]
    return [[cell.strip() for cell in line.split("   ") if cell.strip()] for line in lines]


def rows(result: Any) -> list[list[str]]:
    """Return the rows of printed CSV."""
    assert result.exit_code == 0, result.stderr
    return list(csv.reader(StringIO(result.stdout)))
