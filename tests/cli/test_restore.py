"""The commands of docs/restore.md return lost data from a copy of the store."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from azure.cosmos import CosmosClient

from api.backends import open_store
from api.dependencies import system_clock
from api.domain.reference import Actor
from api.services.acts import Context
from api.services.erasure_jobs import NO_WAITS, Eraser
from api.services.erasures import request_erasure
from api.settings import Settings
from scripts.servers import ROOT, free_port, serve
from tests.cli.conftest import make_events

RUNBOOK = (ROOT / "docs/restore.md").read_text()
ORG, DAY = "org_acme", "2026-11-01"
LIVE, RESTORED = "cosmos-live", "cosmos-live-restored"
NAMES = f"group=rg-analytics-prod restored={RESTORED}"
VALUES = f"org_id,metric,date,value\n{ORG},revenue,{DAY},12.5\n"
GIVEN = {"TIME": f"{DAY}T12:00:00+0000", "ORG": ORG, "FROM": DAY, "TO": DAY}

# `uv run` with the commands of this environment. An account's address becomes that of its
# emulator, and the settings that need a cloud are removed.
UV = """#!/usr/bin/env python3
import os, sys
from urllib.parse import urlsplit
environment = {k: v for k, v in os.environ.items() if not k.startswith("ANALYTICS_")}
account = urlsplit(os.environ["ANALYTICS_COSMOS_ENDPOINT"]).hostname.split(".")[0]
endpoint, key = os.environ["EMULATOR_" + account.replace("-", "_")].split()
environment["ANALYTICS_COSMOS_ENDPOINT"], environment["ANALYTICS_COSMOS_KEY"] = endpoint, key
environment["ANALYTICS_DATA_DIR"] = os.environ["DATA"]
module = {"analytics": "api.cli", "uvicorn": "uvicorn"}[sys.argv[2]]
os.execve(os.environ["PYTHON"], [os.environ["PYTHON"], "-m", module, *sys.argv[3:]], environment)
"""
TERRAFORM = f"""#!/bin/sh
case "$4" in
  cosmos_endpoint) echo https://{LIVE}.documents.azure.com:443/ ;;
  key_vault_url) echo https://vault.example ;;
  api_url) echo "$LIVE_API" ;;
esac
"""
# Restores the account: the emulator already serves the copy.
AZ = """#!/bin/sh
echo "$*" >>"$CALLS"
"""


# A failing command would otherwise leave the API of the restored account running.
STOP = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"


@dataclass(frozen=True)
class Account:
    """A Cosmos DB account, which an emulator serves from a file."""

    endpoint: str
    key: str

    @property
    def settings(self) -> dict[str, str]:
        return {
            "ANALYTICS_COSMOS_ENDPOINT": self.endpoint,
            "ANALYTICS_COSMOS_KEY": self.key,
        }


@contextmanager
def account(file: Path) -> Generator[Account]:
    command = [sys.executable, "-m", "cosmos_emulator", "--port", str(free_port())]
    with subprocess.Popen(  # noqa: S603 - our own command
        [*command, "--path", str(file)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        printed = [process.stdout.readline().split() for _ in range(2)]
        try:
            yield Account(printed[0][1], printed[1][1])
        finally:
            process.send_signal(signal.SIGINT)


def steps(*numbers: int) -> list[str]:
    """Return the commands of these steps."""
    sections = re.split(r"^## (?=\d\. )", RUNBOOK, flags=re.MULTILINE)
    text = "".join(part for part in sections if part[:1].isdigit() and int(part[0]) in numbers)
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


class Drill:
    """Runs the commands of the runbook in one folder, with these tools instead of a cloud."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = str(free_port())  # of the API that serves the restored account
        self.environment = (
            os.environ
            | GIVEN
            | {
                "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
                "PYTHON": sys.executable,
                "DATA": str(folder / "data"),
                "CALLS": str(folder / "calls"),
            }
        )
        (folder / "bin").mkdir()
        for name, text in {"uv": UV, "terraform": TERRAFORM, "az": AZ}.items():
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        inputs = folder / "infra/terraform/azure/environments/prod.bootstrap.json"
        inputs.parent.mkdir(parents=True)
        shutil.copyfile(ROOT / inputs.relative_to(folder), inputs)

    def name(self, name: str, address: Account) -> None:
        variable = f"EMULATOR_{name.replace('-', '_')}"
        self.environment[variable] = f"{address.endpoint} {address.key}"

    def analytics(self, *arguments: str) -> str:
        endpoint = {"ANALYTICS_COSMOS_ENDPOINT": f"https://{LIVE}.example"}
        return self._run(["uv", "run", "analytics", *arguments], self.environment | endpoint)

    def run(self, *commands: str) -> str:
        script = "\n".join(["set -euo pipefail", STOP, *commands]).replace("8001", self.port)
        return self._run(["bash", "-c", script], self.environment)

    def _run(self, command: list[str], environment: dict[str, str]) -> str:
        done = subprocess.run(  # noqa: S603 - the commands of our own document
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


def stored_events(address: Account) -> Iterator[dict[str, Any]]:
    """Return the documents of the events of the organisation."""
    client = CosmosClient(address.endpoint, address.key)
    events = client.get_database_client("analytics").get_container_client("events")
    for document in events.read_all_items():
        if document["org_id"] == ORG and "event_type" in document:
            yield document


def lose_events(address: Account, count: int) -> None:
    client = CosmosClient(address.endpoint, address.key)
    events = client.get_database_client("analytics").get_container_client("events")
    for document in [*stored_events(address)][:count]:
        events.delete_item(document["id"], partition_key=[document["org_id"], document["day"]])


@pytest.fixture
def drill(tmp_path: Path) -> Drill:
    return Drill(tmp_path)


@contextmanager
def serving(drill: Drill, address: Account) -> Generator[str]:
    settings = address.settings | {"ANALYTICS_DATA_DIR": drill.environment["DATA"]}
    with serve("api.main:app", settings, ready="/healthz") as server:
        yield server.url


EVENTS = [event | {"org_id": ORG} for event in make_events(30)]


@contextmanager
def restored_accounts(drill: Drill) -> Generator[tuple[Account, Account]]:
    """Fill an account, and yield it and the account that is restored from its backup."""
    live, backup = drill.folder / "live.db", drill.folder / "backup.db"
    (drill.folder / "values.csv").write_text(VALUES)
    lines = "".join(f"{json.dumps(event)}\n" for event in EVENTS)
    (drill.folder / "events.ndjson").write_text(lines)

    with account(live) as before:
        drill.name(LIVE, before)
        with serving(drill, before) as url:
            drill.analytics("import", "events.ndjson", "--url", url)
        member = ("bob", "--role", "viewer", "--email", "bob@acme.test", "--name", "Bob")
        drill.analytics("member", "add", ORG, *member)
        drill.analytics("metric", "load", "values.csv")
        drill.analytics("key", "create", ORG, "--name", "Shop")
        drill.analytics("recount", "--repair")
    shutil.copyfile(live, backup)  # what a restore to this moment creates

    with account(live) as after, account(backup) as restored:
        drill.name(LIVE, after)
        drill.name(RESTORED, restored)
        yield after, restored


async def erase(address: Account, user: str) -> None:
    """Erase a user, as `analytics erase` does, but without its waits for requests and queries."""
    context = Context(Actor("operator", "alice"), system_clock(), lambda: uuid4().hex)
    settings = Settings(cosmos_endpoint=address.endpoint, cosmos_key=address.key)
    async with open_store(settings) as store:
        await request_erasure(store, context, ORG, user)
        eraser = Eraser(store, None, system_clock, has_lake=False, waits=NO_WAITS)
        await eraser.work()


def test_lost_data_returns_from_the_restored_account(drill: Drill):
    with restored_accounts(drill) as (after, restored):
        lose_events(after, 12)
        drill.analytics("member", "remove", ORG, "bob")
        assert len([*stored_events(after)]) == 18
        with serving(drill, after) as url:
            drill.environment["LIVE_API"] = url
            drill.run(*steps(1, 2, 3), "wait", *steps(4))
            again = drill.run(*steps(4))

        assert {e["id"] for e in stored_events(after)} == {e["id"] for e in stored_events(restored)}

    read = [
        json.loads(line) for line in (drill.folder / "restored.ndjson").read_text().splitlines()
    ]
    assert {event["event_id"] for event in read} == {event["event_id"] for event in EVENTS}
    assert "duplicates 30" in again
    members = json.loads((drill.folder / "restored-members.json").read_text())
    assert "bob" in json.dumps(members)
    assert "Shop" in (drill.folder / "restored-keys.json").read_text()
    metrics = json.loads((drill.folder / "restored-metrics.json").read_text())
    assert "12.5" in json.dumps(metrics)
    calls = (drill.folder / "calls").read_text()
    assert f"cosmosdb restore -g rg-analytics-prod -a {LIVE} -n {RESTORED}" in calls


def may_reject(commands: str) -> str:
    """Continue after an import that has rejected rows."""
    return re.sub(
        r"^(uv run analytics import .*)$", r"\1 || test $? = 1", commands, flags=re.MULTILINE
    )


@pytest.mark.full
def test_an_erased_user_does_not_return(drill: Drill):
    user = EVENTS[1]["user_id"]
    others = {event["event_id"] for event in EVENTS if event["user_id"] != user}
    with restored_accounts(drill) as (after, _):
        asyncio.run(erase(after, user))
        lose_events(after, 12)
        with serving(drill, after) as url:
            drill.environment["LIVE_API"] = url
            drill.run(*steps(1, 2, 3), "wait", *map(may_reject, steps(4)))

        assert {event["id"].partition("~")[2] for event in stored_events(after)} == others
    rejected = (drill.folder / "restored.ndjson.rejected.ndjson").read_text().splitlines()
    assert len(rejected) == len(EVENTS) - len(others)
    assert all("whose data was erased" in line for line in rejected)
    drill.run(NAMES, *steps(5))
    assert not [*drill.folder.glob("restored*")]


def test_the_drill_leaves_nothing_behind(drill: Drill):
    for name in (".ndjson", ".ndjson.journal", ".ndjson.rejected.ndjson", "-keys.json"):
        (drill.folder / f"restored{name}").write_text("")

    drill.run(NAMES, *steps(5))

    assert not [*drill.folder.glob("restored*")]
    assert (
        f"cosmosdb delete -g rg-analytics-prod -n {RESTORED} --yes"
        in (drill.folder / "calls").read_text()
    )
