"""Fixtures: a fake API on loopback, the `analytics` command and event files to import."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from api.settings import Settings
from tests.cli.fake_api import FakeApi, serve
from tests.cli.query_api import EVENTS, RANGE, Query

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
    return run_command


def run_command(*arguments: object, given: bytes | None = None) -> Any:
    """Run `analytics` with these arguments and this standard input."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=given)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


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


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """Serve the API with these events, and return a function that runs `analytics query`."""
    folder = tmp_path_factory.mktemp("query")
    file = folder / "events.ndjson"
    file.write_text("".join(json.dumps(event) + "\n" for event in EVENTS))
    with serve(create_app(Settings(data_dir=folder / "data"))) as url:

        def run(*arguments: object, given: bytes | None = None) -> Any:
            return run_command("query", *arguments, "--org", "org_acme", "--url", url, given=given)

        assert run_command("import", file, "--url", url).exit_code == 0
        while (
            len(EVENTS) != json.loads(run("trends", *RANGE, "--json").stdout)["series"][0]["total"]
        ):
            time.sleep(0.1)
        yield run
