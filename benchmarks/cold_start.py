"""Measure the cold start of every function: the cost of its imports in a new interpreter.

    uv run python -m benchmarks.cold_start [--rounds 5]

The benchmark runs the variants in turn, with only the compiled bundle, and each figure is a median.
`bare` imports only FastAPI and azure.functions, and `loaded` the function app as the host does.
`all` adds the imports of the first request: the store's SDK with its transport, the token verifier
and sketches. The goal for `all` is at most 2.0 times `bare`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts import bundle

GOAL = 2.0
_BARE = "import fastapi, azure.functions"
_LOADED = "import function_app"
_LATE = {  # by extra; without the vault's SDK, which a process uses only once or for signing
    "cosmos": "import azure.cosmos.aio, aiohttp, api.stores.cosmos",
    "tokens": "import api.auth.jwks, api.auth.verifier",
    "sketches": "import api.services.sketches",
}
_REPORT = """
import json, sys, time
pages = int(open("/proc/self/statm").read().split()[1])
print(json.dumps([time.process_time(), len(sys.modules), pages * 4096 / 1e6]))
"""


@dataclass(frozen=True)
class Cost:
    """The CPU time, modules and memory of some imports in a new interpreter."""

    seconds: float
    modules: int
    megabytes: float


def main() -> None:
    """Build the bundles and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as out:
        bundles = [one for one in bundle.build(Path(out)) if one.host == "azure"]
        print(f"\nCPU time of imports as a ratio to `{_BARE}`; the goal for all is {GOAL}\n")
        print(f"{'':20}{'bare ms':>8}{'loaded':>8}{'all':>6}{'modules':>9}{'MB':>6}")
        for one in bundles:
            print(_line(one, rounds), flush=True)


def _line(one: bundle.Bundle, rounds: int) -> str:
    extras = bundle.extras_of("azure", one.function)
    late = [statement for extra, statement in _LATE.items() if extra in extras]
    programs = [_BARE, _LOADED, "\n".join([_LOADED, *late])]
    runs = [[_run(one.folder, program) for program in programs] for _ in range(rounds)]
    bare, loaded, everything = (_median([run[i] for run in runs]) for i in range(3))
    return (
        f"{one.function:20}{bare.seconds * 1000:8.0f}{loaded.seconds / bare.seconds:8.2f}"
        f"{everything.seconds / bare.seconds:6.2f}{everything.modules:9}{everything.megabytes:6.0f}"
    )


def _run(folder: Path, program: str) -> Cost:
    path = os.pathsep.join(map(str, (folder, folder / bundle.AZURE_PACKAGES)))
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-S", "-c", program + _REPORT],
        env={"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return Cost(*json.loads(done.stdout))


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        round(statistics.median(cost.modules for cost in costs)),
        statistics.median(cost.megabytes for cost in costs),
    )


if __name__ == "__main__":
    main()
