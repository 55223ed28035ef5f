"""Monotonic clocks measure durations. The wall clock is read only where a date is needed."""

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
# file -> the purpose of the date
ALLOWED = {
    "src/api/dependencies.py": "the clock that is passed to all other code",
    "src/api/telemetry.py": "the lag since an event was received, at a stored date",
    "src/api/cli/seed.py": "the creation dates of sample records",
    "src/api/cli/export_events.py": "the end of the default range",
}


def reads_of(path: Path) -> set[str]:
    """Return the wall clocks that a module uses, such as `time.time`."""
    return {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in WALL_CLOCKS
    }


def test_only_modules_that_need_a_date_read_the_wall_clock():
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
