"""`analytics export-members` copies members from the local store to a real PostgreSQL."""

import asyncio
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from api.backends import open_store
from api.cli import app
from api.domain.reference import Membership
from api.settings import Settings
from sql.sample import CSV_FILES, SAMPLE, read_table

TABLES = {file: CSV_FILES[file] for file in ("organizations", "users", "user_orgs")}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store with the sample data's organisations and users."""
    folder = tmp_path_factory.mktemp("store")
    assert run(folder, "seed", str(SAMPLE), "--no-events")[0] == 0
    return folder


@pytest.fixture
def target(empty_dsn: str) -> str:
    """Return an operator's DSN of a database with tables and two other organisations."""
    return f"{empty_dsn} options='-c role=analytics_operator'"


def run(data_dir: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments, env={"ANALYTICS_DATA_DIR": str(data_dir)})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stderr


def copied(dsn: str, file: str) -> list[dict[str, str]]:
    """Return the copied rows of a table in the format of the CSV file."""
    columns = list(read_table(file)[0])
    as_text = [
        f"""to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
        if name.endswith("_at")
        else name
        for name in columns
    ]
    where = "" if file == "users" else "WHERE org_id NOT IN ('org_a', 'org_b')"
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(f"SELECT {', '.join(as_text)} FROM {TABLES[file]} {where}")  # noqa: S608
        return [dict(zip(columns, row, strict=True)) for row in rows]


def in_order(rows: list[dict[str, str]]) -> list[list[tuple[str, str]]]:
    return sorted(sorted(row.items()) for row in rows)


def test_all_members_are_copied_and_a_second_run_changes_nothing(data_dir: Path, target: str):
    for _ in range(2):
        code, stderr = run(data_dir, "export-members", target)

        assert code == 0, stderr
        assert "3 organizations, 60 users, 72 memberships" in stderr
        for file in TABLES:
            assert in_order(copied(target, file)) == in_order(read_table(file)), file


def test_incomplete_and_outdated_organizations_are_updated(data_dir: Path, target: str):
    """Start with one copied organisation that has an old name and a former member."""
    assert run(data_dir, "export-members", target, "--org", "org_globex")[0] == 0
    with psycopg.connect(target) as connection:
        connection.execute("UPDATE organizations SET name = 'Before' WHERE org_id = 'org_globex'")
        connection.execute(
            "INSERT INTO users VALUES ('user_gone', 'gone@globex.example', 'Gone', 'member')"
        )
        connection.execute("INSERT INTO memberships VALUES ('user_gone', 'org_globex', 'admin')")
        connection.execute("INSERT INTO memberships VALUES ('user_gone', 'org_a', 'admin')")
    code, stderr = run(data_dir, "export-members", target)
    with psycopg.connect(target) as connection:
        left = connection.execute("SELECT org_id FROM memberships WHERE user_id = 'user_gone'")

        assert left.fetchall() == [("org_a",)]  # not an organisation of this store
    assert code == 0, stderr
    for file in ("organizations", "user_orgs"):
        assert in_order(copied(target, file)) == in_order(read_table(file)), file


def test_a_single_organization_can_be_copied(data_dir: Path, target: str):
    code, stderr = run(data_dir, "export-members", target, "--org", "org_acme")
    members = {row["user_id"] for row in read_table("user_orgs") if row["org_id"] == "org_acme"}

    assert code == 0, stderr
    assert {row["org_id"] for row in copied(target, "organizations")} == {"org_acme"}
    assert {row["user_id"] for row in copied(target, "users")} == members


def test_a_membership_of_a_missing_user_is_skipped(data_dir: Path, target: str):
    async def plant() -> None:
        async with open_store(Settings(data_dir=data_dir)) as store:
            await store.create(Membership("user_nobody", "org_acme", "admin", "2026-01-01"))

    async def remove() -> None:
        async with open_store(Settings(data_dir=data_dir)) as store:
            await store.delete(Membership, "user_nobody", "org_acme")

    asyncio.run(plant())
    try:
        code, stderr = run(data_dir, "export-members", target)
    finally:
        asyncio.run(remove())

    assert code == 0, stderr
    assert in_order(copied(target, "user_orgs")) == in_order(read_table("user_orgs"))


def test_a_tenant_may_not_copy_members(data_dir: Path, empty_dsn: str):
    tenant = f"{empty_dsn} options='-c role=analytics_tenant'"
    code, stderr = run(data_dir, "export-members", tenant)

    assert code == 2
    assert "permission denied" in stderr


def test_without_the_tables_the_error_names_the_command_that_creates_them(
    data_dir: Path, new_database
):
    code, stderr = run(data_dir, "export-members", new_database())

    assert code == 2
    assert "uv run python -m sql DSN" in stderr
