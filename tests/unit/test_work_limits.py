"""The limiter charges events and days per credential and per organisation."""

import pytest

from api.auth.caller import Caller
from api.domain.events import Draft
from api.errors import ApiError
from api.services.work_limits import DAY_WORK, WorkLimiter, work_of
from tests.support import START, ManualClock


def caller(subject: str = "api_key:1", org_id: str = "org_acme") -> Caller:
    return Caller(subject, org_id, frozenset(), role=None, expires_at=START)


def draft(day: int) -> Draft:
    return Draft("x", "u", None, START.replace(day=day), {}, 2)


def test_work_counts_events_and_distinct_days():
    assert work_of([draft(1)] * 100, START) == 100 + DAY_WORK
    assert work_of([draft(day) for day in range(1, 29)], START) == 28 + 28 * DAY_WORK


def test_a_credential_over_its_limit_waits_and_others_do_not():
    limiter, clock = WorkLimiter(10), ManualClock()
    limiter.charge(caller(), 120, clock())

    with pytest.raises(ApiError) as refused:
        limiter.admit(caller(), clock())
    assert (refused.value.code, refused.value.retry_after) == ("rate_limited", 2.0)
    limiter.admit(caller("api_key:2"), clock())
    limiter.admit(caller(org_id="org_globex"), clock())
    clock.forward(seconds=2.1)
    limiter.admit(caller(), clock())


def test_many_credentials_of_an_organisation_share_its_limit():
    limiter, clock = WorkLimiter(10), ManualClock()
    for number in range(3):
        limiter.charge(caller(f"api_key:{number}"), 90, clock())

    with pytest.raises(ApiError):
        limiter.admit(caller("api_key:new"), clock())
    limiter.admit(caller(org_id="org_globex"), clock())


def test_setting_the_clock_back_does_not_change_the_remaining_work():
    limiter, clock = WorkLimiter(10), ManualClock()
    limiter.charge(caller(), 50, clock())
    before = limiter.headers(caller(), clock())
    clock.forward(hours=-1)

    assert limiter.headers(caller(), clock()) == before


def test_without_a_limit_nothing_is_charged():
    limiter, clock = WorkLimiter(0), ManualClock()
    limiter.charge(caller(), 10**9, clock())
    limiter.admit(caller(), clock())

    assert limiter.headers(caller(), clock()) == {}
