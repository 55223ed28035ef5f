"""Durations are measured by monotonic clocks; the wall clock is read where a date is needed."""

import ast
from pathlib import Path

from tests.repo.test_repository import ROOT, tracked

WALL_CLOCKS = {
    ("time", "time"),
    ("time", "time_ns"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}
# file -> why it needs a date
ALLOWED = {
    "src/api/dependencies.py": "the clock that everything else is given",
    "src/api/telemetry.py": "the lag since the time of receipt, which is a date",
    "src/api/cli/seed.py": "when sample records were made",
    "src/api/cli/export_events.py": "the end of the default range",
}


def reads_of(path: Path) -> set[str]:
    """Return the wall clocks that this module names, as `module.function`."""
    return {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in WALL_CLOCKS
    }


def test_nothing_but_what_needs_a_date_reads_the_wall_clock():
    found = {str(path.relative_to(ROOT)) for path in tracked("src/api/*.py") if reads_of(path)}

    assert found == set(ALLOWED)


def test_no_module_imports_a_wall_clock_by_another_name():
    imported = {
        f"{path}: {alias.name}"
        for path in tracked("src/api/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
        if ("time", alias.name) in WALL_CLOCKS
    }

    assert imported == set()
