"""`analytics import` explains which keys, rows and files it refuses."""

import gzip
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, WriteEvents, make_events
from tests.cli.fake_api import FakeApi
from tests.cli.test_import import read_rejected


def test_an_unknown_key_is_reported(api: FakeApi, run: Run, events_file: WriteEvents):
    file = events_file(make_events(1))

    result = run("import", file, "--url", api.url, "--key", "ak_wrong")

    assert result.exit_code == 2
    assert "The API key is not known" in result.stderr
    assert "same command" not in result.stderr


def test_rows_of_another_organization_are_reported(
    api: FakeApi, run: Run, events_file: WriteEvents
):
    file = events_file(make_events(301))
    result = run("import", file, "--url", api.url, "--key", "ak_local_acme")

    rejected = read_rejected(file)
    assert result.exit_code == 1
    assert "created 101, duplicates 0, rejected 200" in result.stdout
    assert [row["line"] for row in rejected] == [n for n in range(1, 302) if n % 3 != 1]
    assert {row["reason"] for row in rejected} == {
        "org_id: the API key belongs to another organisation"
    }
    assert not api.events["org_globex"]


@pytest.mark.parametrize(("kind", "prefix"), [("publishable", "pk_"), ("read", "rk_")])
@pytest.mark.parametrize("option", ["--key", "--keys"])
def test_only_secret_keys_can_import(
    kind: str, prefix: str, option: str, api: FakeApi, run: Run, events_file: WriteEvents
):
    file = events_file(make_events(1))
    key = f"{prefix}local_acme"
    api.keys[key] = "org_acme"
    keys = file.with_name("keys.csv")
    keys.write_text(f"org_id,api_key\norg_acme,{key}\n")

    result = run("import", file, "--url", api.url, option, key if option == "--key" else keys)

    assert result.exit_code == 2
    assert f"{prefix}… is a {kind} key" in result.stderr
    assert "same command" not in result.stderr
    assert api.stored == 0


def test_an_unknown_organization_of_a_local_api_is_explained(
    api: FakeApi, run: Run, events_file: WriteEvents
):
    file = events_file(event | {"org_id": "org_nope"} for event in make_events(1))

    result = run("import", file, "--url", api.url)

    assert result.exit_code == 2
    assert "The API doesn't accept the local key of org_nope." in result.stderr
    assert "same command" not in result.stderr


def test_a_keys_file_must_have_a_key_for_every_organization(
    api: FakeApi, run: Run, events_file: WriteEvents, tmp_path: Path
):
    keys = tmp_path / "keys.csv"
    keys.write_text("org_id,api_key\norg_acme,ak_local_acme\n")

    result = run("import", events_file(make_events(2)), "--url", api.url, "--keys", keys)

    assert result.exit_code == 2
    assert "There is no key for org_globex" in result.stderr


def test_a_json_array_is_explained(api: FakeApi, run: Run, tmp_path: Path):
    file = tmp_path / "events.json"
    file.write_text("[{}]")

    result = run("import", file, "--url", api.url)

    assert result.exit_code == 2
    assert "one event per line" in result.stderr


def test_damaged_gzip_is_explained(api: FakeApi, run: Run, tmp_path: Path):
    file = tmp_path / "events.ndjson.gz"
    lines = b"".join(json.dumps(event).encode() + b"\n" for event in make_events(500))
    file.write_bytes(gzip.compress(lines)[:-200])

    result = run("import", file, "--url", api.url)

    assert result.exit_code == 2
    assert "damaged gzip" in result.stderr
