"""Run the Python SDK's own tests against the emulator's server with its default settings.

The tests are in the SDK's source distribution, which is downloaded to `build/sdk-suite/`. Tests of
several regions, of Entra ID and of previews are deselected. The command prints the results by
feature, and fails if fewer than 85 % of the tests pass.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from scripts.servers import ROOT, serve_emulator

SHARE_MIN = 0.85
FOLDER = ROOT / "build/sdk-suite"
PYTHON = FOLDER / "venv/bin/python"
RESULTS = FOLDER / "results"
REQUIREMENTS = (
    "aiohttp",
    "azure-identity",
    "pytest",
    "pytest-asyncio",
    "pytest-timeout",
    "requests",
)
MARKERS = ("cosmosEmulator", "cosmosQuery", "cosmosSplit", "cosmosLong")
OTHERS = ("cosmosMultiRegion", "cosmosSearchQuery", "cosmosGSI")
SELECTED = f"({' or '.join(MARKERS)}) and not ({' or '.join(OTHERS)})"
ENTRA_ID = "test_aad"  # the beginning of the files' names
SECONDS_PER_TEST = 120
SECONDS_PER_FILE = 400
# The tests import this module, which isn't published. On an emulator, they need no credential.
TOOLS = {
    "azure_recorded_testcase.py": "def get_credential(is_async=False):\n    return None\n",
    "helpers.py": "def is_live():\n    return True\n",
    "__init__.py": "",
}
# The first feature whose pattern is in a test's name or file determines the test's feature.
FEATURES = {
    "scripts": r"procedure|trigger|sproc|udf|script",
    "timeouts": r"timeout",
    "users, permissions and keys": r"authorization|permission|user_crud|user_upsert",
    "several regions, without a marker": (
        r"[ms]wr_|_mm_|circuit_breaker|multimaster|globaldb|location"
    ),
    "throughput": r"auto_scale|throughput|offer",
    "change feed": r"change_?feed",
    "batches": r"transactional_batch",
    "partitions and splits": (
        r"split|feed_range|pk_range|partition_key|routing|subpartition|path_parser"
    ),
    "queries": r"query|queries|aggregate|order_?by|computed|read_items|continuation",
    "sessions and retries": r"session|retry|retri|fault|failover",
    "databases, containers and items": r"",
}


class Result(NamedTuple):
    """The result of one test: `passed`, `failed` or `skipped`."""

    name: str
    outcome: str
    message: str


def main() -> None:
    """Run the tests of each file in a process of its own, and print the results by feature."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "files", nargs="*", help="files of tests, such as test_ttl.py (default: all)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="files to run at the same time")
    options = parser.parse_args()
    tests = _prepare()
    files = options.files or sorted(p.name for p in tests.glob("test_*.py") if _is_selected(p))
    with serve_emulator("--tls") as server, ThreadPoolExecutor(options.jobs) as pool:
        _use_endpoint(tests, server.url.replace("127.0.0.1", "localhost") + "/")
        for file in pool.map(partial(_run, tests), files):
            sys.stdout.write(f"{file}\n")
            sys.stdout.flush()
    results = [result for path in sorted(RESULTS.glob("*.xml")) for result in _read(path)]
    share = _print(results)
    if share < SHARE_MIN:
        sys.exit(f"Only {share:.1%} of the tests pass; {SHARE_MIN:.0%} must pass.")


def _prepare() -> Path:
    """Download the SDK's sources, create an environment, and return the folder of the tests."""
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    pinned = f"azure-cosmos=={version('azure-cosmos')}"
    archive = FOLDER / f"{pinned.replace('-', '_').replace('==', '-')}.tar.gz"
    if not archive.exists():
        download = ("pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:")
        _check("uv", "tool", "run", *download, "--dest", str(FOLDER), pinned)
    sources = FOLDER / archive.name.removesuffix(".tar.gz")
    shutil.rmtree(sources, ignore_errors=True)
    with tarfile.open(archive) as packed:
        packed.extractall(FOLDER, filter="data")
    if not PYTHON.exists():
        _check("uv", "venv", "--quiet", "--python", sys.executable, str(PYTHON.parents[1]))
    needed = (f"{name}=={version(name)}" for name in REQUIREMENTS)
    _check("uv", "pip", "install", "--quiet", "--python", str(PYTHON), pinned, *needed)
    tests = sources / "tests"
    for name, content in TOOLS.items():
        (tests / "devtools_testutils" / name).parent.mkdir(exist_ok=True)
        (tests / "devtools_testutils" / name).write_text(content)
    (tests / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")  # instead of our settings
    return tests


def _check(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own commands


def _is_selected(path: Path) -> bool:
    markers = re.findall(r"pytest\.mark\.(\w+)", path.read_text())
    return not path.name.startswith(ENTRA_ID) and not set(MARKERS).isdisjoint(markers)


def _use_endpoint(tests: Path, endpoint: str) -> None:
    """Make a free port the default endpoint, because the tests skip parts on other endpoints."""
    config = tests / "test_config.py"
    config.write_text(config.read_text().replace("https://localhost:8081/", endpoint))


def _run(tests: Path, name: str) -> str:
    options = (
        *("-q", "-p", "no:cacheprovider", "--tb=short", "-m", SELECTED),
        *("--timeout", str(SECONDS_PER_TEST), "--junitxml", str(RESULTS / f"{name}.xml")),
    )
    with (RESULTS / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [str(PYTHON), "-m", "pytest", *options, name],
            cwd=tests,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            process.wait(SECONDS_PER_FILE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    outcomes = Counter(result.outcome for result in _read(RESULTS / f"{name}.xml"))
    return (
        f"{name}: {', '.join(f'{n} {outcome}' for outcome, n in outcomes.items()) or 'no result'}"
    )


def _read(path: Path) -> Iterator[Result]:
    if not path.exists():
        yield Result(path.stem, "failed", "The file's tests took too long.")
        return
    for case in ET.parse(path).iter("testcase"):  # noqa: S314  written by our own command
        kinds = {child.tag: child.get("message", "") for child in case}
        failed = kinds.get("failure", kinds.get("error"))
        outcome = "failed" if failed is not None else "skipped" if "skipped" in kinds else "passed"
        yield Result(f"{path.stem}::{case.get('name')}", outcome, failed or "")


def _print(results: list[Result]) -> float:
    """Print the results by feature, and return the share of passed tests."""
    counts, failures = defaultdict[str, Counter[str]](Counter), defaultdict[str, list[Result]](list)
    for result in results:
        feature = next(f for f, pattern in FEATURES.items() if re.search(pattern, result.name))
        counts[feature][result.outcome] += 1
        if result.outcome == "failed":
            failures[feature].append(result)
    for feature in FEATURES:
        found = counts[feature]
        sys.stdout.write(f"\n{feature}: {found['passed']} passed, {found['failed']} failed\n")
        for failure in failures[feature]:
            reason = re.sub(r"\s+", " ", failure.message)[:150]
            sys.stdout.write(f"    {failure.name}: {reason}\n")
    total = sum(counts.values(), Counter[str]())
    ran = total["passed"] + total["failed"]
    sys.stdout.write(f"\n{total['passed']} of {ran} tests passed, {total['skipped']} skipped\n")
    return total["passed"] / ran


if __name__ == "__main__":
    main()
