"""Every visit of the shop becomes exactly one event that the API accepts."""

import json
from collections import Counter
from pathlib import Path

from shop import EVENTS, ORG_ID, read_visits, shop_events, write


def test_every_row_is_one_event():
    rows, events = list(read_visits()), list(shop_events(read_visits()))

    assert len(events) == EVENTS
    assert len({event["event_id"] for event in events}) == EVENTS
    assert Counter(event["event_type"] for event in events) == Counter(row["event"] for row in rows)
    assert {event["org_id"] for event in events} == {ORG_ID}


def test_the_files_are_what_the_import_reads(tmp_path: Path):
    write(tmp_path)
    first = json.loads((tmp_path / "events.ndjson").read_text().splitlines()[0])

    assert first == {
        "event_id": "sess_000001-001",
        "org_id": ORG_ID,
        "user_id": "user_0000",
        "event_type": "home",
        "properties": {
            "session_id": "sess_000001",
            "platform": "desktop",
            "acquisition_channel": "email",
            "user_cohort": "2024-01",
            "user_lifecycle": "returning",
        },
        "timestamp": "2024-03-13T10:21:14Z",
    }
    assert ORG_ID in (tmp_path / "organizations.csv").read_text()
    assert f"user_002,{ORG_ID},admin" in (tmp_path / "user_orgs.csv").read_text()
