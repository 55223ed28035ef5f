"""The Idempotency-Key header, idempotency records and derived event ids."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.events import PUBLIC, TRUSTED, EventResult, Receipt, derive_event_id
from api.domain.idempotency import CLOCK_SKEW_MAX, LEASE, new_record
from api.errors import ApiError
from api.routers.ingest import parse_idempotency_key

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
RECORD = new_record("org_acme", "k", "fingerprint", NOON, source=TRUSTED)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        ("  abc ", "abc"),
        ('"a b"', "a b"),
        (None, None),
        ("x" * 255, "x" * 255),
        ('"' + "x" * 255 + '"', "x" * 255),
    ],
)
def test_a_key_may_be_quoted_or_unquoted(header: str | None, key: str | None):
    assert parse_idempotency_key([] if header is None else [header]) == key


@pytest.mark.parametrize(
    "header", ["", '""', "x" * 256, "a b", "é", "a\x7f", '"a', '"a"b"', "\x00", '"a\\"']
)
def test_invalid_headers_are_refused(header: str):
    with pytest.raises(ApiError) as error:
        parse_idempotency_key([header])
    assert error.value.code == "idempotency_key_invalid"


def test_the_key_itself_is_never_stored():
    assert "secret-key" not in str(new_record("org_acme", "secret-key", "f", NOON, source=TRUSTED))


def test_keys_of_public_credentials_have_their_own_namespace():
    public = new_record("org_acme", "k", "f", NOON, source=PUBLIC)

    assert public.key_hash != RECORD.key_hash
    assert RECORD.key_hash == sha256(b"k").hexdigest()  # unchanged since before namespaces existed


def test_a_lease_ends_by_time_or_by_release():
    held = RECORD.leased(NOON)

    assert RECORD.lease_left(NOON) == timedelta()
    assert held.lease_left(NOON) == LEASE
    assert held.lease_left(NOON + LEASE) == timedelta()
    assert held.released().lease_left(NOON) == timedelta()


def test_setting_the_clock_back_does_not_extend_a_lease():
    set_back = NOON - timedelta(hours=1)

    assert RECORD.leased(NOON).lease_left(set_back) == timedelta()
    assert RECORD.released().lease_left(set_back) == timedelta()


def test_clocks_of_two_servers_may_differ_by_a_second():
    assert RECORD.leased(NOON).lease_left(NOON - CLOCK_SKEW_MAX) == LEASE + CLOCK_SKEW_MAX


def test_a_lease_ends_with_the_only_process_that_could_hold_it():
    held = RECORD.leased(NOON, "process 1")

    assert held.lease_left(NOON, "process 1") == LEASE
    assert held.lease_left(NOON, "process 2") == timedelta()
    assert (
        RECORD.leased(NOON).lease_left(NOON, "process 1") == timedelta()
    )  # records of older versions name no process


def test_a_takeover_keeps_opening_time_and_ingest_id():
    later = RECORD.leased(NOON + timedelta(minutes=5))

    assert (later.opened_at, later.ingest_id) == (RECORD.opened_at, RECORD.ingest_id)
    assert later.lease_left(NOON + timedelta(minutes=5)) == LEASE


def test_a_completed_record_contains_only_results_other_than_created():
    results = [EventResult(0, "a", "created"), EventResult(1, "b", "duplicate")]

    assert RECORD.completed(results).results == (results[1],)


@given(st.integers(0, 99), st.integers(0, 99))
def test_derived_ids_are_stable_and_ordered_within_a_request(one: int, two: int):
    receipt = Receipt(RECORD.key_hash, NOON, RECORD.ingest_id, TRUSTED)
    ids = [derive_event_id("org_acme", receipt, index) for index in (one, two)]

    assert ids == [derive_event_id("org_acme", receipt, index) for index in (one, two)]
    assert (ids[0] < ids[1]) == (one < two)


def test_derived_ids_are_uuids_of_version_7_ordered_by_time():
    def made_at(moment: datetime) -> str:
        return derive_event_id("org_acme", Receipt("k", moment, None, TRUSTED), 0)

    earlier, later = made_at(NOON), made_at(NOON + timedelta(milliseconds=1))
    assert earlier < later
    assert earlier[14] == "7"
    assert earlier[19] in "89ab"


def test_other_keys_and_organisations_derive_other_ids():
    one = Receipt("k", NOON, None, TRUSTED)
    ids = {
        derive_event_id(org, receipt, 0)
        for org in ("a", "b")
        for receipt in (one, Receipt("l", NOON, None, TRUSTED))
    }

    assert len(ids) == 4
