"""Row-level security: a tenant sees the organisation that its connection names, an operator all."""

from collections import Counter
from datetime import date

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from sql import QUERIES
from sql.sample import read_events
from tests.sql.conftest import an_event

TABLES = ("organizations", "memberships", "metric_kinds", "metrics", "event_schemas", "events")


def become(connection: psycopg.Connection, role: str, org_id: str | None = None) -> None:
    connection.execute(f"SET LOCAL ROLE {role}")
    if org_id is not None:
        connection.execute("SELECT set_config('app.org_id', %s, true)", (org_id,))


def organizations_in(connection: psycopg.Connection, table: str) -> Counter[str]:
    rows = connection.execute(sql.SQL("SELECT org_id FROM {}").format(sql.Identifier(table)))
    return Counter(org for (org,) in rows)


@pytest.mark.parametrize("org_id", ["org_acme", "org_globex"])
def test_a_tenant_sees_exactly_its_own_events(sample: psycopg.Connection, org_id: str):
    become(sample, "analytics_tenant", org_id)

    expected = sum(event["org_id"] == org_id for event in read_events())
    assert organizations_in(sample, "events") == {org_id: expected}


@pytest.mark.parametrize("table", TABLES)
def test_no_table_shows_another_organization(sample: psycopg.Connection, table: str):
    sample.execute("INSERT INTO event_schemas SELECT org_id, 't', 1, '$.a' FROM organizations")
    everyone = organizations_in(sample, table)
    become(sample, "analytics_tenant", "org_globex")

    assert len(everyone) == 3
    assert organizations_in(sample, table) == {"org_globex": everyone["org_globex"]}


@pytest.mark.parametrize("org_id", [None, "", "org_nobody"])
def test_without_an_organization_all_tables_are_empty(
    sample: psycopg.Connection, org_id: str | None
):
    become(sample, "analytics_tenant", org_id)

    for table in (*TABLES, "users"):
        statement = sql.SQL("SELECT FROM {}").format(sql.Identifier(table))
        assert sample.execute(statement).rowcount == 0


def test_users_are_seen_by_their_colleagues(sample: psycopg.Connection):
    members = {
        user
        for user, org in sample.execute("SELECT user_id, org_id FROM memberships")
        if org == "org_initech"
    }
    become(sample, "analytics_tenant", "org_initech")

    assert {user for (user,) in sample.execute("SELECT user_id FROM users")} == members


def test_the_queries_work_for_one_tenant(sample: psycopg.Connection):
    become(sample, "analytics_tenant", "org_acme")

    top = sample.execute(QUERIES["top_organizations"], {"as_of": "2026-11-22"}).fetchall()
    days = {"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 7)}
    active = sample.execute(QUERIES["daily_active_users"], days).fetchall()
    assert [row[1] for row in top] == ["org_acme"]
    assert [row[0] for row in active] == ["org_acme"] * 7


def test_a_tenant_can_write_only_its_own_events(sample: psycopg.Connection):
    become(sample, "analytics_tenant", "org_acme")
    own, others = an_event(org_id="org_acme"), an_event(org_id="org_globex")

    assert sample.execute(QUERIES["insert_events"], {"events": Jsonb([own])}).rowcount == 1
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        sample.execute(QUERIES["insert_events"], {"events": Jsonb([others])})


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM events_2026_10",
        "DELETE FROM events",
        "UPDATE events SET user_id = 'x'",
        "TRUNCATE events",
        "SELECT drop_event_partitions('2030-01-01')",
        "ALTER TABLE events DISABLE ROW LEVEL SECURITY",
    ],
)
def test_a_tenant_cannot_circumvent_the_policy(sample: psycopg.Connection, statement: str):
    become(sample, "analytics_tenant", "org_acme")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sample.execute(statement)


def test_the_policy_also_applies_to_the_owner(sample: psycopg.Connection):
    sample.execute("CREATE ROLE owner_without_bypass NOLOGIN")
    sample.execute("ALTER TABLE events OWNER TO owner_without_bypass")
    become(sample, "owner_without_bypass", "org_globex")

    assert set(organizations_in(sample, "events")) == {"org_globex"}


def test_an_operator_reads_all_organizations(sample: psycopg.Connection):
    become(sample, "analytics_operator")

    expected = Counter(event["org_id"] for event in read_events())
    assert organizations_in(sample, "events") == expected
