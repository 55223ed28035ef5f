"""The sample data is deterministic, consistent and believable."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from files import read, write
from make_sample_data import DAYS, ROLES, extended, generate, until
from records import SampleData

END = date(2026, 11, 22)
COMMITTED = Path(__file__).parents[2] / "sample_data"
FILES = (
    "users.csv",
    "organizations.csv",
    "user_orgs.csv",
    "metrics.csv",
    "metric_kinds.csv",
    "events.ndjson",
)


@pytest.fixture(scope="module")
def data() -> SampleData:
    return generate(END)


def test_same_arguments_give_the_same_bytes(tmp_path: Path):
    for folder in ("once", "again"):
        write(generate(END, activity=0.1), tmp_path / folder)

    for name in FILES:
        assert (tmp_path / "once" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_another_seed_gives_other_events():
    assert generate(END, 1, 0.1).events != generate(END, 2, 0.1).events


@pytest.mark.parametrize("name", FILES)
def test_committed_files_equal_the_output_of_the_script(name: str, tmp_path: Path):
    write(generate(END, activity=0.28), tmp_path)

    committed = (COMMITTED / name).read_bytes()

    assert committed == (tmp_path / name).read_bytes()
    assert len(committed) < 921_600


def test_a_later_end_date_shifts_the_same_data(data: SampleData):
    week = timedelta(days=7)

    later = generate(END + week)

    assert [(e.user_id, e.event_type, e.timestamp + week) for e in data.events] == [
        (e.user_id, e.event_type, e.timestamp) for e in later.events
    ]
    assert [(m.date + week, m.value) for m in data.metrics] == [
        (m.date, m.value) for m in later.metrics
    ]


def test_every_day_and_no_other_has_events(data: SampleData):
    days = {event.timestamp.date() for event in data.events}

    assert days == {END - timedelta(days=n) for n in range(DAYS)}
    assert 11_000 < len(data.events) < 15_000


def test_every_id_refers_to_an_existing_record(data: SampleData):
    users = {user.user_id for user in data.users}
    orgs = {org.org_id for org in data.organizations}

    assert {m.user_id for m in data.user_orgs} == users
    assert {m.org_id for m in data.user_orgs} == orgs
    assert {e.user_id for e in data.events} <= users
    assert {e.org_id for e in data.events} == orgs
    assert {m.org_id for m in data.metrics} == orgs


def test_ids_and_emails_are_unique(data: SampleData):
    assert len({e.event_id for e in data.events}) == len(data.events)
    assert len({u.user_id for u in data.users}) == len(data.users) == 60
    assert len({u.email for u in data.users}) == len(data.users)
    assert len({(m.user_id, m.org_id) for m in data.user_orgs}) == len(data.user_orgs)


def test_users_act_only_where_they_belong_and_not_before_joining(data: SampleData):
    joined = {(m.user_id, m.org_id): m.joined_at for m in data.user_orgs}

    assert all(joined[e.user_id, e.org_id] <= e.timestamp for e in data.events)


def test_memberships_start_after_their_user_and_organization(data: SampleData):
    created = {u.user_id: u.created_at for u in data.users}
    created |= {o.org_id: o.created_at for o in data.organizations}

    assert all(created[m.user_id] <= m.joined_at for m in data.user_orgs)
    assert all(created[m.org_id] <= m.joined_at for m in data.user_orgs)
    assert all(u.created_at <= u.updated_at for u in data.users)
    assert max(u.updated_at for u in data.users).date() <= END


def test_each_organization_has_one_owner_and_every_role_occurs(data: SampleData):
    roles = Counter((m.org_id, m.role) for m in data.user_orgs)

    for org in data.organizations:
        assert roles[org.org_id, "owner"] == 1
        assert all(roles[org.org_id, role] for role in ROLES)


def test_some_users_belong_to_several_organizations_and_one_to_all(data: SampleData):
    memberships = Counter(m.user_id for m in data.user_orgs)

    assert sum(n > 1 for n in memberships.values()) >= 5
    assert max(memberships.values()) == 3


def test_events_are_in_order_and_some_share_a_timestamp(data: SampleData):
    keys = [(e.timestamp, e.event_id) for e in data.events]

    assert keys == sorted(keys)
    assert sum(a[0] == b[0] for a, b in pairwise(keys)) > 100


def test_working_days_are_busier_and_use_grows(data: SampleData):
    by_weekday = Counter(e.timestamp.weekday() for e in data.events)
    halves = Counter(e.timestamp.date() > END - timedelta(days=DAYS // 2) for e in data.events)

    assert min(by_weekday[d] for d in range(5)) > 2 * max(by_weekday[d] for d in (5, 6))
    assert halves[True] > halves[False]


def test_metrics_cover_every_organization_and_day(data: SampleData):
    days = defaultdict(set)
    for metric in data.metrics:
        days[metric.org_id, metric.metric_name].add(metric.date)

    assert {name for _, name in days} == {"revenue", "signups", "support_tickets", "nps"}
    assert len(days) == 12
    assert all(len(dates) == DAYS for dates in days.values())
    assert all(-100 <= m.value <= 100 for m in data.metrics if m.metric_name == "nps")
    assert all(m.value >= 0 for m in data.metrics if m.metric_name != "nps")


@pytest.mark.parametrize(
    ("metric", "event_type"),
    [("signups", "signed_up"), ("support_tickets", "support_ticket_opened")],
)
def test_metrics_that_count_events_agree_with_them(data: SampleData, metric: str, event_type: str):
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    both = extended(until(data, noon), generate(END + timedelta(days=2)))
    for found in (data, both):
        counts = Counter(
            (e.org_id, e.timestamp.date()) for e in found.events if e.event_type == event_type
        )
        values = {(m.org_id, m.date): m.value for m in found.metrics if m.metric_name == metric}

        assert {key: value for key, value in values.items() if value} == counts


def test_event_ids_sort_by_time(data: SampleData):
    by_millisecond = [(e.event_id[:13], e.timestamp) for e in data.events]

    assert [i for i, _ in by_millisecond] == sorted(i for i, _ in by_millisecond)


def test_until_drops_only_future_events(data: SampleData):
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)

    kept = until(data, noon).events

    assert list(kept) == [e for e in data.events if e.timestamp <= noon]


def test_files_read_back_as_they_were_written(data: SampleData, tmp_path: Path):
    write(data, tmp_path)

    assert read(tmp_path) == data


def test_extending_keeps_old_events_and_adds_new_ones(data: SampleData):
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    later = generate(END + timedelta(days=2))

    both = extended(until(data, noon), later)

    before = len(until(data, noon).events)
    assert both.users == data.users
    assert both.user_orgs == data.user_orgs
    assert both.events[:before] == until(data, noon).events
    assert {e.timestamp.date() for e in both.events[before:]} == {
        END + timedelta(days=n) for n in range(3)
    }
    assert len({e.event_id for e in both.events}) == len(both.events)
    assert Counter(m.date for m in both.metrics)[END + timedelta(days=2)] == 12
    assert len(both.metrics) == 12 * (DAYS + 2)


def test_extending_by_nothing_changes_nothing(data: SampleData):
    assert extended(data, data) == data
