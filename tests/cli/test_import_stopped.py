"""A stopped import is resumed from its journal."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Run, WriteEvents, make_events
from tests.cli.fake_api import FakeApi


def start_import(file: Path, url: str) -> subprocess.Popen[bytes]:
    code = "from api.cli import app; app()"
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code, "import", str(file), "--url", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def wait_for_posts(api: FakeApi, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(api.posts) < count and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_stopped_import_is_resumed(
    stop: signal.Signals, api: FakeApi, run: Run, events_file: WriteEvents
):
    file = events_file(make_events(6000))
    api.delay_seconds = 0.05
    process = start_import(file, api.url)
    wait_for_posts(api, 25)
    process.send_signal(stop)
    output, _ = process.communicate()
    api.delay_seconds = 0
    posts_before = len(api.posts)

    result = run("import", file, "--url", api.url)

    assert process.returncode == (130 if stop == signal.SIGINT else -stop), output
    assert 25 <= posts_before < 60
    assert result.exit_code == 0
    assert "created 6,000, duplicates 0, rejected 0" in result.stdout
    assert "by an earlier run" in result.stdout
    assert api.stored == 6000
    assert len(api.posts) <= 60 + 4 + 4
    assert list(file.parent.iterdir()) == [file]


def test_a_stopped_import_without_its_journal_stores_nothing_twice(
    api: FakeApi, run: Run, events_file: WriteEvents
):
    file = events_file(make_events(3000))
    api.delay_seconds = 0.02
    process = start_import(file, api.url)
    wait_for_posts(api, 10)
    process.kill()
    process.communicate()
    file.with_name("events.ndjson.journal").unlink()

    result = run("import", file, "--url", api.url)

    assert result.exit_code == 0
    assert api.stored == 3000


@pytest.mark.parametrize("journal", [b"", b"{}\n", b"[]\n", b'{"format":1,"con', b"\x00\xff\n"])
def test_an_unreadable_journal_is_ignored(
    journal: bytes, api: FakeApi, run: Run, events_file: WriteEvents
):
    file = events_file(make_events(10))
    file.with_name("events.ndjson.journal").write_bytes(journal)

    result = run("import", file, "--url", api.url)

    assert result.exit_code == 0
    assert api.stored == 10


def test_another_key_does_not_resume_the_first_ones_import(
    api: FakeApi, run: Run, events_file: WriteEvents
):
    events = make_events(300)
    file = events_file({k: v for k, v in event.items() if k != "org_id"} for event in events)
    failed = run("import", file, "--url", api.url, "--key", "ak_local_acme", "--patience", 0.01)

    result = run("import", file, "--url", api.url, "--key", "ak_local_globex")

    assert failed.exit_code == 0
    assert result.exit_code == 0
    assert len(api.events["org_globex"]) == 300
