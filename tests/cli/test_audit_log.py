"""`analytics audit-log` lists an organisation's acts in pages, with filters."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.cli.administration import operator_name
from api.stores.cosmos import CosmosStore
from api.stores.protocol import Unavailable
from tests.cli.conftest import Run

ORG = "org_new"
NAMES = [f"Name {number}" for number in range(5)]


@pytest.fixture(autouse=True)
def created(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Create an organisation, and rename it four times."""
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(tmp_path / "data"))
    assert run("organization", "create", ORG, "--name", NAMES[0]).exit_code == 0
    for name in NAMES[1:]:
        assert run("organization", "rename", ORG, name).exit_code == 0


@pytest.fixture
def read(run: Run) -> Callable[..., list[dict[str, Any]]]:
    def read(*options: object) -> list[dict[str, Any]]:
        result = run("audit-log", ORG, *options, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return read


def renamed(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["details"]["name"][1] for entry in entries]


def test_it_says_who_did_what_newest_first(read: Callable[..., Any], run: Run):
    entries = read()

    assert [entry["action"] for entry in entries] == [
        *["organization.update"] * 4,
        "organization.create",
    ]
    assert renamed(entries[:4]) == NAMES[:0:-1]
    assert entries[0]["actor"] == f"operator {operator_name()}"
    header, *rows = run("audit-log", ORG).stdout.splitlines()
    assert header.split() == ["at", "actor", "action", "target", "details"]
    assert len(rows) == 5


def test_a_listing_continues_after_its_cursor(run: Run, read: Callable[..., Any]):
    first = run("audit-log", ORG, "--limit", "2", "--json")
    cursor = json.loads(first.stdout)[-1]["entry_id"]
    second = read("--limit", "3", "--cursor", cursor)

    assert first.stderr == f"More acts: repeat the command with --cursor {cursor}\n"
    assert [*json.loads(first.stdout), *second] == read("--all")
    assert run("audit-log", ORG, "--limit", "5").stderr == ""


def test_filters_select_acts(read: Callable[..., Any]):
    entries = read()

    assert [one["action"] for one in read("--action", "organization.create")] == [
        "organization.create"
    ]
    assert read("--actor", operator_name()) == entries
    assert read("--actor", "nobody") == []
    assert read("--from", entries[2]["at"], "--to", entries[1]["at"]) == entries[1:3]
    assert read("--from", entries[0]["at"][:10]) == entries
    assert read("--to", "2026-01-01") == []


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_pages_are_printed_before_the_next_ones_are_read(
    run: Run, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
):
    pages: list[object] = []
    find_last = CosmosStore.find_last

    async def find_two_pages(store: CosmosStore, *args: Any, **bounds: Any) -> Any:
        if len(pages) == 2:
            raise Unavailable("the third page is missing")
        pages.append(bounds["before"])
        return await find_last(store, *args, **bounds)

    monkeypatch.setattr(CosmosStore, "find_last", find_two_pages)
    monkeypatch.setattr("api.services.audit_log.PAGE_LIMIT", 2)
    monkeypatch.setattr("api.cli.audit_log.PAGE_LIMIT", 2)
    result = run("audit-log", ORG, *options)

    assert result.exit_code == 2
    assert [name for name in NAMES if f'"{name}"]' in result.stdout] == NAMES[1:]
    assert "organization.create" not in result.stdout
