"""Packages that people use run their basic operations against the emulator's server.

Each program in `packages/` lists its own requirements, which uv installs into an environment of its
own. The programs send requests only to the emulator.
"""

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from cosmos_emulator import KEY
from scripts.servers import Server, serve_emulator

PROGRAMS = sorted((Path(__file__).parent / "packages").glob("*.py"))
pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def server() -> Generator[Server]:
    with serve_emulator("--partitions", "2") as server:
        yield server


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_the_basic_operations_of_a_package_succeed(server: Server, program: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        "COSMOSDB_ENDPOINT": server.url + "/",
        "COSMOSDB_KEY": KEY,
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "LANGSMITH_TRACING": "false",
    }
    done = subprocess.run(  # noqa: S603 - our own command
        ["uv", "run", "--quiet", "--no-project", "--script", str(program)],  # noqa: S607
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
