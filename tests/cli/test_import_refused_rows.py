"""When the real API rejects a row, the import reports its line and stores all other rows."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.settings import Settings
from tests.cli.conftest import Run, make_events
from tests.cli.fake_api import serve

GOOD = make_events(1)[0]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


BAD: dict[str, tuple[str, str]] = {
    "no type": (json.dumps(GOOD | {"event_type": ""}), "event_type"),
    "no user": (json.dumps({k: v for k, v in GOOD.items() if k != "user_id"}), "user_id"),
    "unknown member": (json.dumps(GOOD | {"colour": "red"}), "colour"),
    "id of forbidden characters": (json.dumps(GOOD | {"event_id": "a b"}), "event_id"),
    "no offset": (json.dumps(GOOD | {"timestamp": "2026-11-01T00:00:00"}), "timestamp"),
    "far future": (json.dumps(GOOD | {"timestamp": "2126-11-01T00:00:00Z"}), "timestamp"),
    "huge integer": (json.dumps(GOOD | {"properties": {"n": 2**60}}), ""),
    "integer of 40 digits": (json.dumps(GOOD | {"properties": {"n": 10**40}}), ""),
    "too deep": (json.dumps(GOOD | {"properties": {"n": nested(20)}}), ""),
    "too large": (json.dumps(GOOD | {"properties": {"n": "x" * 40_000}}), ""),
    "lone surrogate": (json.dumps(GOOD | {"properties": {"n": "\ud800"}}), "not valid JSON"),
    "infinite": (json.dumps(GOOD)[:-1] + ', "properties": {"n": 1e999}}', "not valid JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_invalid_row_is_reported_and_all_others_are_stored(name: str, run: Run, tmp_path: Path):
    bad, reason = BAD[name]
    lines = [json.dumps(event) for event in make_events(30)]
    lines[12:12] = [bad]
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(lines))

    with serve(create_app(Settings(data_dir=tmp_path / "data"))) as url:
        result = run("import", file, "--url", url)

    (rejected,) = file.with_name("events.ndjson.rejected.ndjson").read_text().splitlines()
    assert result.exit_code == 1
    assert "created 30, duplicates 0, rejected 1" in result.stdout
    assert json.loads(rejected)["line"] == 13
    assert reason in json.loads(rejected)["reason"]
