"""Fixtures: a fake API on loopback, the `analytics` command and event files to import."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.cli.fake_api import FakeApi, serve

type Run = Callable[..., Any]
type WriteEvents = Callable[[Iterable[dict[str, Any]]], Path]

ORGS = ("org_acme", "org_globex", "org_initech")


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi()
    with serve(fake.app()) as url:
        fake.url = url
        yield fake


@pytest.fixture
def run() -> Run:
    """Return a function that runs `analytics` and returns its exit_code, stdout and stderr."""

    def run_command(*arguments: object) -> Any:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run_command


def make_events(count: int) -> list[dict[str, Any]]:
    """Return events that alternate between three organisations, one second apart."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    return [
        {
            "event_id": f"e{n:06}",
            "org_id": ORGS[n % len(ORGS)],
            "user_id": f"u{n % 7}",
            "event_type": "page_viewed",
            "properties": {"n": n},
            "timestamp": (start + timedelta(seconds=n)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        for n in range(count)
    ]


@pytest.fixture
def events_file(tmp_path: Path) -> WriteEvents:
    def write(events: Iterable[dict[str, Any]]) -> Path:
        path = tmp_path / "events.ndjson"
        path.write_text("".join(json.dumps(event) + "\n" for event in events))
        return path

    return write
