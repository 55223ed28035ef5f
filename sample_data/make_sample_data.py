"""Generate the sample data: three organisations, their users, 75 days of events and metrics.

The same end date, seed and activity give the same bytes everywhere. All times are UTC.

    uv run python sample_data/make_sample_data.py --end 2026-11-22 --out sample_data/generated
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise, product
from pathlib import Path
from random import Random
from uuid import UUID

from behaviour import (
    ADMIN_STEPS,
    COUNTED,
    HOUR_ACTIVITY,
    PROFILES,
    PROPERTIES,
    ROLE_ACTIVITY,
    STEPS,
    WEEKDAY_ACTIVITY,
    Profile,
)
from files import read, write
from records import (
    Event,
    Membership,
    Metric,
    Organization,
    Properties,
    SampleData,
    User,
)

DAYS = 75
DEFAULT_SEED = 2026
ROLES = ("viewer", "member", "admin", "owner")  # weakest first
FIRST_ROLES = ("owner", "admin", "admin")  # the roles of the first users of every organisation
ADVISER = 1  # the number of the user, counted from 0, who belongs to every organisation
GUEST_EVERY = 6  # every sixth user is a guest in the next organisation too

FIRST_NAMES = ("Ada", "Bo", "Carla", "Dev", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jun")
LAST_NAMES = ("Abbott", "Bauer", "Costa", "Diaz", "Fontaine", "Gupta", "Haddad", "Ito", "Kaya")


def generate(end: date, seed: int = DEFAULT_SEED, activity: float = 1.0) -> SampleData:
    """Return the sample data of the last `DAYS` UTC days until `end`, inclusive.

    `activity` scales only the number of sessions; 1.0 gives about 13,000 events.
    """
    start = datetime.combine(end, time(), UTC) - timedelta(days=DAYS - 1)
    organizations = [make_organization(profile, start) for profile in PROFILES]
    homes = list(make_homes(Random(f"{seed}:homes"), start))
    user_orgs = [*homes, *make_guests(Random(f"{seed}:guests"), homes, start)]
    return counted(
        SampleData(
            users=list(make_users(Random(f"{seed}:users"), homes, user_orgs)),
            organizations=organizations,
            user_orgs=user_orgs,
            events=make_events(user_orgs, start, seed, activity),
            metrics=[m for profile in PROFILES for m in make_metrics(profile, start, seed)],
        )
    )


def make_organization(profile: Profile, start: datetime) -> Organization:
    created_at = start - timedelta(days=profile.age_days, hours=-9)
    return Organization(profile.org_id, profile.name, profile.plan, created_at)


def make_homes(rng: Random, start: datetime) -> Iterator[Membership]:
    """Yield each user's first membership, one organisation after another."""
    number = count(1)
    for profile in PROFILES:
        for position in range(profile.users):
            joined_at = joining_time(rng, profile, position, start)
            role = home_role(rng, position)
            yield Membership(f"user_{next(number):03}", profile.org_id, role, joined_at)


def joining_time(rng: Random, profile: Profile, position: int, start: datetime) -> datetime:
    """Return when a member joined: the owner first, and a third of the others during the sample."""
    if position == 0:
        return make_organization(profile, start).created_at
    if position % 3:
        return start - timedelta(days=rng.uniform(1, profile.age_days - 1))
    return start + timedelta(days=(DAYS - 2) * rng.random() ** 0.7)


def home_role(rng: Random, position: int) -> str:
    if position < len(FIRST_ROLES):
        return FIRST_ROLES[position]
    return rng.choices(("member", "viewer"), (3, 2))[0]


def make_guests(rng: Random, homes: Sequence[Membership], start: datetime) -> Iterator[Membership]:
    """Return further memberships: one user joins every organisation, some others the next one."""
    for profile in PROFILES[1:]:
        yield guest(rng, homes[ADVISER], profile, "admin", start)
    next_profile = {a.org_id: b for a, b in pairwise((*PROFILES, PROFILES[0]))}
    for home in homes[GUEST_EVERY - 1 :: GUEST_EVERY]:
        role = rng.choice(("viewer", "member"))
        yield guest(rng, home, next_profile[home.org_id], role, start)


def guest(
    rng: Random, home: Membership, profile: Profile, role: str, start: datetime
) -> Membership:
    earliest = max(home.joined_at, make_organization(profile, start).created_at)
    latest = start + timedelta(days=DAYS - 1)
    joined_at = earliest + (latest - earliest) * rng.random()
    return Membership(home.user_id, profile.org_id, role, joined_at)


def make_users(
    rng: Random, homes: Sequence[Membership], user_orgs: Sequence[Membership]
) -> Iterator[User]:
    """Return one user per first membership; `role` is the user's strongest role anywhere."""
    names = rng.sample(list(product(FIRST_NAMES, LAST_NAMES)), len(homes))
    for home, (first, last) in zip(homes, names, strict=True):
        email = f"{first}.{last}@{home.org_id.removeprefix('org_')}.example".lower()
        roles = [m.role for m in user_orgs if m.user_id == home.user_id]
        yield User(
            user_id=home.user_id,
            email=email,
            name=f"{first} {last}",
            role=max(roles, key=ROLES.index),
            created_at=home.joined_at,
            updated_at=home.joined_at + timedelta(seconds=rng.randrange(86_400)),
        )


def make_events(
    user_orgs: Sequence[Membership], start: datetime, seed: int, activity: float
) -> list[Event]:
    end = start + timedelta(days=DAYS)
    events = (
        event
        for membership in user_orgs
        for event in membership_events(membership, start, seed, activity)
        if start <= event.timestamp < end and event.timestamp >= membership.joined_at
    )
    return sorted(events, key=lambda event: (event.timestamp, event.event_id))


def membership_events(
    membership: Membership, start: datetime, seed: int, activity: float
) -> Iterator[Event]:
    """Yield one user's events in one organisation, with more sessions later and on working days."""
    rng = Random(f"{seed}:{membership.user_id}:{membership.org_id}")
    yield make_event(rng, membership, "signed_up", membership.joined_at, {})
    keenness = rng.uniform(0.5, 1.5) * ROLE_ACTIVITY[membership.role] * activity
    for day in range(DAYS):
        midnight = start + timedelta(days=day)
        expected = keenness * (0.7 + 0.6 * day / DAYS) * WEEKDAY_ACTIVITY[midnight.weekday()]
        for _ in range(rng.binomialvariate(4, min(1.0, expected / 4))):
            yield from session(rng, membership, midnight + time_of_day(rng, membership.org_id))


def time_of_day(rng: Random, org_id: str) -> timedelta:
    """Return a local time, mostly in office hours, as an offset from midnight UTC."""
    offset = next(p.utc_offset_hours for p in PROFILES if p.org_id == org_id)
    (local_hour,) = rng.choices(range(24), HOUR_ACTIVITY)
    return timedelta(hours=local_hour - offset, microseconds=rng.randrange(3_600_000_000))


def session(rng: Random, membership: Membership, at: datetime) -> Iterator[Event]:
    shared: Properties = {"session_id": f"s_{rng.getrandbits(40):010x}"}
    yield make_event(rng, membership, "logged_in", at, shared)
    steps = STEPS | ADMIN_STEPS if membership.role in ("admin", "owner") else STEPS
    for step in rng.choices(list(steps), list(steps.values()), k=1 + rng.binomialvariate(10, 0.5)):
        at += timedelta(seconds=rng.lognormvariate(3.4, 0.9))
        for event_type in step:
            yield make_event(rng, membership, event_type, at, shared)


def make_event(
    rng: Random, membership: Membership, event_type: str, at: datetime, shared: Properties
) -> Event:
    properties = PROPERTIES[event_type](rng) | shared
    return Event(uuid7(at, rng), membership.org_id, membership.user_id, event_type, properties, at)


def uuid7(at: datetime, rng: Random) -> str:
    """Return a UUIDv7 (RFC 9562): the ids of later events sort later."""
    milliseconds = (at - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
    high = milliseconds << 16 | 0x7000 | rng.getrandbits(12)
    low = 0b10 << 62 | rng.getrandbits(62)
    return str(UUID(int=high << 64 | low))


def make_metrics(profile: Profile, start: datetime, seed: int) -> Iterator[Metric]:
    """Yield the metrics of other systems (billing, survey) for every day."""
    rng = Random(f"{seed}:metrics:{profile.slug}")
    nps = rng.randint(20, 45)
    for day in range(DAYS):
        midnight = start + timedelta(days=day)
        level = (1 + 0.4 * day / DAYS) * WEEKDAY_ACTIVITY[midnight.weekday()]
        nps = max(-100, min(100, nps + rng.randint(-2, 2)))
        values = {
            "revenue": round(profile.revenue_per_day * level * rng.uniform(0.85, 1.15), 2),
            "nps": nps,
        }
        for name, value in values.items():
            yield Metric(profile.org_id, midnight.date(), name, value)


def counted(data: SampleData) -> SampleData:
    """Return the data with metrics that equal the counts of events, for the days of the others."""
    counts = Counter((e.org_id, e.timestamp.date(), e.event_type) for e in data.events)
    others = [metric for metric in data.metrics if metric.metric_name not in COUNTED]
    days = {(metric.org_id, metric.date) for metric in others}
    own = [
        Metric(org_id, day, name, counts[org_id, day, event_type])
        for (org_id, day), (name, event_type) in product(days, COUNTED.items())
    ]
    metrics = sorted([*others, *own], key=lambda one: (one.org_id, one.date, one.metric_name))
    return replace(data, metrics=metrics)


def until(data: SampleData, not_after: datetime) -> SampleData:
    """Return the data without the events after `not_after`."""
    return counted(replace(data, events=[e for e in data.events if e.timestamp <= not_after]))


def extended(earlier: SampleData, later: SampleData) -> SampleData:
    """Return `earlier` plus the data of `later` after its end, without second sign-ups."""
    last_time = max(event.timestamp for event in earlier.events)
    last_date = max(metric.date for metric in earlier.metrics)
    events = [e for e in later.events if e.timestamp > last_time and e.event_type != "signed_up"]
    metrics = [metric for metric in later.metrics if metric.date > last_date]
    both = replace(earlier, events=[*earlier.events, *events], metrics=[*earlier.metrics, *metrics])
    return counted(both)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--end", type=date.fromisoformat, required=True, help="last day, UTC")
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--activity", type=float, default=1.0, help="scales the number of sessions")
    parser.add_argument("--not-after", type=datetime.fromisoformat, help="omit later events")
    parser.add_argument(
        "--extend", action="store_true", help="keep existing files in --out and add later data"
    )
    options = parser.parse_args()
    data = generate(options.end, options.seed, options.activity)
    if options.not_after:
        data = until(data, options.not_after)
    if options.extend and (options.out / "events.ndjson").exists():
        data = extended(read(options.out), data)
    write(data, options.out)


if __name__ == "__main__":
    main()
