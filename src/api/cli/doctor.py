"""`analytics doctor`: check this machine's tools, ports and folders."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import httpx2
import typer
from rich.table import Column, Table
from rich.text import Text

from api.cli.console import out
from api.cli.errors import Failure
from api.cli.options import DEFAULT_URL, Url
from api.cli.own_store import open_own_store
from api.settings import Settings

PYTHON_MIN = (3, 13)
NODE_MAJOR_MIN = 20
SECONDS_MAX = 5.0
PORTS = {8000: "the API", 3000: "the dashboard"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check, and the remedy if it failed."""

    name: str
    found: str
    remedy: str = ""
    required: bool = False

    @property
    def mark(self) -> Text:
        if not self.remedy:
            return Text("ok", "green")
        return Text("missing", "red") if self.required else Text("optional", "yellow")


def doctor_command(url: Url = DEFAULT_URL) -> None:
    """Check the requirements of the API and the dashboard, and print how to correct failures.

    The exit code is 1 only if a requirement of the API is missing.
    """
    findings = list(examine(Settings.from_environment(), url))
    found, remedy = (Column(name, overflow="fold") for name in ("found", "what to do"))
    table = Table("", "what", found, remedy)
    for finding in findings:
        table.add_row(finding.mark, finding.name, Text(finding.found), Text(finding.remedy))
    out.print(table)
    raise typer.Exit(int(any(finding.required and finding.remedy for finding in findings)))


def examine(settings: Settings, url: str) -> Iterator[Finding]:
    yield examine_python(sys.version_info[:3])
    yield examine_tool("uv", "Install uv: `pipx install uv`, or your system's package.", True)
    yield examine_node(tool_version("node"))
    yield examine_browser()
    yield examine_tool("terraform", "Install Terraform 1.11 or newer, for the tests of infra/.")
    healthz = probe(url)
    yield examine_data_dir(settings, api_runs=healthz is not None)
    yield examine_api(url, healthz)
    for port, user in PORTS.items():
        yield examine_port(port, user, in_use=port_answers(port), ours=healthz is not None)


def examine_python(found: tuple[int, ...]) -> Finding:
    wanted = ".".join(map(str, PYTHON_MIN))
    remedy = "" if found >= PYTHON_MIN else f"`uv python install {wanted}`, then `uv sync`."
    return Finding("Python", ".".join(map(str, found)), remedy, required=True)


def examine_tool(name: str, remedy: str, required: bool = False) -> Finding:
    found = tool_version(name)
    return Finding(name, found or "not on PATH", "" if found else remedy, required)


def examine_node(found: str | None) -> Finding:
    digits = (found or "").removeprefix("v").partition(".")[0]
    enough = digits.isdigit() and int(digits) >= NODE_MAJOR_MIN
    remedy = "" if enough else f"Install Node.js {NODE_MAJOR_MIN} or newer, for SDK and dashboard."
    return Finding("node", found or "not on PATH", remedy)


def examine_browser() -> Finding:
    cache = Path.home() / ".cache" / "ms-playwright"
    found = next(filter(None, map(shutil.which, BROWSERS)), None) or next(
        map(str, cache.glob("chromium-*")), None
    )
    remedy = "" if found else "`npx playwright install chromium`, for the browser tests."
    return Finding("chromium", found or "not found", remedy)


def examine_data_dir(settings: Settings, *, api_runs: bool = False) -> Finding:
    """Check the API's data folder.

    Only one process at a time may open the data file in this folder.
    """
    folder = settings.data_dir
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        remedy = "Make it writable, or set ANALYTICS_DATA_DIR to a writable folder."
        return Finding("data folder", f"{folder} can't be written", remedy, required=True)
    if not any(folder.glob("*.db")):
        return Finding("data folder", f"{folder}, still empty")
    try:
        asyncio.run(open_and_close(settings))
    except Failure as failure:
        if "in use" not in failure.message:
            return Finding("data folder", f"{folder}, unreadable", failure.message)
        if api_runs:
            return Finding("data folder", f"{folder}, in use by the running server")
        return Finding("data folder", f"{folder}, in use by another process", failure.message)
    return Finding("data folder", f"{folder}, free")


async def open_and_close(settings: Settings) -> None:
    async with open_own_store(settings):
        pass


def probe(url: str) -> dict[str, Any] | None:
    """Return the result of the API's health check, or None if there is no response."""
    try:
        health = httpx2.get(f"{url}/healthz", timeout=SECONDS_MAX).json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        return None
    return cast("dict[str, Any]", health) if isinstance(health, dict) else None


def examine_api(url: str, healthz: dict[str, Any] | None) -> Finding:
    ours = version("acme-analytics")
    if healthz is None:
        return Finding("API", f"no response at {url}", "`make run` starts it.")
    theirs = healthz.get("version", "unknown")
    remedy = "" if theirs == ours else f"This command has version {ours}: update one of the two."
    return Finding("API", f"{url}, version {theirs}, {healthz.get('status')}", remedy)


def examine_port(port: int, user: str, *, in_use: bool, ours: bool) -> Finding:
    if not in_use:
        return Finding(f"port {port}", "free")
    if ours:
        return Finding(f"port {port}", "in use; the API runs")
    return Finding(f"port {port}", "in use", f"Stop the process that uses it: {user} needs it.")


def port_answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(SECONDS_MAX)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tool_version(name: str) -> str | None:
    """Return the version that a command line tool prints, or None if it isn't installed."""
    if not (path := shutil.which(name)):
        return None
    try:
        result = subprocess.run(  # noqa: S603 - a tool that `which` found
            [path, "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS_MAX * 4,
        )
    except (OSError, subprocess.SubprocessError):
        return f"{path}, which doesn't run"
    return result.stdout.partition("\n")[0].partition(" (")[0] or path
